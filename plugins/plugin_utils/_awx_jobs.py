# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is run in AWX: job templates, the schedule, and the workflow of a planned restart, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_settings import Settings
from ansible_collections.qlikops.sense.plugins.plugin_utils._awx_survey import Spec, required_answers, survey

Object = dict[str, Any]
Questions = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Job:
    """A job template: ``playbook`` and ``survey`` are names of files, ``credentials`` the ends of their names."""

    title: str
    playbook: str
    survey: str
    description: str
    credentials: tuple[str, ...]
    ask_limit: bool = False


CHECK = Job(
    "check the site",
    "check_site",
    "check_site",
    "Whether the site can be reached, and what it is like, before anything is trusted to these jobs. Changes nothing.",
    ("connection",),
)
REPORT = Job(
    "report sessions",
    "report_sessions",
    "report_sessions",
    "Who is connected, or whom the restart of nodes would affect. Changes nothing.",
    ("connection", "messages"),
)
CLEAR = Job(
    "clear stale sessions",
    "clear_stale_sessions",
    "clear_stale_sessions",
    "Ends the sessions that should not be there, by rules.",
    ("connection", "ssh"),
)
USER = Job(
    "sessions of a user",
    "user_sessions",
    "user_sessions",
    "Why a user can't log in. Shows the user's sessions, ends them if told so, waits for a login.",
    ("connection", "ssh"),
)
DRAIN = Job(
    "drain and restart",
    "drain_and_restart",
    "drain_and_restart",
    "Moves the users off one proxy node after the other, restarts it, proves that it is back.",
    ("connection", "windows", "ssh", "messages"),
    ask_limit=True,
)
RESTART_NOW = Job(
    "restart one node now",
    "drain_and_restart",
    "restart_now",
    "Moves the users off one proxy node, restarts it, proves that it is back.",
    DRAIN.credentials,
)
JOBS = (REPORT, CLEAR, USER, DRAIN, RESTART_NOW, CHECK)


