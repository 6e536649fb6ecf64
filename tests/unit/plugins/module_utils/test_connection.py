# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import pathlib
import ssl
import subprocess
import sys
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given

from ansible_collections.qlikops.sense.plugins.module_utils import _connection
from ansible_collections.qlikops.sense.plugins.module_utils._connection import Connection, Endpoint
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import PASSWORD, Export
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import names


def tls(pem: Export, **options: Any) -> ssl.SSLContext:
    return Connection.from_options({**pem.options, **options}).tls_context()


def refusal(pem: Export, **options: Any) -> BadOption:
    with pytest.raises(BadOption) as caught:
        tls(pem, **options)
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_the_context_verifies_chain_and_name_with_the_given_root_alone(pem: Export) -> None:
    context = tls(pem)
    assert context.check_hostname is True
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.post_handshake_auth is True
    assert context.cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 1}


def test_strictness_alone_is_cleared_where_python_sets_it(pem: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = ssl.create_default_context(cafile=pem.root)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_LEAF
    before = strict.verify_flags
    monkeypatch.setattr(ssl, "create_default_context", lambda **_options: strict)
    assert tls(pem).verify_flags == before & ~ssl.VERIFY_X509_STRICT


@pytest.mark.parametrize("validate_certs", [True, False])
def test_a_context_that_threads_share_stays_as_it_is_while_they_connect(pem: Export, validate_certs: bool) -> None:
    context = tls(pem, validate_certs=validate_certs)
    context.set_alpn_protocols(["what a connection would say"])
    connection = context.wrap_bio(ssl.MemoryBIO(), hello := ssl.MemoryBIO(), server_hostname="qlik1.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    assert b"\x00\x09\x08http/1.1" in (said := hello.read())
    assert b"what a connection would say" not in said


def test_without_a_root_the_authorities_of_the_system_are_trusted(pem: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", pem.root)
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")
    context = tls(pem, ca_path=None)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname is True
    assert context.cert_store_stats()["x509_ca"] == 1


def test_nothing_is_verified_where_that_is_wanted_but_the_certificate_is_still_shown(pem: Export) -> None:
    context = tls(pem, validate_certs=False, ca_path="/nonexistent")
    assert context.check_hostname is False
    assert context.verify_mode == ssl.CERT_NONE
    assert context.post_handshake_auth is True
    assert refusal(pem, validate_certs=False, client_cert="/nonexistent").option == "client_cert"


@pytest.mark.parametrize("kind", ["encrypted_pkcs8", "encrypted_traditional"])
def test_an_encrypted_key_opens_with_its_password(pem: Export, kind: str) -> None:
    assert tls(pem, client_key=getattr(pem, kind), client_key_password=PASSWORD)


@pytest.mark.parametrize("kind", ["encrypted_pkcs8", "encrypted_traditional"])
def test_an_encrypted_key_without_its_password_says_so(pem: Export, kind: str) -> None:
    error = refusal(pem, client_key=getattr(pem, kind))
    assert error.reason == f"client_key: {getattr(pem, kind)} is encrypted."
    assert error.hint == "Give its password in client_key_password or QLIK_SENSE_CLIENT_KEY_PASSWORD."


@pytest.mark.parametrize("kind", ["encrypted_pkcs8", "encrypted_traditional"])
@pytest.mark.parametrize("password", ["wrong-password", "x" * 2000])
def test_a_wrong_password_is_named_as_that_and_not_shown(pem: Export, kind: str, password: str) -> None:
    error = refusal(pem, client_key=getattr(pem, kind), client_key_password=password)
    assert error.option == "client_key_password"
    assert f"{getattr(pem, kind)} can't be opened with the password given" in error.reason
    assert password not in str(error)


def test_a_password_for_a_key_that_needs_none_does_no_harm(pem: Export) -> None:
    assert tls(pem, client_key_password="needless")


def test_a_key_of_another_certificate(pem: Export) -> None:
    error = refusal(pem, client_key=pem.other_key)
    assert error.reason == f"client_key: {pem.other_key} is not the key of {pem.client}."
    assert error.hint == "Give client.pem and client_key.pem of the same export."


@pytest.mark.parametrize("kind", ["pfx", "garbage", "empty", "key"])
@pytest.mark.parametrize("with_key", ["key", "encrypted_pkcs8"])
def test_what_is_no_certificate_is_blamed_whatever_the_key_is(pem: Export, kind: str, with_key: str) -> None:
    cert = getattr(pem, kind)
    error = refusal(pem, client_cert=cert, client_key=getattr(pem, with_key), client_key_password=PASSWORD)
    assert error.reason == f"client_cert: {cert} holds no certificate in PEM format."
    assert "client.pfx can't be used" in error.hint


@pytest.mark.parametrize("kind", ["pfx", "garbage", "empty", "client"])
def test_what_is_no_key(pem: Export, kind: str) -> None:
    error = refusal(pem, client_key=getattr(pem, kind))
    assert error.option == "client_key"
    assert f"{getattr(pem, kind)} holds no key in PEM format" in error.reason
    assert "QMC" in error.hint


@pytest.mark.parametrize("kind", ["garbage", "empty", "key"])
def test_what_is_no_root(pem: Export, kind: str) -> None:
    error = refusal(pem, ca_path=getattr(pem, kind))
    assert error.option == "ca_path"
    assert f"{getattr(pem, kind)} holds no certificate in PEM format" in error.reason
    assert "root.pem" in error.hint


@pytest.mark.parametrize("option", ["client_cert", "client_key", "ca_path"])
def test_a_missing_file(pem: Export, option: str, tmp_path: pathlib.Path) -> None:
    error = refusal(pem, **{option: str(tmp_path / "none.pem")})
    assert error.reason == f"{option}: {tmp_path / 'none.pem'} can't be read: No such file or directory."
    assert "on the host that runs the module" in error.hint


@pytest.mark.parametrize("option", ["client_cert", "client_key", "ca_path"])
def test_a_folder_in_place_of_a_file(pem: Export, option: str, tmp_path: pathlib.Path) -> None:
    assert refusal(pem, **{option: str(tmp_path)}).reason.endswith("can't be read: Is a directory.")


@pytest.mark.parametrize("option", ["client_cert", "client_key", "ca_path"])
def test_a_file_that_may_not_be_read(pem: Export, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = pem.options[option]

    def open_unless_locked(path: str, *rest: Any, **options: Any) -> Any:
        if path == locked:  # a root user would be let in to a real one
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return open(path, *rest, **options)

    monkeypatch.setattr(_connection, "open", open_unless_locked, raising=False)
    assert refusal(pem).reason == f"{option}: {locked} can't be read: Permission denied."


def test_nobody_is_asked_for_a_password_on_the_terminal(pem: Export) -> None:
    code = (
        "import os, pty, sys\n"
        f"sys.path.insert(0, {str(pathlib.Path(_connection.__file__).parents[5])!r})\n"
        "from ansible_collections.qlikops.sense.plugins.module_utils._connection import Connection\n"
        f"connection = Connection('localhost', {pem.client!r}, {pem.encrypted_traditional!r})\n"
        "pid, terminal = pty.fork()\n"
        "if pid == 0:\n"
        "    try:\n"
        "        connection.tls_context()\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__, error, flush=True)\n"
        "    os._exit(0)\n"
        "shown = b''\n"
        "try:\n"
        "    while chunk := os.read(terminal, 4096):\n"
        "        shown += chunk\n"
        "        if b'pass' in chunk.lower() and b'BadOption' not in shown:\n"
        "            break\n"
        "except OSError:\n"
        "    pass\n"
        "print(shown.decode())\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True).stdout
    assert shown.startswith("BadOption client_key:")
    assert "is encrypted" in shown
    assert "pass phrase" not in shown


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"qrs_port": 0}, "qrs_port: 0 is not a port."),
        ({"qps_port": 65536}, "qps_port: 65536 is not a port."),
        ({"timeout": 0}, "timeout: 0 is too small."),
        ({"retries": -1}, "retries: -1 is too small."),
        ({"max_parallel": 0}, "max_parallel: 0 is too small."),
        ({"api_user": "sa_api"}, "api_user: 'sa_api' does not name a user."),
        ({"api_user": "\\sa_api"}, "api_user: '\\sa_api' does not name a user."),
        ({"api_user": "INTERNAL\\"}, "api_user: 'INTERNAL\\' does not name a user."),
        ({"host_map": {"qlik1": ""}}, "host_map: no address is given for qlik1."),
        ({"host_map": {"qlik1": 5}}, "host_map: no address is given for qlik1."),
        ({"host_map": {"qlik1": "10.0.0.1:4242"}}, "host_map: '10.0.0.1:4242' is not a host name or an address."),
        ({"host_map": {"qlik1": "https://10.0.0.1"}}, "host_map: 'https://10.0.0.1' is not a host name or an address."),
        ({"host": "https://qlik1"}, "host: 'https://qlik1' is not a host name or an address."),
        ({"host": "qlik1:4242"}, "host: 'qlik1:4242' is not a host name or an address."),
        ({"host": "qlik1/hub"}, "host: 'qlik1/hub' is not a host name or an address."),
        ({"host": "qlik 1"}, "host: 'qlik 1' is not a host name or an address."),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(BadOption) as caught:
        builders.connection(**options)
    assert caught.value.reason == text
    assert caught.value.option == text.partition(":")[0]
    assert caught.value.hint
    assert caught.value.kind == "bad_option"


@pytest.mark.parametrize(
    "options",
    [{"qrs_port": 1, "qps_port": 65535}, {"timeout": 1, "retries": 0, "max_parallel": 1}, {"host": "::1"}],
)
def test_options_at_their_borders_are_taken(options: dict[str, Any]) -> None:
    connection = builders.connection(**options)
    assert {name: getattr(connection, name) for name in options} == options


def test_what_is_not_given_has_its_default() -> None:
    assert builders.connection(qrs_port=None, host_map=None, client_key_password=None, state="absent") == Connection(
        "qlik1.example.com", "client.pem", "client_key.pem"
    )


@pytest.mark.parametrize(
    ("host_name", "address"),
    [
        ("qlik1.example.com", "10.0.0.1"),
        ("QLIK1.Example.com", "10.0.0.1"),
        ("qlik2", "[::1]"),
        ("qlik3", "node.internal"),
        ("qlik4", "qlik4"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_addresses_of_nodes(host_name: str, address: str) -> None:
    mapping = {" Qlik1.example.com": " 10.0.0.1 ", "qlik2": " ::1 ", "qlik3": "node.internal"}
    assert builders.connection(host_map=mapping).address_of(host_name) == address


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ("INTERNAL\\sa_api", "UserDirectory=INTERNAL; UserId=sa_api"),
        ("LAB\\Ünal; x=y\\z", "UserDirectory=LAB; UserId=%C3%9Cnal%3B%20x%3Dy%5Cz"),
    ],
)
def test_the_user_header(user: str, header: str) -> None:
    assert builders.connection(api_user=user).user_header() == header


@given(names.filter(lambda name: "\\" not in name), names)
def test_the_user_header_gives_back_the_user_and_can_hold_no_second_header(directory: str, user_id: str) -> None:
    header = builders.connection(api_user=f"{directory}\\{user_id}").user_header()
    assert header.isascii()
    assert header.isprintable()
    first, second = header.split("; ")
    assert unquote(first) == f"UserDirectory={directory}"
    assert unquote(second) == f"UserId={user_id}"


def test_an_endpoint_in_words() -> None:
    assert str(Endpoint("qlik1", 4242)) == "qlik1:4242"
    assert builders.connection(qrs_port=443).repository == Endpoint("qlik1.example.com", 443)
