# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options: keys, authorities, addresses, ports, HTTP proxies, the environment."""

from __future__ import annotations

import contextlib
import pathlib
import re
import socket
import ssl
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.modules import servers
from ansible_collections.qlikops.sense.tests.integration.modules.running import Modules, Run

# What Python 3.13 and later do by default, done to every Python.
STRICT_PYTHON = """
import ssl
create = ssl.create_default_context
def strict(*args, **kwargs):
    context = create(*args, **kwargs)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context
ssl.create_default_context = strict
"""


def assert_lists_all(run: Run, modules: Modules) -> None:
    """The list is that of the control interface."""
    assert not run.failed, run.message
    assert sorted(run.users) == sorted(
        f"{session['user_directory']}\\{session['user_id']}" for session in modules.control.sessions()
    )


def assert_bad(run: Run, option: str, says: str, hint: str) -> None:
    """An option is named as wrong, and nothing was sent."""
    assert run.failure["kind"] == "bad_option"
    assert re.match(rf"{option}: .*{says}", run.failure["reason"]), run.failure["reason"]
    assert re.search(hint, run.failure["hint"]), run.failure["hint"]


# Keys and certificates


def test_an_encrypted_key(modules: Modules) -> None:
    paths = modules.site_info["certificates"]
    run = modules.info(client_key=paths["client_key_encrypted"], client_key_password=paths["client_key_password"])
    assert_lists_all(run, modules)


def test_an_encrypted_key_without_its_password(modules: Modules) -> None:
    key = modules.site_info["certificates"]["client_key_encrypted"]
    assert_bad(modules.info(client_key=key), "client_key", "is encrypted", "client_key_password")


def test_an_encrypted_key_with_a_wrong_password(modules: Modules) -> None:
    key = modules.site_info["certificates"]["client_key_encrypted"]
    run = modules.info(client_key=key, client_key_password="not the word")
    assert_bad(run, "client_key_password", "can't be opened with that password", "")
    assert "not the word" not in run.output


def test_the_key_of_another_certificate(modules: Modules) -> None:
    key = modules.site_info["certificates"]["rogue_client_key"]
    assert_bad(modules.info(client_key=key), "client_key", "is not the key of", "of the same export")


@pytest.mark.parametrize("option", ["client_cert", "client_key", "ca_path"])
def test_a_file_that_is_not_there(modules: Modules, tmp_path: pathlib.Path, option: str) -> None:
    run = modules.info(**{option: str(tmp_path / "missing.pem")})
    assert_bad(run, option, "missing.pem can't be read: No such file", "host that runs the module")


@pytest.mark.parametrize(("option", "named"), [("client_cert", "client_cert"), ("ca_path", "ca_path")])
def test_a_file_that_is_not_pem(modules: Modules, tmp_path: pathlib.Path, option: str, named: str) -> None:
    file = tmp_path / "client.pfx"
    file.write_bytes(b"0\x82\x0a\x93 no PEM")
    assert_bad(modules.info(**{option: str(file)}), named, "PEM format", "PEM format")


def handshake(site_info: simulated.SiteInfo, strict: bool) -> None:
    """Shake hands with QRS with nothing of the collection."""
    context = ssl.create_default_context(cafile=site_info["certificates"]["root"])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", site_info["qrs_port"]), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=site_info["host"]),
    ):
        pass


def test_the_chain_of_qlik_is_one_that_strict_verification_refuses(modules: Modules) -> None:
    handshake(modules.site_info, strict=False)
    with pytest.raises(ssl.SSLCertVerificationError, match="CA cert does not include key usage"):
        handshake(modules.site_info, strict=True)


def test_a_strict_python_verifies_the_chain_all_the_same(modules: Modules) -> None:
    assert_lists_all(modules.info(before=[STRICT_PYTHON]), modules)
    other = modules.site_info["certificates"]["rogue_root"]
    assert modules.info(before=[STRICT_PYTHON], ca_path=other).failure["kind"] == "untrusted"
    names = {"host": "qlik.example.com", "host_map": {"qlik.example.com": "127.0.0.1"}}
    assert modules.info(before=[STRICT_PYTHON], **names).failure["kind"] == "name_mismatch"


