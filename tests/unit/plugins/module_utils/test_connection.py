# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import pathlib
import ssl
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given

from ansible_collections.qlikops.sense.plugins.module_utils._client import certificates
from ansible_collections.qlikops.sense.plugins.module_utils._client.addresses import bypasses_proxy
from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import (
    CONTROL_CHARACTER,
    PATHS,
    Connection,
    Endpoint,
    user_header,
)
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption
from ansible_collections.qlikops.sense.tests.unit.plugins import builders
from ansible_collections.qlikops.sense.tests.unit.plugins.certificates import PASSWORD, Export
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import names

REFUSES_WEAK_KEYS = pytest.mark.skipif(
    getattr(ssl.create_default_context(), "security_level", 0) < 2, reason="OpenSSL takes weak keys here"
)


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
    assert f"{getattr(pem, kind)} can't be opened with that password" in error.reason
    assert password not in str(error)


def test_a_password_for_a_key_that_needs_none_does_no_harm(pem: Export) -> None:
    assert tls(pem, client_key_password="needless")


def test_a_key_of_another_certificate(pem: Export) -> None:
    error = refusal(pem, client_key=pem.other_key)
    assert error.reason == f"client_key: {pem.other_key} is not the key of {pem.client}."
    assert error.hint == "Give client.pem and client_key.pem of the same export."


@pytest.mark.parametrize("kind", ["pfx", "garbage", "key"])
@pytest.mark.parametrize("with_key", ["key", "encrypted_pkcs8"])
def test_what_is_no_certificate_is_blamed_whatever_the_key_is(pem: Export, kind: str, with_key: str) -> None:
    cert = getattr(pem, kind)
    error = refusal(pem, client_cert=cert, client_key=getattr(pem, with_key), client_key_password=PASSWORD)
    assert error.reason == f"client_cert: {cert} holds no certificate in PEM format."
    assert "client.pfx can't be used" in error.hint


@pytest.mark.parametrize("kind", ["pfx", "garbage", "client"])
def test_what_is_no_key(pem: Export, kind: str) -> None:
    error = refusal(pem, client_key=getattr(pem, kind))
    assert error.option == "client_key"
    assert f"{getattr(pem, kind)} holds no key in PEM format" in error.reason
    assert "QMC" in error.hint


@pytest.mark.parametrize("kind", ["garbage", "key"])
def test_what_is_no_root(pem: Export, kind: str) -> None:
    error = refusal(pem, ca_path=getattr(pem, kind))
    assert error.option == "ca_path"
    assert f"{getattr(pem, kind)} holds no certificate in PEM format" in error.reason
    assert "root.pem" in error.hint


@pytest.mark.parametrize("option", PATHS)
def test_an_empty_file(pem: Export, option: str) -> None:
    error = refusal(pem, **{option: pem.empty})
    assert error.reason == f"{option}: {pem.empty} is empty."
    assert "again" in error.hint


def joined(pem: bytes) -> bytes:
    return pem.replace(b"\n", b" ")


def in_utf_16(encoding: str) -> Callable[[bytes], bytes]:
    return lambda pem: pem.decode("ascii").encode(encoding)


