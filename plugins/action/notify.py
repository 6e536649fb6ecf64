# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the mails and messages on the controller, where the templates are, and has the module notify send them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.qlikops.sense.plugins.module_utils._given import flag_for_number, without_empty_answers
from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import one_line
from ansible_collections.qlikops.sense.plugins.module_utils._notify.options import WEBHOOKS, left, notify_spec, problems
from ansible_collections.qlikops.sense.plugins.plugin_utils import _notice as notices
from ansible_collections.qlikops.sense.plugins.plugin_utils._cards import slack_message, teams_card
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import NoReport, checked, plain
from ansible_collections.qlikops.sense.plugins.plugin_utils._templates import Template
from ansible_collections.qlikops.sense.plugins.plugin_utils._told import lines, nobody_told, sentence
from ansible_collections.qlikops.sense.plugins.plugin_utils._told import told as told_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

MODULE = "qlikops.sense.notify"
OWN_TEMPLATE = str(Path(__file__).parents[2] / "roles" / "notify_users" / "templates" / "mail.txt.j2")
SPEC = notify_spec()
# What is told in words, by the name of the option.
WORDS = {"subject": "subject", "text": "message", "when": "when", "reason": "reason", "contact": "contact"}
# What the module needs no more when all is prepared.
FOR_CONTROLLER = frozenset({*WORDS, "report", "mail_subject", "mail_template", "teams_template", "slack_template"})
CARDS = {"teams": teams_card, "slack": slack_message}
Result = dict[str, Any]


class CannotTell(Exception):
    """Why a channel can't tell anybody."""