def _answers_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Answers that follow from other variables of a site."""
    return {"stale_sessions_of": "named"} if variables.get("stale_sessions_users") else {}


def _where_the_report_is(channels: Sequence[str]) -> str:
    """An approver sees this and the answers to the workflow, and no output of a job."""
    if channels:
        return f"Whom it hits: see the report of the site that has just gone out by {', '.join(channels)}."
    return "Whom it hits: see the output of the job report, or ask who may. awx_setup_report_channels sends it out."


class Work:
    """The work of one site. ``credentials``: end of its name -> name in AWX."""

    def __init__(self, settings: Settings, questions: Questions, credentials: Mapping[str, str]) -> None:
        self._settings = settings
        self._credentials = credentials
        variables = {**_answers_of(settings.variables), **settings.variables}
        self._surveys = {name: survey(asked, settings.nodes, variables) for name, asked in sorted(questions.items())}
        self._notifications = [settings.name] if settings.notification else []
        self.workflow_name = f"{settings.name} - planned restart"

    def named(self, job: Job) -> str:
        return f"{self._settings.name} - {job.title}"

    def templates(self) -> list[Object]:
        """Two jobs at once would both remember, or both take nodes out; a slice would believe to be the whole site."""
        return [
            {
                "name": self.named(job),
                "description": job.description,
                "organization": self._settings.organization,
                "project": self._settings.name,
                "playbook": f"playbooks/{job.playbook}.yml",
                "inventory": self._settings.name,
                "execution_environment": self._settings.name,
                "credentials": [self._credentials[end] for end in job.credentials],
                "job_type": "run",
                "extra_vars": self._extra_vars(job),
                "timeout": self._settings.timeouts.get(job.playbook, 0),
                "ask_job_type_on_launch": True,
                "ask_limit_on_launch": job.ask_limit,
                "allow_simultaneous": False,
                "job_slice_count": 1,
                "instance_groups": self._settings.instance_groups,
                "labels": self._settings.labels,
                "notification_templates_error": self._notifications,
                "survey_enabled": True,
                "survey_spec": self._spec(job),
            }
            for job in JOBS
        ]

    def schedules(self) -> list[Object]:
        return [
            {
                "name": self.named(CLEAR),
                "organization": self._settings.organization,
                "unified_job_template": self.named(CLEAR),
                "rrule": self._settings.schedule,
                "enabled": self._settings.schedule_enabled,
                "extra_data": required_answers(self._spec(CLEAR)),
            }
        ]

    def workflows(self) -> list[Object]:
        return [
            {
                "name": self.workflow_name,
                "description": "Reports whom a restart would affect, tells about it, waits for an approval, restarts,"
                " and reports again.",
                "organization": self._settings.organization,
                "inventory": self._settings.name,
                "allow_simultaneous": False,
                "labels": self._settings.labels,
                "notification_templates_approvals": self._notifications,
                "notification_templates_error": self._notifications,
                "survey_enabled": True,
                "survey_spec": self._surveys["planned_restart"],
            }
        ]

    def nodes(self) -> list[Object]:
        """From the end to the beginning: a node must be there before another can lead to it.

        Nothing follows a node that failed, for AWX would call the workflow successful then.
        """
        report = {"unified_job_template": self.named(REPORT)}
        answers = required_answers(self._spec(REPORT))
        # Not those of the survey of the workflow. Without choices, they are asked for as a text.
        everything = {**answers, "session_report_proxies": [] if self._settings.nodes else ""}
        nodes: list[Object] = [
            {"identifier": "report-after", **report, "extra_data": everything},
            {
                "identifier": "drain",
                "unified_job_template": self.named(DRAIN),
                "extra_data": required_answers(self._spec(DRAIN)),
                "success_nodes": ["report-after"],
            },
            {
                "identifier": "approve",
                "approval_node": {
                    "name": "Restart the nodes?",
                    "description": _where_the_report_is(self._settings.report_channels),
                    "timeout": self._settings.approval_timeout,
                },
                "success_nodes": ["drain"],
            },
            # The approver does not see what a job hands on, so the report goes out by itself.
            {
                "identifier": "notify",
                **report,
                "extra_data": {**answers, "session_report_notify": self._settings.report_channels},
                "success_nodes": ["approve"],
            },
            {"identifier": "report", **report, "extra_data": answers, "success_nodes": ["notify"]},
        ]
        return [
            {"workflow_job_template": self.workflow_name, "organization": self._settings.organization, **node}
            for node in nodes
        ]

    def roles(self) -> list[Object]:
        """Who may do what. Whoever may run the workflow may run the jobs that it is made of."""
        restart = [self.named(job) for job in (REPORT, DRAIN, RESTART_NOW, CHECK)]
        helpdesk = [self.named(job) for job in (REPORT, USER)]
        approve, run = {"role": "approval"}, {"role": "execute"}
        workflow = {"workflows": [self.workflow_name]}
        granted: list[Object] = [
            {**approve, **workflow, "users": self._settings.approver_users, "teams": self._settings.approver_teams},
            {**run, **workflow, "job_templates": restart, "users": [], "teams": self._settings.operator_teams},
            {**run, "job_templates": helpdesk, "users": [], "teams": self._settings.helpdesk_teams},
        ]
        return [
            {**one, "lookup_organization": self._settings.organization}
            for one in granted
            if one["users"] or one["teams"]
        ]

    def _spec(self, job: Job) -> Spec:
        return self._surveys[job.survey]

    def _extra_vars(self, job: Job) -> Object:
        """AWX takes these for templates, other than answers."""
        directory, site = self._settings.keeper_directory, self._settings.site
        sites = {"qlik_sites": "qlik_sites"}
        if job is REPORT:  # in the workflow, of the nodes that its survey asks for
            return {**sites, "session_report_proxies": "{{ qlik_proxy_hosts | default([]) }}"}
        if job is CLEAR:
            return {
                **sites,
                "stale_sessions_memory": "file",
                "stale_sessions_memory_host": self._settings.keeper,
                "stale_sessions_memory_path": f"{directory}/{site}-memory.json",
            }
        return sites if job in (CHECK, USER) else {}
