# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A haproxy.cfg of somebody's own in front of the simulated site: what stays, what is replaced, what is left out."""

from __future__ import annotations

import pathlib

import pytest

from qlik_simulator.balancer.haproxy_config import BackendServer, BalancerError
from qlik_simulator.balancer.own_config import OwnConfiguration, own_configuration

PORTS = [
    BackendServer("Central", "qlik1.example.com", "127.0.0.1", 5001),
    BackendServer("Node2", "qlik2.example.com", "127.0.0.1", 5002),
]
OWN = """\
global
    log /dev/log local0
    chroot /var/lib/haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin
    user haproxy
    daemon
    maxconn 20000
    tune.ssl.default-dh-param 2048
defaults
    mode http
    log global   # to the host
    timeout client 1h
    errorfile 503 /etc/haproxy/errors/503.http
resolvers dns
    nameserver one 192.0.2.53:53
frontend plain
    bind :80
    redirect scheme https code 301
frontend qlik_users
    bind *:443 ssl crt /etc/haproxy/certs/qlik.pem alpn h2,http/1.1
    acl blocked src -f /etc/haproxy/blocked.lst
    http-request set-header X-Forwarded-Proto https
    default_backend qlik_prod
backend qlik_prod
    balance leastconn
    cookie node insert indirect nocache
    stick-table type ip size 1m expire 30m peers mine
    option httpchk GET /
    default-server check inter 3s ssl verify none resolvers dns init-addr none
    server first qlik1.example.com:443 cookie first weight 20
    server Node2 10.1.2.3:443 cookie second send-proxy sni str(qlik2.example.com) backup
    server old qlik9.example.com:443 cookie old
backend reports
    server r1 reports.example.com:443
"""


def made(folder: pathlib.Path, text: str = OWN) -> OwnConfiguration:
    file = folder / "haproxy.cfg"
    file.write_text(text, encoding="utf-8")
    paths = [folder / name for name in ("users.pem", "root.pem", "haproxy.sock")]
    return own_configuration(file, PORTS, "127.0.0.1", 4430, *paths)


def lines(made: OwnConfiguration) -> list[str]:
    return [line.strip() for line in made.text.splitlines()]


def test_servers_stand_where_the_nodes_of_the_site_are(tmp_path: pathlib.Path) -> None:
    own = made(tmp_path)
    assert own.servers == (("Central", "qlik_prod", "first"), ("Node2", "qlik_prod", "Node2"))
    trust = f"verify required ca-file '{tmp_path}/root.pem'"
    assert (
        f"server first 127.0.0.1:5001 cookie first weight 20 {trust} sni str(qlik1.example.com)"
        " check-sni qlik1.example.com verifyhost qlik1.example.com"
    ) in lines(own)
    assert any(line.startswith(f"server Node2 127.0.0.1:5002 cookie second backup {trust}") for line in lines(own))
    assert "default-server check inter 3s ssl" in lines(own)


def test_what_makes_it_somebodys_own_stays(tmp_path: pathlib.Path) -> None:
    for line in (
        "maxconn 20000",
        "timeout client 1h",
        "http-request set-header X-Forwarded-Proto https",
        "balance leastconn",
        "cookie node insert indirect nocache",
        "option httpchk GET /",
        "stick-table type ip size 1m expire 30m",
    ):
        assert line in lines(made(tmp_path)), line


def test_nothing_reaches_the_real_world(tmp_path: pathlib.Path) -> None:
    own = made(tmp_path)
    for word in ("/dev/log", "/etc/", "/var/", "/run/", "192.0.2", "10.1.2.3", "qlik9", "reports.", "daemon", "*:443"):
        assert word not in own.text, word
    assert own.is_tls
    assert f"bind 127.0.0.1:4430 ssl crt '{tmp_path}/users.pem'" in lines(own)
    assert sum(line.startswith("bind ") for line in lines(own)) == 1
    assert f"stats socket '{tmp_path}/haproxy.sock' mode 600 level admin" in lines(own)
    assert own.notes == (
        "HAProxy: server qlik_prod/old is no node of the site, and left out",
        "HAProxy: server reports/r1 is no node of the site, and left out",
        "HAProxy: resolvers dns is left out",
        "HAProxy: frontend plain is left out",
        "HAProxy: frontend qlik_users: acl blocked ... is left out",
    )


def test_a_listen_section_that_passes_tls_on(tmp_path: pathlib.Path) -> None:
    own = made(tmp_path, "listen qlik\n    mode tcp\n    bind :443\n    server a qlik1.example.com:443 check\n")
    assert own.is_tls
    assert "bind 127.0.0.1:4430" in lines(own)
    assert "server a 127.0.0.1:5001 check" in lines(own)