class ActionModule(ActionBase):
    """Decides what to send to whom; the module decides nothing."""

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        options, wrong = read(self._task.args)
        notice: Result = {}
        if not wrong:
            wrong = [*problems(options), *self._missing_files(options)]
            try:
                notice = notice_of(options)
            except (NoReport, KeyError) as error:
                why = str(error) if isinstance(error, NoReport) else f"it has no {error}"
                wrong.append(f"{options['option_prefix']}report is not a report of who is connected: {why}.")
        if wrong:
            return {**result, **refusal(wrong)}
        self._options, self._notice = options, notice
        known = {"changed": False, "notice": notice, "left": left(options["channels"]), "lines": []}
        return {**result, **known, **({} if options["validate_only"] else self._tell())}

    def _tell(self) -> Result:
        failures: list[Result] = []
        letters: list[Result] = []
        posts: list[Result] = []
        for channel in dict.fromkeys(self._options["channels"]):
            if channel in left([channel]):
                continue
            try:
                if channel == "mail":
                    letters = self._letters()
                else:
                    posts.append({"channel": channel, "body": self._body(channel)})
            except (CannotTell, AnsibleError, ValueError, TypeError) as error:
                failures.append({"channel": channel, "message": one_line(str(error))})
        sent = self._send(letters, posts) if letters or posts else {}
        server = f"{self._options['mail_host']}:{self._options['mail_port']}"
        if self._task.check_mode:
            told = nobody_told(self._notice, letters, check_mode=True)
            trouble = sent.get("broken") or sent.get("mail", {}).get("failure")
            failures += [{"channel": "mail", "message": f"{server} takes no mail. {trouble}"}] if trouble else []
        else:
            told = told_of(self._notice, letters, posts, sent, server)
        told["failures"] = [*failures, *told["failures"]]
        has_failed = bool(told["failures"]) and self._options["on_failure"] == "fail"
        host, team = self._options["mail_host"] or "", bool(self._options["mail_cc"])
        return {
            "told": told,
            "changed": bool(letters or posts),
            "lines": lines(self._notice, told, len(letters), host, team) if letters else [],
            **({"would_be_posted": posts} if self._task.check_mode else {}),
            **({"warnings": sent["warnings"]} if sent.get("warnings") else {}),
            **({"failed": True, "msg": sentence(told["failures"])} if has_failed else {}),
        }

    def _send(self, letters: list[Result], posts: list[Result]) -> Result:
        arguments = {name: value for name, value in self._options.items() if name not in FOR_CONTROLLER}
        subject = self._options["mail_subject"] or self._notice["subject"]
        arguments["prepared"] = {"letters": letters, "posts": posts, "subject": one_line(subject)}
        called: Result = self._execute_module(
            module_name=MODULE,
            module_args={name: value for name, value in arguments.items() if value is not None},
            task_vars=self._variables,
        )
        if called.get("unreachable"):
            raise AnsibleConnectionFailure(str(called.get("msg", "")))
        if called.get("failed"):
            return {"broken": str(called.get("msg", "the module failed"))}
        return called

    def _letters(self) -> list[Result]:
        self._require_report("mail")
        if self._notice["pseudonyms"]:
            raise CannotTell("The report has pseudonyms, so nobody in it has an address.")
        found = notices.letters(
            self._notice, self._options["mail_mode"], self._options["mail_batch"], bool(self._options["mail_cc"])
        )
        template = self._template(self._options["mail_template"] or OWN_TEMPLATE)
        for_many: dict[bool, str] = {}  # all mails in blind copy have the same text
        for letter in found:
            team, person = letter["team"], letter["person"]
            if person:
                letter["text"] = self._text(template, person, team)
            else:
                letter["text"] = for_many[team] = for_many.get(team) or self._text(template, person, team)
        return found

    def _body(self, channel: str) -> Any:
        self._require_report(channel)
        path = self._options[f"{channel}_template"]
        if not path:
            return CARDS[channel](self._notice)
        made = self._template(path).render()
        body = json.loads(made) if isinstance(made, str) else plain(made)
        if not isinstance(body, dict):
            raise CannotTell(f"{path} does not render an object in JSON.")
        return body

    def _text(self, template: Template, person: Mapping[str, Any], team: bool) -> str:
        made = template.render(notify_users_person=person, notify_users_for_team=team)
        return sendable(str(made))

    def _require_report(self, channel: str) -> None:
        if not self._notice["observed_at"]:
            name = f"{self._options['option_prefix']}report"
            raise CannotTell(f"{channel} needs {name}, which says who is connected.")

    def _template(self, path: str) -> Template:
        variables = {**self._variables, "notify_users_notice": never_a_template(self._notice)}
        return Template(self._needle(path), self._loader, self._templar, variables)

    def _needle(self, path: str) -> str:
        """The file on the controller, where ansible-core looks for templates. Raises AnsibleError."""
        found: str = self._find_needle("templates", path)  # type: ignore[no-untyped-call]  # ansible-core has no hint
        return found

    def _missing_files(self, options: Result) -> list[str]:
        """What is wrong with the files of the controller that the channels need."""
        missing = []
        for channel in ("mail", *WEBHOOKS):
            path = options[f"{channel}_template"]
            if channel in options["channels"] and path:
                try:
                    self._needle(path)
                except AnsibleError:
                    missing.append(f"{options['option_prefix']}{channel}_template: there is no file {path}.")
        for path in left(options["channels"]):
            if path.startswith(("/", "~")) and not os.path.isfile(os.path.expanduser(path)):
                missing.append(f"{options['option_prefix']}channels: there is no task file {path}.")
        return missing


def read(arguments: Mapping[str, Any]) -> tuple[Result, list[str]]:
    """The options as the spec has them, and what is wrong with those that do not fit it."""
    given = without_empty_answers({name: _given(value) for name, value in arguments.items()})
    numbers = {name for name, option in SPEC.items() if option["type"] == "int"}
    no_number = flag_for_number(given, numbers)
    found = ArgumentSpecValidator(SPEC).validate(given)  # type: ignore[no-untyped-call]  # ansible-core has no hint
    wrong = [str(no_number)] if no_number else []
    return dict(found.validated_parameters), [*wrong, *found.error_messages]


def _given(value: Any) -> Any:
    """Without what ansible-core makes of values; YAML has made a date of what looks like one."""
    if isinstance(value, date):
        return str(value)
    try:
        return plain(value)
    except TypeError:
        return str(value)


def notice_of(options: Mapping[str, Any]) -> Result:
    """Raises NoReport, and KeyError where a part of the report is missing."""
    report = checked(options["report"]) if options["report"] else {}
    return notices.notice(report, {name: options[option] or "" for option, name in WORDS.items()})


def refusal(wrong: list[str]) -> Result:
    reason = " ".join(wrong)
    failure = {"kind": "bad_option", "reason": reason, "hint": ""}
    return {"failed": True, "msg": reason, "failure": failure, "problems": wrong}


def sendable(text: str) -> str:
    """Without what no mail can hold: NUL, and half a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
