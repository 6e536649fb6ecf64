# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated site is fast enough never to be what a benchmark measures."""

from __future__ import annotations

import os
import pathlib
import socket
import ssl
import sys

import pytest

from ansible_collections.qlikops.sense.tests.integration.simulated import Control, SiteInfo

REQUESTS = 3000
KEY = "0123456789abcdef"


def seconds_of_processor(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform != "linux", reason="reads the time of a process from /proc")
def test_two_thousand_requests_a_second_on_one_core(site: SiteInfo, control: Control) -> None:
    """Counts the processor's seconds, not the clock's, so that a busy machine does not matter."""
    node, paths = site["nodes"][0], site["certificates"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(paths["root"])
    context.load_cert_chain(paths["client"], paths["client_key"])
    plain = socket.create_connection((node["address"], node["qps_port"]), timeout=30)
    question = f"GET /qps/session?xrfkey={KEY} HTTP/1.1\r\nHost: {node['host_name']}\r\nX-Qlik-Xrfkey: {KEY}\r\n\r\n"
    with context.wrap_socket(plain, server_hostname=node["host_name"]) as channel:
        answers = channel.makefile("rb")
        before = seconds_of_processor(site["pid"])
        for _number in range(REQUESTS):
            channel.sendall(question.encode())
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = dict(line.decode().strip().split(": ", 1) for line in iter(answers.readline, b"\r\n"))
            assert len(answers.read(int(headers["Content-Length"]))) > 1000
        spent = seconds_of_processor(site["pid"]) - before
    assert control.counters()["requests"] == REQUESTS
    assert spent < REQUESTS / 2000
