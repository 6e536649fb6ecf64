# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: rules that spoil answers or handshakes."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from ..model.certificates import Flaw

HANDSHAKE = {
    "expired_certificate": "expired",
    "wrong_name_certificate": "wrong_name",
    "rogue_certificate": "rogue",
    "weak_certificate": "weak",
    "expiring_certificate": "expiring",
}
KINDS = ("status", "cut", "half", "lost", "hang", "slow", "trickle", "html", "garbage", "redirect", *HANDSHAKE)
LISTENERS = ("qrs", "qps", "user")
_LIMITS: tuple[str, ...] = ("listener", "node", "method", "path", "times")
_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form>Please log in</form></body></html>"
_OWN_KEYS: dict[str, frozenset[str]] = {
    "status": frozenset({"status", "body", "headers"}),
    "slow": frozenset({"seconds"}),
    "trickle": frozenset({"seconds"}),
    "redirect": frozenset({"location"}),
    "expiring_certificate": frozenset({"days"}),
}
DAYS_LEFT = 7  # of an expiring certificate, unless told


@dataclass
class Fault:
    """One rule. What is None matches everything; ``times`` None means until taken away."""

    id: int
    kind: str
    listener: str | None = None
    node: str | None = None
    method: str | None = None
    path: str | None = None
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def fits(self, listener: str, node: str, method: str | None, path: str | None) -> bool:
        """Whether the rule is about this request (or handshake: method and path None)."""
        return (
            (self.listener is None or self.listener == listener)
            and (self.node is None or self.node == node)
            and (self.method is None or method is None or self.method == method)
            and (self.path is None or path is None or re.search(self.path, path) is not None)
        )

    def as_dict(self) -> dict[str, Any]:
        """The control interface's answer."""
        limits = {key: getattr(self, key) for key in _LIMITS}
        return {"id": self.id, "kind": self.kind, **limits, **self.options}


class Faults:
    """The rules of a site, the oldest first; the first that fits acts."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._last_id = 0

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, kind: str, **rule: Any) -> Fault:
        """Add a rule. ValueError says what is wrong with it."""
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}")
        limits: dict[str, Any] = {key: rule.pop(key) for key in _LIMITS if key in rule}
        unknown = set(rule) - _OWN_KEYS.get(kind, frozenset())
        if unknown:
            raise ValueError(f"a fault of the kind {kind} has no {', '.join(sorted(unknown))}")
        _check(limits, rule)
        self._last_id += 1
        fault = Fault(self._last_id, kind, options=rule, **limits)
        if fault.method:
            fault.method = fault.method.upper()
        self._rules.append(fault)
        return fault

    def all(self) -> list[dict[str, Any]]:
        """The rules that are left."""
        return [fault.as_dict() for fault in self._rules]

    def remove(self, fault_id: int | None) -> int:
        """Take one rule away, or all; return how many."""
        before = len(self._rules)
        self._rules = [fault for fault in self._rules if fault_id is not None and fault.id != fault_id]
        return before - len(self._rules)

    def for_request(self, listener: str, node: str, method: str, path: str) -> Fault | None:
        """The rule for a request, used up by one."""
        return self._take(False, listener, node, method, path)

    def for_handshake(self, listener: str, node: str) -> Flaw | None:
        """The flaw of the certificate to show at a handshake, used up by one."""
        fault = self._take(True, listener, node, None, None)
        return Flaw(HANDSHAKE[fault.kind], fault.options.get("days", DAYS_LEFT)) if fault else None

    def _take(self, handshake: bool, listener: str, node: str, method: str | None, path: str | None) -> Fault | None:
        for fault in self._rules:
            if (fault.kind in HANDSHAKE) is handshake and fault.fits(listener, node, method, path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._rules.remove(fault)
                return fault
        return None


def _check(limits: dict[str, Any], options: dict[str, Any]) -> None:
    if limits.get("listener") not in (None, *LISTENERS):
        raise ValueError(f"listener is one of {', '.join(LISTENERS)}, not {limits['listener']!r}")
    times = limits.get("times")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise ValueError(f"times is a whole number from 1 up, not {times!r}")
    for key in ("node", "method", "path"):
        if not isinstance(limits.get(key), str | None):
            raise ValueError(f"{key} is a text, not {limits[key]!r}")
    if limits.get("path"):
        try:
            re.compile(limits["path"])
        except re.error as error:
            raise ValueError(f"path is a regular expression: {error}") from error
    status = options.get("status", 500)
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError(f"status is a number from 200 to 599, not {status!r}")
    seconds = options.get("seconds", 1)
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
        raise ValueError(f"seconds is a number from 0 to 3600, not {seconds!r}")
    days = options.get("days", DAYS_LEFT)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 3650:
        raise ValueError(f"days is a whole number from 0 to 3650, not {days!r}")
    headers = options.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(text, str) for text in headers.values()):
        raise ValueError("headers is a mapping of names to texts")


async def inject(fault: Fault, request: web.BaseRequest) -> web.StreamResponse | None:
    """Act out a fault; None when the request shall be answered after all."""
    kind, options = fault.kind, fault.options
    if kind == "slow":
        await asyncio.sleep(options.get("seconds", 1))
        return None
    if kind == "lost":
        return None
    if kind == "trickle":
        return await _trickle(request, options.get("seconds", 1))
    if kind == "hang":
        await asyncio.Event().wait()
    if kind == "status":
        status = options.get("status", 500)
        return web.Response(status=status, text=options.get("body", ""), headers=options.get("headers"))
    if kind == "html":
        return web.Response(text=_PAGE, content_type="text/html")
    if kind == "redirect":
        return web.Response(status=302, headers={"Location": options.get("location", "/login")})
    if kind == "garbage":
        return web.Response(body=b'[{"User\xff\xfe\x00Directory": LAB', content_type="application/json")
    return cut(request, half=kind == "half")


async def _trickle(request: web.BaseRequest, seconds: float) -> web.StreamResponse:
    """An answer that begins at once and goes on by a byte every so many seconds, for ever."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(seconds)


def cut(request: web.BaseRequest, half: bool = False) -> web.StreamResponse:
    """Close the connection before an answer, or in its middle. What aiohttp then tries to send goes nowhere."""
    if request.transport is not None:
        if half:
            request.transport.write(
                b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n[{"UserDirectory":"L'
            )
            request.transport.close()
        else:
            request.transport.abort()
    return web.Response()
