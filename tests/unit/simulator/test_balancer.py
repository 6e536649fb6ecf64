# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of HAProxy as it is generated, where its socket goes, what its states mean."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from qlik_simulator.balancer.haproxy_config import (
    BackendServer,
    BalancerError,
    check_names,
    configuration,
    find_haproxy,
    socket_path,
)
from qlik_simulator.balancer.watch import read_states

PORTS = [
    BackendServer("Central", "qlik1.example.com", "127.0.0.1", 20001),
    BackendServer("Node2", "qlik2.example.com", "127.0.0.2", 443),
]


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            lines = found.setdefault(line, [])
        elif line.strip() and not line.strip().startswith("#"):
            lines.append(line.strip())
    return found


def test_configuration() -> None:
    folder = pathlib.Path("/state dir/o'clock")
    text = configuration(
        PORTS, "127.0.0.1", 20100, folder / "users.pem", pathlib.Path("/root.pem"), pathlib.Path("/s.sock")
    )
    parts = sections(text)
    assert list(parts) == ["global", "defaults", "frontend users", "backend qlik"]
    assert "stats socket '/s.sock' mode 600 level admin" in parts["global"]
    assert parts["frontend users"] == [
        "bind 127.0.0.1:20100 ssl crt '/state dir/o'\\''clock/users.pem'",
        "default_backend qlik",
    ]
    backend = parts["backend qlik"]
    assert "cookie QLIKBALANCER insert indirect nocache httponly secure" in backend
    assert "http-check expect rstatus ^[234]" in backend
    assert "default-server check check-ssl inter 500ms fall 2 rise 1 ssl verify required ca-file '/root.pem'" in backend
    assert backend[-2:] == [
        "server Central 127.0.0.1:20001 cookie Central"
        " sni str(qlik1.example.com) check-sni qlik1.example.com verifyhost qlik1.example.com",
        "server Node2 127.0.0.2:443 cookie Node2"
        " sni str(qlik2.example.com) check-sni qlik2.example.com verifyhost qlik2.example.com",
    ]


@pytest.mark.parametrize("name", ["Node 2", "Ñode", "a/b", "", "a#b"])
def test_names_that_haproxy_does_not_take(name: str) -> None:
    with pytest.raises(BalancerError, match="cannot have a server named"):
        check_names([*PORTS, BackendServer(name, "x.example.com", "127.0.0.1", 1)])


def test_nothing_to_balance() -> None:
    with pytest.raises(BalancerError, match="no node of the site has a proxy"):
        check_names([])
    check_names(PORTS)


def test_socket_path_fits_with_what_haproxy_adds() -> None:
    near = pathlib.Path("/tmp/site")
    assert socket_path(near) == near / "haproxy.sock"
    far = socket_path(pathlib.Path("/", "ö" * 40))  # 80 bytes, 40 letters
    try:
        assert far.parent.is_dir()
        assert len(f"{far}.4194304.tmp".encode()) < 104
    finally:
        shutil.rmtree(far.parent)


def test_find_haproxy(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_haproxy("none") is None
    program = tmp_path / "haproxy"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_haproxy("haproxy") == find_haproxy("auto") == str(program)
    monkeypatch.setattr(shutil, "which", lambda *_rest, **_more: None)
    assert find_haproxy("auto") is None
    with pytest.raises(BalancerError, match="apt-get install"):
        find_haproxy("haproxy")


def test_states_as_haproxy_tells_them() -> None:
    answer = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"
        "3 qlik 1 A 127.0.0.1 2 0 1\n3 qlik 2 B 127.0.0.1 2 8 1\n3 qlik 3 C 127.0.0.1 0 1 1\n"
        "3 qlik 4 D 127.0.0.1 0 9 1\n"
        "3 qlik 5 E 127.0.0.1 0 0 1\n\n"
    )
    assert read_states(answer) == {
        "A": ("ready", "up"),
        "B": ("drain", "up"),
        "C": ("maint", "down"),
        "D": ("maint", "down"),
        "E": ("ready", "down"),
    }
    assert read_states("Can't find backend.\n\n") == {}
