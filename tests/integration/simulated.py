# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated site as tests use it: started through its command line, arranged and watched by its control interface."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
import yaml

FILES = pathlib.Path(__file__).resolve().parents[2] / "roles" / "simulated_site" / "files"
SiteInfo = dict[str, Any]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m qlik_simulator`` to its end."""
    environment = {**os.environ, "PYTHONPATH": str(FILES)}
    return subprocess.run(
        [sys.executable, "-m", "qlik_simulator", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start(state_dir: pathlib.Path, site: Mapping[str, Any] | pathlib.Path, *options: str) -> SiteInfo:
    """Start a site from a description or its file; return its site info."""
    if isinstance(site, Mapping):
        file = state_dir.with_name(f"{state_dir.name}.yml")
        file.write_text(yaml.safe_dump(dict(site), allow_unicode=True), encoding="utf-8")
    else:
        file = site
    return _site_info(command("start", "--state-dir", str(state_dir), "--site", str(file), *options))


@contextlib.contextmanager
def the_real_ports() -> Iterator[None]:
    """Whoever starts a site on the ports of a real one is the only one to do so: tests run side by side."""
    with (pathlib.Path(tempfile.gettempdir()) / "qlikops-sense-real-ports.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start_generated(state_dir: pathlib.Path, *options: str) -> SiteInfo:
    """Start a generated site; return its site info."""
    return _site_info(command("start", "--state-dir", str(state_dir), "--generate", *options))


def stop(state_dir: pathlib.Path) -> bool:
    """Stop a site; whether one ran."""
    return bool(_site_info(command("stop", "--state-dir", str(state_dir)))["stopped"])


def _site_info(done: subprocess.CompletedProcess[str]) -> SiteInfo:
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    site_info: SiteInfo = json.loads(done.stdout)
    return site_info


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until ``condition`` holds; AssertionError when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {seconds} seconds")
        time.sleep(0.02)


class Control:
    """The control interface of the site on ``site_info``. What it refuses raises ValueError with its words."""

    def __init__(self, site_info: SiteInfo) -> None:
        self.site_info = site_info
        self._http = requests.Session()
        self._http.trust_env = False

    def call(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """One call; the JSON of its answer."""
        answer = self._http.request(method, self.site_info["control"] + path, json=body, params=query, timeout=30)
        if answer.status_code != 200:
            raise ValueError(answer.json()["error"] if "json" in answer.headers["Content-Type"] else answer.text)
        return answer.json()

    def status(self) -> SiteInfo:
        """The site info, with ``proxies``: node -> running, starting or stopped."""
        site_info: SiteInfo = self.call("GET", "/status")
        return site_info

    def sessions(self, user: str | None = None, **wanted: str) -> list[dict[str, Any]]:
        """The live sessions; of one ``DIR\\id``, or of a ``node`` or ``virtual_proxy``."""
        return [
            session
            for session in self.call("GET", "/sessions")
            if (user or "").lower() in ("", f"{session['user_directory']}\\{session['user_id']}".lower())
            and all(session[key] == value for key, value in wanted.items())
        ]

    def login(self, user: str, node: str, virtual_proxy: str = "", **options: Any) -> list[str]:
        """Log a user in; ``count``, ``attributes``, ``session_id``, ``ignore_limit``. The session ids."""
        body = {"user": user, "node": node, "virtual_proxy": virtual_proxy, **options}
        ids: list[str] = self.call("POST", "/sessions", body)["session_ids"]
        return ids

    def end_all(self) -> None:
        """End every session."""
        self.call("DELETE", "/sessions")

    def journal(self, since: int = 0, **wanted: Any) -> list[dict[str, Any]]:
        """The entries of the journal; of one ``listener``, ``node``, ``method``, ``status``, ..."""
        entries = self.call("GET", "/journal", since=str(since))["entries"]
        return [entry for entry in entries if all(entry[key] == value for key, value in wanted.items())]

    def writes(self) -> list[dict[str, Any]]:
        """The entries of the journal that may have changed the site."""
        return [
            entry
            for entry in self.journal()
            if entry["method"] in ("POST", "PUT", "DELETE")
            and (entry["listener"] in ("qrs", "qps") or "/qrs/" in entry["path"].lower())
        ]

    def clear_journal(self) -> None:
        """Forget journal and counters."""
        self.call("DELETE", "/journal")

    def counters(self) -> dict[str, Any]:
        """The counters."""
        counters: dict[str, Any] = self.call("GET", "/counters")
        return counters

    def latency(self, milliseconds: float, **where: str) -> None:
        """Let every request (of a ``node``, a ``listener``) wait."""
        self.call("PUT", "/latency", {"milliseconds": milliseconds, **where})

    def fault(self, kind: str, **rule: Any) -> int:
        """Add a fault; its number."""
        return int(self.call("POST", "/faults", {"kind": kind, **rule})["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are left."""
        faults: list[dict[str, Any]] = self.call("GET", "/faults")
        return faults

    def clear_faults(self, number: int | None = None) -> None:
        """Take one fault away, or all."""
        self.call("DELETE", "/faults" if number is None else f"/faults/{number}")

    def advance(self, seconds: float) -> str:
        """Move the clock of the site on; the new time."""
        return str(self.call("POST", "/clock", {"advance_seconds": seconds})["time"])

    def proxy(self, node: str, action: str, **times: float) -> str:
        """Stop, start, restart or kill a proxy (``closed_seconds``, ``starting_seconds``); its state."""
        return str(self.call("POST", f"/proxies/{node}", {"action": action, **times})["state"])

    def wait_for_proxy(self, node: str, state: str = "running", seconds: float = 10.0) -> None:
        """Wait until a proxy has this state."""
        wait_until(lambda: self.status()["proxies"][node] == state, seconds)

    def single_sign_on(self, *users: str) -> None:
        """These users, and no others, log straight in again."""
        self.call("PUT", "/single_sign_on", {"users": list(users)})

    def user(self, user: str, **fields: Any) -> None:
        """Change or add a user in QRS: ``name``, ``email``, ``attributes``, and the three marks of the inactive."""
        self.call("PUT", "/users", {"user": user, **fields})

    def banners(self) -> list[dict[str, Any]]:
        """The banners: ``id``, ``name``, ``message``, ``message_type``, ``active``, ``duration``, who wrote it when."""
        banners: list[dict[str, Any]] = self.call("GET", "/banners")
        return banners

    def put_banners(self, *banners: dict[str, Any]) -> list[dict[str, Any]]:
        """These banners and no others, whatever QRS would say to them; ``banners()`` then."""
        put: list[dict[str, Any]] = self.call("PUT", "/banners", {"banners": list(banners)})
        return put

    def switches(self, **settings: Any) -> dict[str, Any]:
        """Change switches; all settings."""
        switches: dict[str, Any] = self.call("PUT", "/switches", settings)
        return switches

    def reset(self) -> None:
        """The site as it was started: sessions, users, banners, switches, proxies; no fault, no latency, no journal."""
        self.call("POST", "/reset")