# Addresses and ports


def test_nodes_at_other_addresses(modules: Modules) -> None:
    central, node2 = modules.site_info["nodes"][:2]
    with (
        servers.forwarding("127.0.0.8", central["qrs_port"]) as qrs,
        servers.forwarding("127.0.0.8", central["qps_port"]) as qps,
        servers.forwarding("127.0.0.9", node2["qps_port"]) as qps2,
    ):
        run = modules.info(host_map={"QLIK1.example.com": "127.0.0.8", "qlik2.EXAMPLE.com": "127.0.0.9"})
        assert_lists_all(run, modules)
    assert qrs
    assert qps
    assert qps2


def test_names_as_host_map_and_host_spell_them(modules: Modules) -> None:
    assert_lists_all(modules.info(host="QLIK1.Example.com"), modules)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("127.0.0.1:4242", "is not a host name or an address"),
        ("https://a", "is not a host name or an address"),
        ("", "no address"),
    ],
)
def test_an_address_that_is_none(modules: Modules, address: str, says: str) -> None:
    assert_bad(modules.info(host_map={"qlik1.example.com": address}), "host_map", says, "Write ")


@pytest.mark.parametrize(
    ("option", "value"),
    [("qrs_port", 0), ("qps_port", 65536), ("timeout", 0), ("retries", -1), ("max_parallel", 0), ("api_user", "anna")],
)
def test_a_value_that_cannot_be_meant(modules: Modules, option: str, value: Any) -> None:
    assert_bad(modules.info(**{option: value}), option, str(value), "The least|Ports go|Write DIRECTORY")
    assert modules.control.journal() == []


def test_the_port_of_the_proxy_service_is_that_of_qrs_unless_told(modules: Modules) -> None:
    central, node2 = modules.site_info["nodes"][:2]
    asked = modules.info(proxies=["Node2"], qps_port=central["qps_port"])
    assert asked.failed
    assert "not issued to qlik2.example.com. It is issued to qlik1.example.com." in asked.message
    assert f"https://qlik2.example.com:{central['qps_port']}/" in asked.message
    assert asked.result["proxies"][0]["qps_port"] == central["qps_port"]
    told = modules.info(proxies=["Node2"], qps_port=node2["qps_port"])
    assert len(told.sessions) == len(modules.control.sessions(node="Node2"))


# Through the users' port


def test_qrs_through_a_virtual_proxy(modules: Modules) -> None:
    user_port = modules.site_info["nodes"][0]["user_port"]
    for prefix in ("api", "/api/"):
        assert_lists_all(modules.info(qrs_port=user_port, qrs_virtual_proxy=prefix), modules)
    assert modules.control.journal(listener="qrs") == []
    paths = {entry["path"] for entry in modules.control.journal(listener="user")}
    assert any(path.startswith("/api/qrs/proxyservice/full") for path in paths)


def test_qrs_through_a_virtual_proxy_often(modules: Modules) -> None:
    """A user has five sessions at most, and whoever comes through a virtual proxy gets one."""
    user_port = modules.site_info["nodes"][0]["user_port"]
    before = modules.session_ids()
    for _time in range(7):
        run = modules.info(qrs_port=user_port, qrs_virtual_proxy="api")
        assert not run.failed, run.message
        assert len(run.sessions) == len(before)
    assert modules.session_ids() == before
    log_outs = modules.control.journal(listener="user", method="DELETE")
    assert [entry["path"].partition("?")[0] for entry in log_outs] == ["/api/qps/user"] * 7


def test_a_user_with_too_many_sessions_is_not_let_in(modules: Modules) -> None:
    central = modules.site_info["nodes"][0]
    modules.control.login("INTERNAL\\sa_api", central["name"], "api", count=4)
    run = modules.info(qrs_port=central["user_port"], qrs_virtual_proxy="api")
    assert run.failure["kind"] == "too_many_sessions"
    assert "too many sessions active in parallel" in run.failure["words"]


