# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: start, status, stop, several sites, what goes wrong and how it is said."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
import requests
import yaml

from ansible_collections.qlikops.sense.tests.integration import simulated

SMALL = ("--proxies", "1", "--virtual-proxies", "1", "--sessions", "2")


def test_life_of_a_site(state_dir: pathlib.Path, names: None) -> None:
    before = json.loads(simulated.command("status", "--state-dir", str(state_dir)).stdout)
    assert before["running"] is False
    assert simulated.stop(state_dir) is False
    site_info = simulated.start_generated(state_dir, *SMALL)
    assert (site_info["running"], site_info["started"]) == (True, True)
    assert simulated.Client(site_info).qps("/qps/session").status_code == 200
    again = simulated.start_generated(state_dir, *SMALL)
    assert again == {**site_info, "started": False}
    during = json.loads(simulated.command("status", "--state-dir", str(state_dir)).stdout)
    assert during == {key: value for key, value in site_info.items() if key != "started"}
    assert simulated.stop(state_dir) is True
    assert simulated.stop(state_dir) is False
    with pytest.raises(requests.exceptions.ConnectionError):
        simulated.Control(site_info).status()
    after = json.loads(simulated.command("status", "--state-dir", str(state_dir)).stdout)
    assert after["running"] is False


def test_files_are_private(state_dir: pathlib.Path) -> None:
    simulated.start_generated(state_dir, *SMALL)
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    keys = [path for path in state_dir.rglob("*.pem") if "PRIVATE KEY" in path.read_text()]
    assert len(keys) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert (state_dir / "log.txt").read_text() == ""


def test_two_sites_side_by_side(site: simulated.SiteInfo, state_dir: pathlib.Path, names: None) -> None:
    other = simulated.start_generated(state_dir, *SMALL)
    assert len(simulated.Client(other).qps("/qps/session").json()) == 2
    mistaken = simulated.Client(other)
    mistaken.http.verify = site["certificates"]["root"]
    with pytest.raises(requests.exceptions.SSLError):
        mistaken.qps("/qps/session")
    simulated.stop(state_dir)
    assert simulated.Control(site).status()["running"] is True


def test_after_a_crash_it_starts_again(state_dir: pathlib.Path) -> None:
    site_info = simulated.start_generated(state_dir, *SMALL)
    os.kill(site_info["pid"], signal.SIGKILL)
    simulated.wait_until(
        lambda: not json.loads(simulated.command("status", "--state-dir", str(state_dir)).stdout)["running"]
    )
    again = simulated.start_generated(state_dir, *SMALL)
    assert again["started"] is True
    assert again["pid"] != site_info["pid"]


def test_a_stale_pid_is_never_signalled(state_dir: pathlib.Path) -> None:
    simulated.start_generated(state_dir, *SMALL)
    simulated.stop(state_dir)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (state_dir / "pid").write_text(f"{bystander.pid}\n")
        assert simulated.stop(state_dir) is False
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_two_who_start_the_same_site_at_once_get_the_same_one(state_dir: pathlib.Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        cards = list(pool.map(lambda _: simulated.start_generated(state_dir, *SMALL), range(4)))
    assert len({site_info["pid"] for site_info in cards}) == 1
    assert sorted(site_info["started"] for site_info in cards) == [False, False, False, True]


def test_in_the_foreground(state_dir: pathlib.Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "qlik_simulator", "run", "--state-dir", str(state_dir), "--generate", *SMALL],
        env={**os.environ, "PYTHONPATH": str(simulated.FILES)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        site_info = json.loads(process.stdout.readline())
        assert site_info["pid"] == process.pid
        assert simulated.Control(site_info).status() == site_info | {"proxies": {"Proxy01": "running"}}
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_switches_and_the_same_again_after_reset(state_dir: pathlib.Path) -> None:
    site_info = simulated.start_generated(state_dir, *SMALL, "--switch", "tls=1.3", "--switch=unknown_prefix=empty")
    control = simulated.Control(site_info)
    assert control.switches()["tls"] == "1.3"
    control.switches(tls="1.2")
    control.reset()
    assert (control.switches()["tls"], control.switches()["unknown_prefix"]) == ("1.3", "empty")


def test_clock_of_the_description(state_dir: pathlib.Path) -> None:
    document = yaml.safe_load(simulated.command("generate-site", *SMALL).stdout)
    site_info = simulated.start(state_dir, {**document, "clock": "2026-01-15T08:00:00Z"})
    assert simulated.Control(site_info).call("GET", "/clock")["time"].startswith("2026-01-15T08:0")


def test_started_from_elsewhere_with_a_relative_path(
    tmp_path: pathlib.Path, state_dir: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my site.yml").write_text(simulated.command("generate-site", *SMALL).stdout)
    site_info = simulated.start(pathlib.Path("state"), pathlib.Path("my site.yml"))
    assert site_info["state_dir"] == str(state_dir)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--site", "nowhere.yml"), "qlik_simulator: cannot read the site description: "),
        (("--generate", "--proxies", "0"), "qlik_simulator: a site has at least one of its proxies, not 0"),
        (("--generate", "--switch", "tls"), "qlik_simulator: a switch is given as NAME=VALUE, not 'tls'"),
        (("--generate", "--switch", "a=b"), "qlik_simulator: unknown switch 'a'; there are"),
    ],
)
def test_what_start_refuses(state_dir: pathlib.Path, arguments: tuple[str, ...], words: str) -> None:
    done = simulated.command("start", "--state-dir", str(state_dir), *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1
    assert not state_dir.exists()


def free_loopback(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have 127.0.0.1 alone")
@pytest.mark.skipif(
    not all(map(free_loopback, (4242, 4243, 443))), reason="something listens on the ports of Qlik Sense here"
)
def test_real_ports_and_what_is_said_when_they_are_taken(
    real_ports: None, state_dir: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    site_info = simulated.start_generated(state_dir, "--proxies", "2", "--sessions", "2", "--real-ports")
    assert [(node["address"], node["qrs_port"], node["qps_port"]) for node in site_info["nodes"]] == [
        ("127.0.0.1", 4242, 4243),
        ("127.0.0.2", 4242, 4243),
    ]
    for node in site_info["nodes"]:
        assert (node["user_port"] == 443) is (site_info["notes"] == [])
    second = simulated.command("start", "--state-dir", str(tmp_path / "second"), "--generate", "--real-ports")
    assert second.returncode == 1
    assert "cannot have port 4242 of 127.0.0.1: Address already in use" in second.stderr
    status = simulated.command("status", "--state-dir", str(tmp_path / "second"))
    assert json.loads(status.stdout)["running"] is False


def test_large_sites_start_fast_and_answer_whole(state_dir: pathlib.Path, names: None) -> None:
    begin = time.monotonic()
    options = ("--proxies", "12", "--virtual-proxies", "30", "--sessions", "10000")
    site_info = simulated.start_generated(state_dir, *options)
    assert time.monotonic() - begin < 15
    assert len(simulated.Control(site_info).sessions()) == 10_000
    client = simulated.Client(site_info)
    assert client.qrs("/qrs/user/count").json()["value"] == 2502
    batch = " or ".join(f"(userDirectory eq 'LAB' and userId eq 'user{number:05d}')" for number in range(1, 151))
    assert 100 < len(client.qrs("/qrs/user/full", filter=batch).json()) < 150
