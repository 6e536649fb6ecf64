# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for AWX as a server on loopback; behind a path prefix, as automation controller behind its gateway."""

from __future__ import annotations

import json
import pathlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.qlikops.sense.tests.integration.awx.shapes import ForbiddenError, RefusedError
from ansible_collections.qlikops.sense.tests.integration.awx.stand_in import Awx

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOKEN = "token-of-the-stand-in"


class _Handler(BaseHTTPRequestHandler):
    awx: Awx
    lock = threading.Lock()

    def _serve(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        status: int
        answer: Any
        if not url.path.startswith(f"{self.awx.prefix}v2/"):
            status, answer = 404, {"detail": "Not found."}
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, answer = 401, {"detail": "Authentication credentials were not provided."}
        else:
            with self.lock:
                try:
                    status, answer = self.awx.answer(self.command, url.path, dict(parse_qsl(url.query)), body)
                except RefusedError as refused:
                    told = refused.args[0]
                    status, answer = 400, told if isinstance(told, dict) else {"__all__": [told], "detail": told}
                except ForbiddenError as refused:
                    status, answer = 403, {"detail": str(refused)}
        payload = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 http.server looks for these names

    def log_message(self, *_words: Any) -> None:
        """Nothing: the journal is enough."""


def empty(prefix: str = "/api/") -> Awx:
    """An AWX with nothing in it, whose projects hold this checkout."""
    playbook = re.compile(r"^\s*?-?\s*?(?:hosts|include|import_playbook):\s*?.*?$", re.MULTILINE)
    files = [file for file in (ROOT / "playbooks").glob("*.yml") if playbook.search(file.read_text(encoding="utf-8"))]
    return Awx([str(file.relative_to(ROOT)) for file in files], prefix)


@contextmanager
def serving(prefix: str = "/api/") -> Iterator[tuple[Awx, str]]:
    """An empty AWX, and its address."""
    awx = empty(prefix)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"awx": awx}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield awx, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
