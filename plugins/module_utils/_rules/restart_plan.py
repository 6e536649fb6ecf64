# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restart is to do, as people write it and as it is read: lists as lists, numbers as numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, require_range
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_question import NODE, PROXY, SERVICES, STOPS
from ansible_collections.qlikops.sense.plugins.module_utils._words import fold, non_empty

CHANNELS = ("banner", "mail", "teams", "slack")
LISTS = ("before", "notify", "after", "services", "ignore_users")
RANGES = {
    "drain_timeout": (0, 604_800),
    "drain_interval": (1, 3600),
    "reboot_timeout": (1, 86_400),
    "verify_timeout": (1, 86_400),
    "verify_interval": (1, 3600),
}
DEFAULTS = {
    "drain_timeout": 1800,
    "drain_interval": 10,
    "reboot_timeout": 1800,
    "verify_timeout": 600,
    "verify_interval": 5,
}
NO_BALANCER, HAPROXY = "none", "haproxy"
PROXY_SERVICE = "qliksenseproxyservice"
# Without these a node is not silent: the repository service tells the others that it is there (I: qlik-api 11).
NOT_SILENT = frozenset(
    {PROXY_SERVICE, "qliksenseengineservice", "qliksenseschedulerservice", "qliksenseprintingservice"}
)
# How long the lease is held where nothing else bounds what is done: a few looks at a site that does not answer, or
# endings on one; services that stop and start; task files of others.
LOOKS_SECONDS, SERVICES_SECONDS, HOOK_SECONDS = 600, 1200, 3600
SPEC: dict[str, dict[str, Any]] = {
    **{name: {"type": "list", "elements": "str"} for name in LISTS},
    "services": {"type": "list", "elements": "str", "default": ["QlikSenseProxyService"]},
    "ignore_users": {"type": "list", "elements": "str", "default": ["INTERNAL\\*"]},
    **{name: {"type": "int", "default": default} for name, default in DEFAULTS.items()},
    "method": {"type": "str", "default": "windows_service"},
    "balancer": {"type": "str", "default": NO_BALANCER},
    "report_dir": {"type": "str"},
    "stops": {"type": "str", "choices": list(STOPS)},
}


def read_plan(given: Mapping[str, Any], called: Mapping[str, str], only_looks: bool) -> dict[str, Any]:
    """The plan with its defaults; raises BadOption. ``called`` are the names that its reader knows the options by.

    ``only_looks`` leaves out the phases that change something.
    """
    plan: dict[str, Any] = {
        **{name: list(non_empty(given[name])) for name in LISTS},
        "method": given["method"],
        "balancer": given["balancer"],
        "report_dir": given["report_dir"] or "",
    }
    for name, (least, most) in RANGES.items():
        require_range(called.get(name, name), given[name], least, most)
        plan[name] = given[name]
    _require_channels(called.get("notify", "notify"), plan["notify"])
    for name in ("before", "after"):
        for path in plan[name]:
            _require_path(called.get(name, name), path)
    if plan["method"] == "windows_service":
        if not plan["services"]:
            raise BadOption(called.get("services", "services"), "it names no service.", "Name the services to restart.")
    elif plan["method"] != "windows_reboot":
        _require_path(called.get("method", "method"), plan["method"])
    if plan["balancer"] not in (NO_BALANCER, HAPROXY):
        _require_path(called.get("balancer", "balancer"), plan["balancer"])
    if plan["report_dir"]:
        _require_path(called.get("report_dir", "report_dir"), plan["report_dir"], "directory")
    plan["method_file"] = plan["method"] if _is_path(plan["method"]) else f"restart_{plan['method']}"
    return {**plan, "stops": given["stops"] or _stops(plan), "phases": _phases(plan, only_looks), "hold": _hold(plan)}


def _stops(plan: Mapping[str, Any]) -> str:
    """What the method stops. A task file restarts the proxy service, unless ``stops`` says that it does more."""
    if plan["method"] == "windows_reboot":
        return NODE
    services = frozenset(map(fold, plan["services"]))
    if plan["method"] != "windows_service" or services == {PROXY_SERVICE}:
        return PROXY
    return SERVICES if services <= NOT_SILENT else NODE


def _hold(plan: Mapping[str, Any]) -> dict[str, int]:
    """For how many seconds each phase needs the lease, until the next one or the way back is over."""
    way_back = plan["verify_timeout"]  # until the balancer finds the node well
    restart = {"windows_service": SERVICES_SECONDS, "windows_reboot": plan["reboot_timeout"] + LOOKS_SECONDS}
    longest = {
        "preflight": LOOKS_SECONDS,
        "before": HOOK_SECONDS,
        "notify": HOOK_SECONDS,
        "cordon": LOOKS_SECONDS,
        "drain": LOOKS_SECONDS,  # of the wait itself, qlik_session_wait renews it at every look
        "move": plan["verify_timeout"] + LOOKS_SECONDS,
        "restart": restart.get(plan["method"], HOOK_SECONDS),
        "verify": plan["verify_timeout"] + LOOKS_SECONDS,
        "after": HOOK_SECONDS,
    }
    return {phase: seconds + way_back for phase, seconds in longest.items()}


def _phases(plan: Mapping[str, Any], only_looks: bool) -> list[str]:
    """The task files of the role proxy_restart that have something to do, in their order."""
    kind = plan["balancer"] if plan["balancer"] in (NO_BALANCER, HAPROXY) else "hook"
    look = ["ready", f"look_{kind}", *(["connected"] if plan["notify"] or plan["report_dir"] else [])]
    tell = ["notify"] if plan["notify"] else []
    if only_looks:
        return [*look, *tell]
    before, after = (["before"] if plan["before"] else []), (["after"] if plan["after"] else [])
    return [*look, *before, *tell, f"drain_{kind}", plan["method_file"], f"verify_{kind}", *after]


def _require_channels(option: str, channels: list[str]) -> None:
    for channel in channels:
        if channel not in CHANNELS and not _is_path(channel):
            raise BadOption(
                option, f"it can't have {channel}.", f"It has {', '.join(CHANNELS)} and absolute paths of task files."
            )


def _require_path(option: str, path: str, what: str = "task file") -> None:
    if not _is_path(path):
        raise BadOption(option, f"'{path}' is not an absolute path.", f"Give the absolute path of a {what}.")


def _is_path(text: str) -> bool:
    return text.startswith(("/", "~"))