def test_the_users_port_has_a_certificate_of_another_authority(modules: Modules) -> None:
    user_port = modules.site_info["nodes"][0]["user_port"]
    modules.control.fault("rogue_certificate", listener="user")
    run = modules.info(qrs_port=user_port, qrs_virtual_proxy="api")
    assert run.failure["kind"] == "untrusted"
    assert "into one file" in run.failure["hint"]


def test_qrs_through_a_virtual_proxy_that_asks_people_to_log_in(modules: Modules) -> None:
    run = modules.info(qrs_port=modules.site_info["nodes"][0]["user_port"], qrs_virtual_proxy="sales")
    assert run.failure["kind"] in ("redirect", "login_wanted")
    assert "X-Qlik-User" in run.failure["hint"] or "login" in run.failure["hint"]


def test_qrs_through_a_virtual_proxy_that_is_not_there(modules: Modules) -> None:
    run = modules.info(qrs_port=modules.site_info["nodes"][0]["user_port"], qrs_virtual_proxy="nowhere")
    assert run.failure["kind"] in ("redirect", "login_wanted", "not_found")


# HTTP proxies


def test_the_http_proxy_of_the_environment_carries_the_requests(modules: Modules) -> None:
    with servers.http_proxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}", "NO_PROXY": ""}
        assert_lists_all(modules.info(environment=environment), modules)
        assert f"127.0.0.1:{modules.site_info['qrs_port']}" in proxy.seen
        wrong = modules.info(environment=environment, ca_path=modules.site_info["certificates"]["rogue_root"])
        assert wrong.failure["kind"] == "untrusted"


@pytest.mark.parametrize("spared", [".example.com", "*.example.com", "127.0.0.1", "127.0.0.0/8"])
def test_nodes_and_addresses_may_be_spared_from_the_http_proxy(modules: Modules, spared: str) -> None:
    with servers.http_proxy() as proxy:
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}", "NO_PROXY": spared}
        assert_lists_all(modules.info(environment=environment), modules)
        assert proxy.seen == []


def test_a_netrc_sends_no_password_along(modules: Modules, tmp_path: pathlib.Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hidden\n", encoding="ascii")
    with servers.repeating(modules.site_info, 400) as server:
        run = modules.info(qrs_port=server.server_address[1], environment={"NETRC": str(netrc)})
    assert "UserDirectory=INTERNAL" in run.message
    assert "Basic" not in run.message


# The environment


def test_the_connection_comes_from_the_environment(modules: Modules) -> None:
    paths = modules.site_info["certificates"]
    environment = {
        "QLIK_SENSE_HOST": modules.site_info["host"],
        "QLIK_SENSE_QRS_PORT": str(modules.site_info["qrs_port"]),
        "QLIK_SENSE_CLIENT_CERT": paths["client"],
        "QLIK_SENSE_CLIENT_KEY": paths["client_key_encrypted"],
        "QLIK_SENSE_CLIENT_KEY_PASSWORD": paths["client_key_password"],
        "QLIK_SENSE_CA_PATH": paths["root"],
        "QLIK_SENSE_API_USER": "INTERNAL\\sa_repository",
        "QLIK_SENSE_VALIDATE_CERTS": "true",
    }
    absent = dict.fromkeys(("host", "qrs_port", "client_cert", "client_key", "ca_path"))
    assert_lists_all(modules.info(environment=environment, **absent), modules)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.repeating(modules.site_info, 400))
        environment["QLIK_SENSE_QRS_PORT"] = str(server.server_address[1])
        assert "UserId=sa_repository" in modules.info(environment=environment, **absent).message


@pytest.mark.parametrize("option", ["host", "client_cert", "client_key"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_must_be_given(modules: Modules, option: str, value: str | None) -> None:
    variable = f"QLIK_SENSE_{option.upper()}"
    run = modules.info(**{option: value}, environment={variable: ""})
    assert run.failed
    assert f"missing required arguments: {option}" in run.message
