# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of the AWX kit as a value: variables ``awx_setup_*`` in, a Settings or every fault in them out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

import yaml

PREFIX = "awx_setup_"
OF_THE_RUN = frozenset({"update_secrets"})  # given for one run, not kept in the file
INVENTORY_FILES = ("qlik_sense.yml", "qlik_sense.yaml")
JOBS = ("check_site", "report_sessions", "clear_stale_sessions", "user_sessions", "drain_and_restart")


class SettingsError(ValueError):
    """Everything that is wrong with the settings, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Settings:
    """One site, as extensions/awx/settings.yml describes each field. What came later than 0.1.0 has a default here."""

    name: str
    organization: str
    image: str
    project_url: str
    project_branch: str
    site: str
    qlik_host: str
    certificates: str
    windows_user: str
    windows_password: str
    keeper: str
    keeper_directory: str
    ssh_user: str
    ssh_key_file: str
    schedule: str
    nodes: list[str] = field(default_factory=list)
    inventory_file: str = ""
    registry_credential: str = ""
    project_credential: str = ""
    qlik_api_user: str = ""
    key_password: str = ""
    node_variables: dict[str, Any] = field(default_factory=dict)
    keeper_variables: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    schedule_enabled: bool = True
    timeouts: dict[str, int] = field(default_factory=dict)
    instance_groups: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    galaxy_credentials: list[str] = field(default_factory=list)
    operator_teams: list[str] = field(default_factory=list)
    approver_users: list[str] = field(default_factory=list)
    approver_teams: list[str] = field(default_factory=list)
    approval_timeout: int = 86400
    helpdesk_teams: list[str] = field(default_factory=list)
    report_channels: list[str] = field(default_factory=list)
    mail_username: str = ""
    mail_password: str = ""
    teams_url: str = ""
    slack_url: str = ""
    notification: dict[str, Any] = field(default_factory=dict)


REQUIRED = frozenset(one.name for one in fields(Settings) if one.default is MISSING and one.default_factory is MISSING)
TYPES = {one.name: str(one.type).partition("[")[0] for one in fields(Settings)}
RIGHT: dict[str, type[Any]] = {"str": str, "bool": bool, "int": int, "list": list, "dict": dict}
WORDS = {"str": "a text", "bool": "true or false", "int": "a whole number", "list": "a list", "dict": "a dictionary"}


def settings_of(variables: Mapping[str, Any]) -> Settings:
    """Reads the variables ``awx_setup_*``; others are left alone. Raises SettingsError with every fault."""
    given = {name.removeprefix(PREFIX): value for name, value in variables.items() if name.startswith(PREFIX)}
    given = {name: _plain(value) for name, value in given.items() if name not in OF_THE_RUN}
    faults = [*_unknown(given), *_missing(given)]
    read: dict[str, Any] = {}
    for name in sorted(set(given).intersection(TYPES)):
        try:
            read[name] = _typed(name, given[name])
        except ValueError as error:
            faults.append(str(error))
    if not faults:
        settings = Settings(**{name: value for name, value in read.items() if value is not None})
        faults = [
            *_no_nodes(settings),
            *_odd_names(settings),
            *_odd_schedule(settings.schedule),
            *_odd_timeouts(settings),
        ]
    if faults:
        raise SettingsError(faults)
    return settings


def _plain(value: Any) -> Any:
    """The same without what Ansible notes on values, so that it can be written as YAML."""
    if isinstance(value, Mapping):
        return {_plain(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    for kind in (str, bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def survives(text: str) -> bool:
    """Whether a text reaches a job as it is: AWX hands it on in YAML, which ansible-core 2.19 and later reads anew."""
    try:
        return bool(yaml.safe_load(text) == text)
    except (yaml.YAMLError, ValueError):
        return False


def _unknown(given: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(given).difference(TYPES)):
        close = difflib.get_close_matches(name, TYPES, 1)
        meant = f" Do you mean {PREFIX}{close[0]}?" if close else ""
        yield f"There is no setting {PREFIX}{name}.{meant}"


def _missing(given: Mapping[str, Any]) -> Iterator[str]:
    for name in TYPES:
        if name in REQUIRED and _is_empty(given.get(name)):
            yield (
                f"{PREFIX}{name} is empty. Copy extensions/awx/settings.yml, fill it in, and give it with"
                " -e @my-settings.yml."
            )


def _is_empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _typed(name: str, value: Any) -> Any:
    """The value in its type, None where it is not given. Raises ValueError with a sentence."""
    kind = TYPES[name]
    if _is_empty(value):
        return None
    if kind == "bool" and isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        return value.lower() in ("true", "yes")
    if kind == "int" and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if not isinstance(value, RIGHT[kind]) or (kind == "int" and isinstance(value, bool)):
        shown = "" if name.endswith(("password", "_url")) else f" It is {value!r}."
        raise ValueError(f"{PREFIX}{name} must be {WORDS[kind]}.{shown}")
    if kind == "list":
        wrong = [entry for entry in value if not isinstance(entry, str) or not entry.strip()]
        if wrong:
            raise ValueError(f"{PREFIX}{name} must be a list of texts. Put {wrong[0]!r} in quotes.")
        return [entry.strip() for entry in value]
    return value


def _no_nodes(settings: Settings) -> Iterator[str]:
    if not settings.nodes and not settings.inventory_file:
        yield (
            f"{PREFIX}nodes is empty. Name the nodes, or set {PREFIX}inventory_file, so that AWX takes them from the"
            " site."
        )
    file = settings.inventory_file
    if file and (file.startswith("/") or ".." in file.split("/") or not file.endswith(INVENTORY_FILES)):
        yield (
            f"{PREFIX}inventory_file is the path of a file in the project, and ends in {INVENTORY_FILES[0]}. It is"
            f" {file!r}."
        )


def _odd_names(settings: Settings) -> Iterator[str]:
    named: list[tuple[str, str]] = [
        ("site", settings.site),
        ("keeper", settings.keeper),
        *(("nodes", node) for node in settings.nodes),
    ]
    for name, text in named:
        if not survives(text):
            yield (
                f"{PREFIX}{name}: AWX passes {text!r} on in YAML, which makes something else of it. Take the full"
                " host name, or any name with a letter in it that is no word of YAML."
            )
    if "++" in settings.name:
        yield f"{PREFIX}name must not have ++ in it, which has another meaning in AWX."
    folded = [node.lower() for node in settings.nodes]
    twice = sorted({node for node in folded if folded.count(node) > 1})
    if twice:
        yield f"{PREFIX}nodes has {twice[0]} twice."
    alike = {settings.site.lower(), settings.keeper.lower()}
    if len(alike) < 2 or alike.intersection(folded):
        yield f"{PREFIX}site, {PREFIX}keeper and {PREFIX}nodes must differ: each becomes a host of its own in AWX."


def _odd_schedule(rule: str) -> Iterator[str]:
    """What AWX would refuse, or change at every run, in words that say what to write."""
    right = f"Write {PREFIX}schedule such as DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=15."
    starts = re.findall(r"DTSTART(;TZID=[^:;\s]+)?:\d{8}T\d{6}(Z?)(?=\s|$)", rule)
    if len(starts) != 1 or bool(starts[0][0]) == bool(starts[0][1]):
        yield f"The schedule needs one DTSTART, in UTC with a Z at its end or with ;TZID=Area/City. {right}"
    rules = re.findall(r"RRULE:(\S+)", rule)
    if not rules or any("INTERVAL=" not in one for one in rules):
        yield f"The schedule needs an RRULE with INTERVAL. {right}"
    if any("FREQ=SECONDLY" in one for one in rules):
        yield f"AWX has no schedules by seconds. {right}"
    if re.search(r"UNTIL=\d{8}T\d{6}(?!Z)", rule):
        yield f"UNTIL needs a Z at its end: AWX stores UTC, and would find it changed at every run. {right}"


def _odd_timeouts(settings: Settings) -> Iterator[str]:
    for job, seconds in settings.timeouts.items():
        if job not in JOBS:
            yield f"{PREFIX}timeouts knows no {job!r}, only {', '.join(JOBS)}."
        elif isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            yield f"{PREFIX}timeouts: {job} must be a whole number of seconds, 0 for no limit."