class _Adapter(requests.adapters.HTTPAdapter):
    """Verifies everything but that the root names its key usage, which Qlik's does not: Python 3.13 would insist."""

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        super().init_poolmanager(*sizes, ssl_context=context, **options)


class Client:
    """An administrator's HTTPS client: certificate, verification, names of the site mapped to where it listens."""

    def __init__(
        self, site_info: SiteInfo, certificate: str | None = "client", user: str | None = "INTERNAL\\sa_api"
    ) -> None:
        paths = site_info["certificates"]
        self.site_info = site_info
        self._key = secrets.token_hex(8)
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.mount("https://", _Adapter())
        self.http.verify = paths["root"]
        if certificate:
            self.http.cert = (paths[certificate], paths[f"{certificate}_key"])
        self.http.headers["X-Qlik-Xrfkey"] = self._key
        if user:
            directory, _backslash, user_id = user.partition("\\")
            self.http.headers["X-Qlik-User"] = f"UserDirectory={directory}; UserId={user_id}"

    def node(self, name: str | None = None) -> dict[str, Any]:
        """A node of the site info; the central one by default."""
        return next(node for node in self.site_info["nodes"] if (node["name"] == name if name else node["central"]))

    def call(self, listener: str, method: str, path: str, node: str | None = None, **options: Any) -> requests.Response:
        """One call to ``qrs``, ``qps`` or ``user`` of a node; ``query`` and what requests takes."""
        where = self.node(node)
        query = {"xrfkey": self._key, **options.pop("query", {})}
        url = f"https://{where['host_name']}:{where[f'{listener}_port']}{path}"
        options = {"timeout": 30, "allow_redirects": False, **options}
        return self.http.request(method, url, params=query, **options)

    def qrs(self, path: str, node: str | None = None, method: str = "GET", **query: str) -> requests.Response:
        """One call to QRS."""
        return self.call("qrs", method, path, node, query=query)

    def qps(self, path: str, node: str | None = None, method: str = "GET", **options: Any) -> requests.Response:
        """One call to QPS."""
        return self.call("qps", method, path, node, **options)