@pytest.mark.parametrize("option", PATHS)
@pytest.mark.parametrize(
    ("spoil", "says", "cure"),
    [
        (in_utf_16("utf-16"), "is written in UTF-16.", "Save it as UTF-8 or ASCII."),
        (in_utf_16("utf-16-le"), "is written in UTF-16.", "Save it as UTF-8 or ASCII."),
        (in_utf_16("utf-16-be"), "is written in UTF-16.", "Save it as UTF-8 or ASCII."),
        (joined, "has lost its line breaks.", "Keep the lines"),
        (lambda pem: pem.replace(b"\n", b"\r"), "has lost its line breaks.", "Keep the lines"),
        (lambda pem: pem.replace(b"\n", b"\\n"), "has lost its line breaks.", "Keep the lines"),
    ],
)
def test_a_file_that_was_spoilt_on_its_way(
    pem: Export, option: str, spoil: Callable[[bytes], bytes], says: str, cure: str, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "spoilt.pem"
    content = pathlib.Path(pem.options[option]).read_bytes()
    file.write_bytes(spoil(content))
    error = refusal(pem, **{option: str(file)})
    assert error.reason == f"{option}: {file} {says}"
    assert cure in error.hint
    assert content.splitlines()[1].decode() not in str(error)


def test_an_encrypted_key_without_its_line_breaks(pem: Export, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "spoilt.pem"
    file.write_bytes(joined(pathlib.Path(pem.encrypted_pkcs8).read_bytes()))
    error = refusal(pem, client_key=str(file), client_key_password=PASSWORD)
    assert error.reason == f"client_key: {file} has lost its line breaks."


def test_windows_line_breaks_do_no_harm(pem: Export, tmp_path: pathlib.Path) -> None:
    options = {}
    for option in PATHS:
        file = tmp_path / f"{option}.pem"
        file.write_bytes(pathlib.Path(pem.options[option]).read_bytes().replace(b"\n", b"\r\n"))
        options[option] = str(file)
    assert tls(pem, **options)


def test_a_chain_begins_with_the_certificate_of_the_client(pem: Export) -> None:
    assert tls(pem, client_cert=pem.leaf_first)
    error = refusal(pem, client_cert=pem.root_first)
    assert error.reason == f"client_cert: {pem.root_first} begins with a certificate other than that of {pem.key}."
    assert error.hint.startswith("The file must begin with the client's own certificate")
    locked = refusal(pem, client_cert=pem.root_first, client_key=pem.encrypted_pkcs8, client_key_password=PASSWORD)
    assert locked.option == "client_cert"


@pytest.mark.parametrize("kind", ["root_first", "leaf_first"])
def test_a_chain_in_which_no_certificate_fits_the_key(pem: Export, kind: str) -> None:
    chain = getattr(pem, kind)
    assert refusal(pem, client_cert=chain, client_key=pem.other_key).reason == (
        f"client_key: {pem.other_key} is not the key of {chain}."
    )


@REFUSES_WEAK_KEYS
@pytest.mark.parametrize(
    ("kind", "key", "words"),
    [("weak", "weak_key", "ee key too small"), ("under_weak_root", "key", "ca key too small")],
)
def test_a_weak_certificate_of_the_client(pem: Export, kind: str, key: str, words: str) -> None:
    error = refusal(pem, client_cert=getattr(pem, kind), client_key=getattr(pem, key))
    assert error.reason == (
        f"client_cert: {getattr(pem, kind)} holds a certificate that is too weak for OpenSSL here ({words})."
    )
    assert "2048 bits" in error.hint
    assert "SHA-256" in error.hint
    assert "security level" in error.hint


def test_a_weak_signature_of_the_certificate_of_the_client(pem: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_cert_chain(*_files: Any, **_options: Any) -> None:  # cryptography makes no such signatures any more
        error = ssl.SSLError(1, "[SSL: CA_MD_TOO_WEAK] ca md too weak (_ssl.c:3905)")
        error.reason = "CA_MD_TOO_WEAK"
        raise error

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load_cert_chain)
    error = refusal(pem)
    assert error.reason == (
        f"client_cert: {pem.client} holds a certificate that is too weak for OpenSSL here (ca md too weak)."
    )


def test_the_certificate_of_the_client_as_the_one_authority(pem: Export, tmp_path: pathlib.Path) -> None:
    def is_noticed(**options: Any) -> bool:
        return Connection.from_options({**pem.options, **options}).trusts_only_its_own_certificate()

    assert is_noticed(ca_path=pem.client)
    assert is_noticed(ca_path=pem.client, client_cert=pem.leaf_first)
    assert not is_noticed()
    assert not is_noticed(ca_path=None)
    assert not is_noticed(ca_path=pem.leaf_first)
    assert not is_noticed(ca_path=pem.empty, client_cert=pem.empty)
    assert not is_noticed(ca_path=str(tmp_path / "gone.pem"))


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

    monkeypatch.setattr(certificates, "open", open_unless_locked, raising=False)
    assert refusal(pem).reason == f"{option}: {locked} can't be read: Permission denied."


def test_nobody_is_asked_for_a_password_on_the_terminal(pem: Export) -> None:
    code = (
        "import os, pty, sys\n"
        f"sys.path.insert(0, {str(pathlib.Path(certificates.__file__).parents[6])!r})\n"
        "from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection\n"
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
        ({"timeout": 3601}, "timeout: 3601 is too large."),
        ({"retries": 11}, "retries: 11 is too large."),
        ({"max_parallel": 257}, "max_parallel: 257 is too large."),
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
        ({"host": "[::1]:4242"}, "host: '[::1]:4242' is not a host name or an address."),
        ({"host": "[qlik1]"}, "host: '[qlik1]' is not a host name or an address."),
        ({"host": "qlik1?x"}, "host: 'qlik1?x' is not a host name or an address."),
        ({"host": "anna@qlik1"}, "host: 'anna@qlik1' is not a host name or an address."),
        ({"host": "."}, "host: '' is not a host name or an address."),
        ({"qrs_virtual_proxy": "."}, "qrs_virtual_proxy: '.' is not the prefix of a virtual proxy."),
        ({"qrs_virtual_proxy": "a/../b"}, "qrs_virtual_proxy: 'a/../b' is not the prefix of a virtual proxy."),
        ({"qrs_virtual_proxy": "a?b"}, "qrs_virtual_proxy: 'a?b' is not the prefix of a virtual proxy."),
        ({"qrs_virtual_proxy": "a#b"}, "qrs_virtual_proxy: 'a#b' is not the prefix of a virtual proxy."),
        ({"qrs_virtual_proxy": "a\\b"}, "qrs_virtual_proxy: 'a\\b' is not the prefix of a virtual proxy."),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(BadOption) as caught:
        builders.connection(**options)
    assert caught.value.reason == text
    assert caught.value.option == text.partition(":")[0]
    assert caught.value.hint
    assert caught.value.kind == "bad_option"


TEXTS = ("host", "client_cert", "client_key", "ca_path", "qrs_virtual_proxy", "api_user")


@pytest.mark.parametrize("character", ["\0", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("option", TEXTS)
def test_control_characters_are_refused(option: str, character: str) -> None:
    with pytest.raises(BadOption) as caught:
        builders.connection(**{option: f"LAB\\anna{character}"})
    assert caught.value.reason == f"{option}: it contains a NUL, a line break or another control character."
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize("host_map", [{"qlik1\n": "10.0.0.1"}, {"qlik1": "10.0.0.1\0"}])
def test_control_characters_are_refused_in_names_and_addresses(host_map: dict[str, str]) -> None:
    with pytest.raises(BadOption, match="host_map: it contains a NUL"):
        builders.connection(host_map=host_map)


@pytest.mark.parametrize("option", [*TEXTS, "client_key_password"])
def test_what_is_not_utf_8_is_refused(option: str) -> None:
    with pytest.raises(BadOption) as caught:
        builders.connection(**{option: "LAB\\anna\udcff"})
    assert caught.value.reason == f"{option}: it is not valid UTF-8."
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize("option", PATHS)
@pytest.mark.parametrize("separator", ["\n", " "])
def test_a_file_pasted_in_place_of_its_path_is_not_shown(pem: Export, option: str, separator: str) -> None:
    lines = pathlib.Path(pem.key).read_text(encoding="ascii").splitlines()
    error = refusal(pem, **{option: separator.join(lines)})
    assert error.reason == f"{option}: it is the content of a file, not a path."
    assert lines[1] not in str(error)


@pytest.mark.parametrize(
    "options",
    [
        {"qrs_port": 1, "qps_port": 65535},
        {"timeout": 1, "retries": 0, "max_parallel": 1},
        {"timeout": 3600, "retries": 10, "max_parallel": 256},
        {"host": "::1"},
        {"qrs_virtual_proxy": "/a.b/..c/"},
    ],
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
        ("QLIK2.", "[::1]"),
        ("qlik5", "[::1]"),
        ("::2", "10.0.0.2"),
        ("stra\u00dfe", "10.0.0.3"),
        ("strasse", "strasse"),
    ],
)
def test_addresses_of_nodes(host_name: str, address: str) -> None:
    mapping = {" Qlik1.example.com": " 10.0.0.1 ", "qlik2": " ::1 ", "qlik3": "node.internal", "qlik5": "[::1]"}
    mapping |= {"[::2]": "10.0.0.2", "Stra\u00dfe": "10.0.0.3"}
    assert builders.connection(host_map=mapping).address_of(host_name) == address


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ("INTERNAL\\sa_api", "UserDirectory=INTERNAL; UserId=sa_api"),
        ("LAB\\Ünal; x=y\\z", "UserDirectory=LAB; UserId=%C3%9Cnal%3B%20x%3Dy%5Cz"),
    ],
)
def test_the_user_header(user: str, header: str) -> None:
    assert user_header(user) == header


users = names.filter(lambda name: not CONTROL_CHARACTER.search(name))


@given(users.filter(lambda name: "\\" not in name), users)
def test_the_user_header_gives_back_the_user_and_can_hold_no_second_header(directory: str, user_id: str) -> None:
    header = user_header(f"{directory}\\{user_id}")
    assert header.isascii()
    assert header.isprintable()
    first, second = header.split("; ")
    assert unquote(first) == f"UserDirectory={directory}"
    assert unquote(second) == f"UserId={user_id}"


def test_an_endpoint_in_words() -> None:
    assert str(Endpoint("qlik1", 4242)) == "qlik1:4242"
    assert builders.connection(qrs_port=443).repository == Endpoint("qlik1.example.com", 443)


@pytest.mark.parametrize(
    ("host", "name", "words", "address"),
    [
        ("::1", "::1", "[::1]:4242", "[::1]"),
        ("[::1]", "::1", "[::1]:4242", "[::1]"),
        ("qlik1.example.com.", "qlik1.example.com", "qlik1.example.com:4242", "qlik1.example.com"),
        (" qlik1 ", "qlik1", "qlik1:4242", "qlik1"),
    ],
)
def test_the_host_as_its_certificate_and_as_urls_have_it(host: str, name: str, words: str, address: str) -> None:
    connection = builders.connection(host=host)
    endpoint = connection.repository
    assert connection.host == endpoint.host_name == name
    assert str(endpoint) == words
    assert connection.address_of(endpoint.host_name) == address
    assert Endpoint(host, 4242) == endpoint


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        ("qlik1.example.com", "*"),
        ("qlik1.example.com", "localhost, *.example.com"),
        ("qlik1.example.com", ".example.com"),
        ("qlik1.example.com", "other example.com"),
        ("qlik1.example.com", "QLIK1.Example.com"),
        ("QLIK1.example.com.", "qlik1.example.com"),
        ("qlik1.example.com", "qlik1.example.com."),
        ("qlik1.example.com", "qlik1.example.com:4242"),
        ("qlik1.example.com", "*.example.com:4242"),
        ("example.com", "*.example.com"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3:4242"),
        ("::1", "::1"),
        ("[::1]", "0:0:0:0:0:0:0:1"),
        ("::1", "[::1]"),
        ("::1", "[::1]:4242"),
        ("fd00::7", "fd00::/8"),
    ],
)
def test_what_no_proxy_spares(host: str, no_proxy: str) -> None:
    assert bypasses_proxy(host, 4242, no_proxy)


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        ("qlik1.example.com", ""),
        ("qlik1.example.com", " , ,"),
        ("qlik1.example.com", "."),
        ("qlik1.example.com", "*."),
        ("qlik1.badexample.com", "example.com"),
        ("qlik1.example.com", "qlik2.example.com"),
        ("qlik1.example.com", "qlik1.example.com:443"),
        ("qlik1.example.com", "*:443"),
        ("qlik1.example.com", "10.0.0.0/8"),
        ("strasse", "stra\u00dfe"),
        ("10.1.2.3", "1.2.3"),
        ("10.1.2.3", "10.1.2.4"),
        ("10.1.2.3", "11.0.0.0/8"),
        ("10.1.2.3", "::/0"),
        ("10.1.2.3", "10.1.2.3:443"),
        ("::1", "[::1]:443"),
        ("::1", "::2"),
    ],
)
def test_what_no_proxy_does_not_spare(host: str, no_proxy: str) -> None:
    assert not bypasses_proxy(host, 4242, no_proxy)


@given(names, names)
def test_no_value_of_no_proxy_fails(host: str, no_proxy: str) -> None:
    assert bypasses_proxy(host, 4242, f"{no_proxy},*")
    assert bypasses_proxy(host, 4242, no_proxy) in (True, False)