def test_an_entrance_without_tls(tmp_path: pathlib.Path) -> None:
    own = made(tmp_path, "listen qlik\n    mode http\n    bind :80\n    server a qlik1.example.com:443 ssl\n")
    assert not own.is_tls


def behind(rules: str, backend: str = "") -> str:
    return (
        f"frontend users\n    mode http\n    bind :443 ssl crt /x.pem\n{rules}\n"
        f"backend qlik\n    mode http\n    server Central qlik1.example.com:443 ssl\n{backend}\n"
    )


def test_a_rule_goes_with_the_file_or_the_condition_that_it_needs(tmp_path: pathlib.Path) -> None:
    rules = """
    acl blocked src -f /etc/haproxy/blocked.lst
    acl known src -f /etc/haproxy/known.lst
    acl known src 192.0.2.1
    http-request deny if !known
    http-request deny if blocked
    http-request redirect location / if known !blocked
    http-request deny if { src -f /etc/haproxy/more.lst }
    http-request return status 503 content-type text/html file /etc/haproxy/sorry.html if known
    http-request lua.check
    http-request set-header X-A blocked
    default_backend qlik"""
    own = made(tmp_path, behind(rules, "    option external-check\n    external-check command /bin/true"))
    assert [line for line in lines(own) if line.startswith(("acl", "http-request", "option", "external"))] == [
        "acl known src 192.0.2.1",
        "http-request deny if !known",
        "http-request set-header X-A blocked",
    ]
    assert "HAProxy: frontend users: http-request redirect ... is left out" in own.notes
    assert "/etc/haproxy" not in own.text


def test_words_are_read_as_haproxy_reads_them(tmp_path: pathlib.Path) -> None:
    text = """
frontend "users" # comment
    mode http
    bind "*:443" ssl crt '/etc/a b.pem'#comment
    http-request set-header X-A "one # two"
    http-request set-header X-B one\\ \\#\\ two
    http-request set-header X-C 'it is '"#1"
    default_backend "qlik"
backend 'qlik'
    mode http
    server "Central" "ipv4@QLIK1.example.com:443" ssl cookie "c 1" # the first
"""
    own = made(tmp_path, text)
    assert own.servers == (("Central", "qlik", "Central"),)
    assert 'http-request set-header X-A "one # two"' in lines(own)
    assert "http-request set-header X-B one\\ \\#\\ two" in lines(own)
    assert "http-request set-header X-C 'it is '\"#1\"" in lines(own)
    assert any(line.startswith('server "Central" 127.0.0.1:5001 ssl cookie "c 1" verify') for line in lines(own))


def test_a_route_out_of_a_map_of_the_host_leads_to_the_nodes(tmp_path: pathlib.Path) -> None:
    own = made(tmp_path, behind("    use_backend %[req.hdr(host),lower,map(/etc/haproxy/hosts.map,other)]"))
    assert "default_backend qlik" in lines(own)
    assert "map(" not in own.text


def test_a_template_of_servers_takes_the_nodes_in_order(tmp_path: pathlib.Path) -> None:
    template = "    server-template q 1-9 qlik.service.consul:443 resolvers consul check"
    rule = "    use-server gone if { always_true }"
    text = behind("    default_backend more", f"backend more\n    mode http\n{template}\n{rule}")
    own = made(tmp_path, text)
    assert own.servers[1:] == (("Central", "more", "q1"), ("Node2", "more", "q2"))
    assert "server q2 127.0.0.1:5002 check" in lines(own)
    assert "use-server" not in own.text
    assert "HAProxy: more/q2 is Node2: a server-template names no node" in own.notes


def test_conditions_on_the_version_count_as_met(tmp_path: pathlib.Path) -> None:
    own = made(
        tmp_path, f"global\n.if version_atleast(2.4)\n    maxconn 7\n.endif\n{behind('    default_backend qlik')}"
    )
    assert "maxconn 7" in lines(own)
    assert not [line for line in lines(own) if line.startswith(".")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("backend a\n    server b other.example.com:443\n", "no server that is a node of the site"),
        ("backend a\n    server b qlik1.example.com:443\n", "no frontend that leads to a"),
    ],
)
def test_what_leads_nowhere_is_refused(tmp_path: pathlib.Path, text: str, words: str) -> None:
    with pytest.raises(BalancerError, match=words):
        made(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BalancerError, match=r"haproxy\.cfg can't be read"):
        own_configuration(tmp_path / "haproxy.cfg", PORTS, "127.0.0.1", 1, tmp_path, tmp_path, tmp_path)
