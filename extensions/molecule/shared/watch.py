# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches a simulated site and its HAProxy: looks five times a second, and keeps every look that differs from the last.

As a program it appends the looks to the file --record, one JSON object a line, until its standard input ends:
  at        epoch seconds
  proxies   {node: state of its proxy service}
  servers   {backend/server: {"status", "weight"}} as in HAProxy's "show stat"
  balancer  {server: status}, of a server of several backends the one in which it takes users
  out       nodes whose proxy service does not run or that HAProxy sends no newcomers to
Its first look is in the file before it says "watching" on its standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from haproxy import servers

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_OF_BLINDNESS = 2.0
NO_HTTP_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
Look = dict[str, Any]


class Watch(threading.Thread):
    """Looks again and again, the first time before it starts, and hands each look that differs to ``keep``."""

    def __init__(self, control: str, balancer: str, keep: Callable[[Look], object]) -> None:
        super().__init__(daemon=True)
        self._control = control
        self._balancer = balancer
        self._keep = keep
        self._over = threading.Event()
        self._seen: Look = {}
        self._look()

    def run(self) -> None:
        over = False
        while not over:
            over = self._over.wait(SECONDS_BETWEEN_LOOKS)
            self._look()

    def _look(self) -> None:
        now = look(self._control, self._balancer)
        if now != self._seen:
            self._keep({"at": time.time(), **now})
            self._seen = now

    def finish(self) -> None:
        """One look more, and no other."""
        self._over.set()
        self.join()


def look(control: str, balancer: str) -> Look:
    """How all is now; without servers where ``balancer`` is empty."""
    with NO_HTTP_PROXY.open(f"{control}/status", timeout=10) as answer:
        proxies = json.load(answer)["proxies"]
    told = _patiently(balancer) if balancer else {}
    takes = {name: server["status"] == "UP" and server["weight"] > 0 for name, server in told.items()}
    return {
        "proxies": proxies,
        "servers": told,
        "balancer": {_node(name): told[name]["status"] for name in sorted(told, key=takes.__getitem__)},
        "out": out(proxies, takes),
    }


def out(proxies: Mapping[str, str], takes: Mapping[str, bool]) -> list[str]:
    """``takes`` says of each backend/server whether it takes newcomers. A node is out if none of its servers does."""
    down = {node for node, state in proxies.items() if state != "running"}
    shut = {_node(name) for name in takes} - {_node(name) for name, does in takes.items() if does}
    return sorted(down | shut)


def _node(server: str) -> str:
    return server.partition("/")[2]


def _patiently(balancer: str) -> dict[str, dict[str, Any]]:
    """An HAProxy that is just being reloaded may let a question drop."""
    deadline = time.monotonic() + SECONDS_OF_BLINDNESS
    while True:
        try:
            return servers(balancer)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--control", required=True, help="address of the control interface of the site")
    parser.add_argument("--balancer", default="", help="path of HAProxy's socket")
    options = parser.parse_args()
    with options.record.open("a", encoding="utf-8", buffering=1) as record:
        watch = Watch(options.control, options.balancer, lambda seen: print(json.dumps(seen), file=record))
        watch.start()
        print("watching", flush=True)
        sys.stdin.read()
        watch.finish()


if __name__ == "__main__":
    main()
