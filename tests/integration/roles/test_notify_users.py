# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""notify_users: who is told, what arrives, and that nothing else gets out; with real receivers."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.modules.playing import GROUP, Ansible, Tasks, ensure
from ansible_collections.qlikops.sense.tests.integration.modules.running import ROOT
from ansible_collections.qlikops.sense.tests.integration.roles.receivers import (
    HERE,
    MailServer,
    Silent,
    Webhook,
    authority,
    tls_context,
)

CONNECTION = ("host", "qrs_port", "host_map", "client_cert", "client_key", "client_key_password", "ca_path")
VARIABLES = {f"qlik_{name}": f"{{{{ qlik.{name} }}}}" for name in CONNECTION}
SENDER = "Qlik-Team Zürich <qlik@example.com>"
SECRET = "T00SECRETXX/B00SECRETYY/s3cr3tT0k3nOfTheHook"
QUERY = "sig=s3cr3tSignature%2BOfTheFlow&sp=run"
SECRETS = (*SECRET.split("/"), "s3cr3tSignature", "sesame-of-smtp")
Options = dict[str, Any]
TITLE = "Wartung von Qlik Sense, 維護"


def user(user_id: str, *emails: str, **more: Any) -> dict[str, Any]:
    found = {
        "user": f"LAB\\{user_id}",
        "user_directory": "LAB",
        "user_id": user_id,
        "name": user_id.title(),
        "emails": list(emails),
        "kind": "person",
        "state": "active",
        "sessions": 1,
        "sessions_in_all": 1,
        "virtual_proxies": ["sales"],
        "nodes": ["Node2"],
        "elsewhere": [],
        "limit": "",
        "runaway": False,
    }
    return {**found, **more}


def report(*users: dict[str, Any]) -> dict[str, Any]:
    """What session_report returns for a notice, as far as it counts here."""
    counts = {"people": len(users), "users": len(users), "sessions": len(users), "elsewhere": 1}
    rest = ("anonymous_sessions", "service_sessions", "at_limit", "near_limit", "runaways", "unlinked", "missing")
    proxies = [("sales", "Sales & <!channel> *portal*"), ("", "Central Proxy (Default)")]
    return {
        "title": "If Node2 is restarted",
        "observed_at": "2026-01-15T08:00:00Z",
        "complete": True,
        "failures": [],
        "proxies": ["Node2"],
        "pseudonyms": False,
        "summary": {**counts, **dict.fromkeys(rest, 0), "without_email": 0, "nodes": 1, "virtual_proxies": 2},
        "virtual_proxies": [
            {"prefix": prefix, "description": said, "sessions": 3, "users": 2, "nodes": [], "runaway": False}
            for prefix, said in proxies
        ],
        "nodes": [],
        "users": list(users),
        "sessions": [],
        "at_limit": [],
        "runaways": [],
        "unlinked": [],
        "advice": [],
    }


ANNA = user("anna", "anna@lab.example", "a.ek@lab.example", name="Anna Ek")
ANNA_TOO = user("anna2", "Anna@LAB.example", virtual_proxies=["", "sales"])
BJORN = user(
    "bjorn",
    "bjorn@lab.example",
    name="Björn 山田",
    virtual_proxies=[""],
    elsewhere=[{"virtual_proxy": "sales", "node": "Central"}],
)
ZORAN = user("zoran", name="")
ROBOT = user("robot", "robot@lab.example", kind="service")
PEOPLE = report(ANNA, ANNA_TOO, BJORN, ZORAN, ROBOT)


@pytest.fixture
def collections(tree: pathlib.Path) -> dict[str, str]:
    """Where this collection is, and those that it needs: where the caller has them, or where make puts them."""
    path = filter(None, [str(tree), os.environ.get("ANSIBLE_COLLECTIONS_PATH"), str(ROOT / ".cache" / "galaxy")])
    return {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(path)}


class Notify:
    """The role as a play includes it."""

    def __init__(self, ansible: Ansible, collections: dict[str, str], report: pathlib.Path) -> None:
        self.ansible = ansible
        self.reading = "string"
        self.collections = collections
        self._report = report

    def tell(self, *options: str, then: Tasks | None = None, failing: str = "", **variables: Any) -> str:
        """Run the role with all its names short. ``failing``: a regular expression that its failure must match."""
        named = {f"notify_users_{name}": value for name, value in variables.items()}
        if "mail" in variables.get("channels", []):
            named = {"notify_users_mail_from": SENDER, **named}
        # From a file, as names and addresses come from outside: what is written in a play is a template.
        self._report.write_text(json.dumps(named.pop("notify_users_report", PEOPLE)), encoding="utf-8")
        read = f"{{{{ lookup('ansible.builtin.file', '{self._report}') | {self.reading} }}}}"
        given = {"notify_users_report": read, "notify_users_webhook_delay": 0, **named}
        role: dict[str, Any] = {"ansible.builtin.include_role": {"name": "qlikops.sense.notify_users"}, "vars": given}
        tasks: Tasks = [role]
        if failing:
            remember = {"ansible.builtin.set_fact": {"failed_with": "{{ ansible_failed_result.msg }}"}}
            tasks = [{"block": tasks, "rescue": [remember]}, ensure("failed_with is search(wanted)")]
        output = self.ansible.play(
            [*tasks, *(then or [])],
            *options,
            environment=self.collections,
            vars={**VARIABLES, "wanted": failing},
            module_defaults={GROUP: {}},
        )
        for secret in SECRETS:
            assert secret not in output
        return output


@pytest.fixture
def notify(ansible: Ansible, collections: dict[str, str], tmp_path: pathlib.Path) -> Notify:
    return Notify(ansible, collections, tmp_path / "report.json")


def told(**wanted: Any) -> dict[str, Any]:
    """A task that holds notify_users_told against what it should be."""
    return {
        **ensure(*(f"notify_users_told.{key} == wanted_told.{key}" for key in wanted)),
        "vars": {"wanted_told": wanted},
    }


def who(*users: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"user": user["user"], "name": user["name"], "email": user["emails"][0]} for user in users]


def test_one_mail_in_blind_copy_for_all_and_one_for_the_team(notify: Notify, tmp_path: pathlib.Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>who is connected</p>", encoding="utf-8")
    without = [{"user": ZORAN["user"], "name": ""}]
    with MailServer() as server:
        notify.tell(
            channels=["mail"],
            **short(server),
            subject=TITLE,
            when="am Sonntag um 6",
            reason="CHG 4711",
            contact="it@example.com",
            mail_cc=["team@example.com"],
            mail_attach=[str(page)],
            then=[told(mailed=who(ANNA, BJORN), without_email=without, would_be_mailed=[], failures=[], refused=[])],
        )
    to_people, to_team = server.mails
    assert sorted(to_people.to) == ["anna@lab.example", "bjorn@lab.example", "qlik@example.com"]
    assert to_people.message["Subject"] == TITLE
    assert to_people.message["From"].addresses[0].display_name == "Qlik-Team Zürich"
    assert to_people.message["To"].addresses[0].addr_spec == "qlik@example.com"
    assert to_people.message["Message-ID"].endswith("@example.com>")
    assert to_people.message["Auto-Submitted"] == "auto-generated"
    for word in (b"anna@", b"bjorn@", b"team@"):
        assert word not in to_people.raw
    assert "Anna" not in to_people.text
    for words in ("maintained am Sonntag um 6.", "on Node2", "/sales, /", "Why: CHG 4711", "Questions: it@example.com"):
        assert words in to_people.text
    assert to_people.attachments == {}
    assert sorted(to_team.to) == ["qlik@example.com", "team@example.com"]
    assert to_team.message["Cc"] == "team@example.com"
    assert "For the team: 2 people" in to_team.text
    assert "  LAB\\zoran\n" in to_team.text
    assert to_team.attachments == {"page.html": page.read_bytes()}


def short(server: MailServer) -> dict[str, Any]:
    return {name.removeprefix("notify_users_"): value for name, value in server.variables.items()}


def test_one_mail_each_says_where_one_is_connected(notify: Notify) -> None:
    with MailServer() as server:
        notify.tell(channels=["mail"], **short(server), mail_mode="each", then=[told(mailed=who(ANNA, BJORN))])
    to_anna, to_bjorn = server.mails
    assert to_anna.to == ["anna@lab.example"]
    assert to_anna.message["To"] == "anna@lab.example"
    assert "Hello Anna Ek,\n" in to_anna.text
    assert "over /sales, /, on Node2." in to_anna.text  # with both of her accounts
    assert "also connected" not in to_anna.text
    assert "Hello Björn 山田,\n" in to_bjorn.text
    assert "You are also connected over /sales on Central, which stays as it is." in to_bjorn.text
    assert "Anna" not in to_bjorn.text


def test_batches_template_and_subject_are_the_users_own(notify: Notify, tmp_path: pathlib.Path) -> None:
    template = tmp_path / "mine.j2"
    template.write_text(
        "{'Grüße': [{{ notify_users_notice.nodes | join }}, {{ notify_users_when }}]}", encoding="utf-8"
    )
    people = report(*(user(f"u{number}", f"u{number}@lab.example") for number in range(5)))
    with MailServer() as server:
        notify.tell(
            channels=["mail"],
            **short(server),
            report=people,
            mail_batch=2,
            mail_template=str(template),
            mail_subject="one\r\nBcc: eve@evil.example",
            when="now",
        )
    assert [len(mail.to) for mail in server.mails] == [3, 3, 2]
    for mail in server.mails:
        assert mail.text.strip() == "{'Grüße': [Node2, now]}"
        assert mail.message["Subject"] == "one Bcc: eve@evil.example"
        assert mail.message["Bcc"] is None


def test_hostile_names_and_addresses_neither_inject_nor_run(notify: Notify, tmp_path: pathlib.Path) -> None:
    trap = tmp_path / "trapped"
    command = "{{ lookup('pipe', 'touch " + str(trap) + "') }}"
    evil = "Eve\r\nBcc: victim@evil.example\r\n\r\n" + command
    bad = [
        "eve@x.example\nRCPT TO:<victim@evil.example>",
        "a@x.example,victim@evil.example",
        "Eve <victim@evil.example>",
        "no address",
        "@x.example",
        "eve@",
        "ève@x.example",
        command,
    ]
    users = [user(f"bad{number}", address, name=command) for number, address in enumerate(bad)]
    eve = user("eve", "o'eve+{{7*7}}@x.example", name=evil, virtual_proxies=[command])
    idn = user("idn", "max@müller.example")
    with MailServer() as server, Webhook((200, "ok")) as slack:
        notify.tell(
            channels=["mail", "slack"],
            slack_url=f"{slack.origin}/{SECRET}",
            **short(server),
            report=report(eve, idn, *users),
            mail_mode="each",
            mail_cc=["team@example.com"],
            then=[
                ensure(
                    "notify_users_told.mailed | map(attribute='email') | list == addresses",
                    "notify_users_told.unusable | length == 8",
                    "notify_users_told.unusable[7].email == raw_command",
                    "notify_users_told.unusable[7].name == raw_command",
                )
                | {
                    "vars": {
                        "addresses": ["o'eve+{% raw %}{{7*7}}{% endraw %}@x.example", "max@xn--mller-kva.example"],
                        "raw_command": f"{{% raw %}}{command}{{% endraw %}}",
                    }
                }
            ],
        )
    assert not trap.exists()
    to_eve, to_idn, to_team = server.mails
    assert to_eve.to == ["o'eve+{{7*7}}@x.example"]
    assert to_idn.to == ["max@xn--mller-kva.example"]
    assert sorted(to_team.to) == ["qlik@example.com", "team@example.com"]
    assert to_eve.message["Bcc"] is None
    assert f"Hello Eve Bcc: victim@evil.example {command},\n" in to_eve.text
    assert f"over /{command}, on Node2" in to_eve.text


def test_an_encrypted_login_with_a_password_that_nobody_reads(notify: Notify, tmp_path: pathlib.Path) -> None:
    with MailServer(password="sesame-of-smtp", tls=tls_context(tmp_path)) as server:
        login: Options = {"mail_username": "qlik", "mail_password": "sesame-of-smtp"}
        trust: Options = {"mail_ca_path": str(authority(tmp_path))}
        notify.tell("-vvvv", channels=["mail"], **short(server), **login, **trust)
        assert [mail.encrypted for mail in server.mails] == [True]
        refused = r"certificate is not trusted \(self.signed certificate\)"
        notify.tell("-vvvv", channels=["mail"], **short(server), **login, failing=refused)
        assert len(server.logins) == 1
        notify.tell("-vvvv", channels=["mail"], **short(server), **login, mail_validate_certs=False)
    assert [mail.encrypted for mail in server.mails] == [True, True]


def test_a_certificate_that_nobody_trusts_does_where_none_would_do_too(notify: Notify, tmp_path: pathlib.Path) -> None:
    with MailServer(tls=tls_context(tmp_path)) as server:
        notify.tell(channels=["mail"], **short(server))
    assert [mail.encrypted for mail in server.mails] == [True]


def test_a_wrong_password_is_tried_once_and_the_other_channels_are_tried_all_the_same(
    notify: Notify, tmp_path: pathlib.Path
) -> None:
    with MailServer(password="other", tls=tls_context(tmp_path)) as server, Webhook((200, "ok")) as slack:
        notify.tell(
            "-vvvv",
            channels=["mail", "slack"],
            **short(server),
            mail_username="qlik",
            mail_password="sesame-of-smtp",
            mail_ca_path=str(authority(tmp_path)),
            mail_mode="each",
            slack_url=f"{slack.origin}/{SECRET}",
            failing="^Not everyone was notified. mail: 0 people were mailed, 2 were not, .*Authentication to .* failed",
            then=[told(mailed=[], not_mailed=who(ANNA, BJORN))],
        )
    assert len(server.logins) == 1
    assert server.mails == []
    assert len(slack.posts) == 1


def test_without_encryption_a_password_is_not_sent(notify: Notify) -> None:
    with MailServer(password="sesame-of-smtp") as server:
        login: Options = {"mail_username": "qlik", "mail_password": "sesame-of-smtp"}
        notify.tell(channels=["mail"], **short(server), **login, failing="StartTLS is not offered")
    assert server.logins == set()


@pytest.mark.parametrize("mode", ["bcc", "each"])
def test_who_the_server_does_not_take_is_told_and_the_rest_is_mailed(notify: Notify, mode: str) -> None:
    with MailServer(refused={"anna@lab.example": "550 no such user"}) as server:
        output = notify.tell(
            channels=["mail"],
            **short(server),
            mail_mode=mode,
            then=[
                told(mailed=who(BJORN), not_mailed=[], failures=[]),
                ensure(
                    "notify_users_told.refused[0].email == 'anna@lab.example'",
                    "notify_users_told.refused[0].why is search('550.*no such user')",
                ),
            ],
        )
    assert "anna@lab.example: " in output
    assert sum("bjorn@lab.example" in mail.to for mail in server.mails) == 1


def test_it_fails_if_nobody_is_taken_or_the_team_is_not(notify: Notify) -> None:
    nobody = dict.fromkeys(["anna@lab.example", "bjorn@lab.example"], "550 no")
    with MailServer(refused=nobody) as server:
        notify.tell(
            channels=["mail"], **short(server), mail_mode="each", failing="accepted none of the addresses: .*550"
        )
    with MailServer(refused={"team@example.com": "550 no"}) as server:
        team: Options = {"mail_cc": ["team@example.com"]}
        notify.tell(
            channels=["mail"], **short(server), **team, failing="2 people were mailed.*the team: team@example.com"
        )


def test_a_dry_run_finds_a_server_that_takes_no_mail(notify: Notify, tmp_path: pathlib.Path) -> None:
    with MailServer(password="other", tls=tls_context(tmp_path)) as server:
        login: Options = {"mail_username": "qlik", "mail_password": "sesame-of-smtp", "channels": ["mail"]}
        trust: Options = {"mail_ca_path": str(authority(tmp_path)), **short(server)}
        wanted = r"^Not everyone was notified. mail: 127.0.0.1:\d+ takes no mail\. Authentication to .* failed: 535"
        notify.tell("-vvvv", "--check", **login, **trust, failing=wanted, then=[told(would_be_mailed=who(ANNA, BJORN))])
    nowhere: Options = {"mail_host": HERE, "mail_port": 1, "channels": ["mail"]}
    notify.tell("--check", **nowhere, failing="takes no mail. Connection refused")
    with Silent() as silent:
        notify.tell(
            "--check", channels=["mail"], mail_host=HERE, mail_port=silent.port, mail_timeout=1, failing="within 1 s"
        )


def test_a_greylisting_server_says_so_of_each(notify: Notify) -> None:
    later = "451 4.7.1 Greylisted, try again later"
    with MailServer(refused={"anna@lab.example": later, "team@example.com": "550 no\x1b[2J such"}) as server:
        notify.tell(
            channels=["mail"],
            **short(server),
            mail_cc=["team@example.com", "it@example.com"],
            failing="mail: 1 people were mailed, 0 were not.*the team: team@example.com: 550 no",
            then=[
                told(mailed=who(BJORN), not_mailed=[]),
                ensure(
                    f"notify_users_told.refused[0].why == '{later}'",
                    "notify_users_told.refused[1].email == 'team@example.com'",
                    "notify_users_told.refused[1].why is search('^550 no.*such$')",
                ),
            ],
        )
    to_people, to_team = server.mails
    assert to_people.to == ["bjorn@lab.example", "qlik@example.com"]
    assert to_team.to == ["it@example.com", "qlik@example.com"]


def test_a_redirect_is_not_followed(notify: Notify) -> None:
    with Webhook((200, "ok")) as elsewhere:
        for status in (302, 307, 308):
            to = {"Location": f"{elsewhere.origin}/{SECRET}"}
            with Webhook((status, ""), headers=to) as hook:
                url: Options = {"slack_url": f"{hook.origin}/{SECRET}"}
                notify.tell("-vvvv", channels=["slack"], **url, failing=f"slack: the response was {status}")
                assert len(hook.posts) == 1
        assert (elsewhere.posts, elsewhere.others) == ([], [])


def test_a_webhook_that_says_nothing(notify: Notify) -> None:
    with Silent() as silent:
        url: Options = {"teams_url": f"http://{HERE}:{silent.port}/{SECRET}"}
        late: Options = {"webhook_timeout": 1, "failing": "teams: no answer: nothing came within 1 seconds"}
        notify.tell("-vvvv", channels=["teams"], **url, **late)


def test_no_server_is_a_failure_or_a_warning(notify: Notify) -> None:
    nowhere: Options = {"mail_host": HERE, "mail_port": 1, "mail_batch": 1, "channels": ["mail"]}
    notify.tell(**nowhere, failing="0 people were mailed, 2 were not, by way of 127.0.0.1:1. .*Connection refused")
    output = notify.tell(**nowhere, on_failure="warn", then=[ensure("notify_users_told.failures[0].channel == 'mail'")])
    assert "WARNING: Not everyone was notified. mail: 0 people were mailed" in output


def test_teams_gets_a_card_and_slack_blocks_and_neither_names_anybody(notify: Notify) -> None:
    with Webhook((202, "")) as teams, Webhook((200, "ok")) as slack:
        notify.tell(
            "-vvvv",
            channels=["teams", "slack"],
            teams_url=f"{teams.origin}/workflows/{SECRET}?{QUERY}",
            slack_url=f"{slack.origin}/services/{SECRET}",
            subject=TITLE,
            reason="<!everyone> *now*",
            then=[
                ensure(
                    "notify_users_told.webhooks | map(attribute='channel') | list == ['teams', 'slack']",
                    "notify_users_told.webhooks | map(attribute='status') | list == [202, 200]",
                    "notify_users_told.webhooks | map(attribute='told') | list == [true, true]",
                )
            ],
        )
    ((path, body),) = teams.posts
    assert path == f"/workflows/{SECRET}?{QUERY}"
    attachment = body["attachments"][0]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    site_info = attachment["content"]
    assert (site_info["type"], site_info["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in site_info["body"]} == {"RichTextBlock"}  # whose texts are no Markdown
    lines = ["".join(run["text"] for run in block["inlines"]) for block in site_info["body"]]
    assert lines[0] == TITLE
    assert "/sales (Sales & <!channel> *portal*): 3 sessions of 2 users" in lines
    assert "Why: <!everyone> *now*" in lines
    ((path, message),) = slack.posts
    assert path == f"/services/{SECRET}"
    assert TITLE in message["text"]
    blocks = [block["text"] for block in message["blocks"]]
    assert {block["type"] for block in blocks} == {"plain_text"}
    assert "/sales (Sales &amp; &lt;!channel&gt; *portal*): 3 sessions" in blocks[-1]["text"]
    assert "Why: &lt;!everyone&gt; *now*" in blocks[-2]["text"]
    for everything in (json.dumps(body), json.dumps(message)):
        assert not [word for word in ("anna", "Anna", "Bj", "lab.example", "LAB") if word in everything]


@pytest.mark.parametrize("channel", ["teams", "slack"])
def test_too_many_requests_and_a_weak_server_are_tried_again(notify: Notify, channel: str) -> None:
    with Webhook((429, "slow down PATH"), (503, ""), (200, "1")) as hook:
        url: Options = {f"{channel}_url": f"{hook.origin}/{SECRET}?{QUERY}"}
        notify.tell("-vvvv", channels=[channel], **url)
    assert len(hook.posts) == 3
    with Webhook((500, "The URL PATH has had it")) as hook:
        url = {f"{channel}_url": f"{hook.origin}/{SECRET}?{QUERY}"}
        notify.tell(
            "-vvvv",
            channels=[channel],
            webhook_retries=2,
            **url,
            failing=rf"{channel}: the response was 500, with the words: The URL \*\*\* has had it\.$",
        )
    assert len(hook.posts) == 3


@pytest.mark.parametrize(
    ("channel", "status", "words", "why"),
    [
        ("slack", 403, "invalid_token", "the response was 403, with the words: invalid_token"),
        ("slack", 202, "", "the response was 202"),
        ("teams", 302, "", "the response was 302"),
        ("teams", 400, "{{ 7 * 7 }} PATH", r"words: \{\{ 7 \* 7 \}\} \*\*\*"),
        ("teams", 200, "Webhook message delivery failed with error: ... returned HTTP error 413 ...", "error 413"),
    ],
)
def test_what_is_refused_is_a_failure_and_not_tried_again(
    notify: Notify, channel: str, status: int, words: str, why: str
) -> None:
    with Webhook((status, words)) as hook:
        url: Options = {f"{channel}_url": f"{hook.origin}/{SECRET}?{QUERY}"}
        notify.tell("-vvvv", channels=[channel], **url, failing=f"^Not everyone was notified. {channel}: .*{why}")
    assert len(hook.posts) == 1


def test_a_receiver_that_is_not_there_is_a_failure_without_the_url(notify: Notify) -> None:
    notify.tell(
        "-vvvv",
        channels=["slack"],
        slack_url=f"http://{HERE}:1/{SECRET}",
        failing="slack: no answer: .*Connection refused",
        then=[ensure("notify_users_told.webhooks[0].told is false", "notify_users_told.webhooks[0].status == -1")],
    )


def test_messages_of_the_users_own(notify: Notify, tmp_path: pathlib.Path) -> None:
    template = tmp_path / "mine.json.j2"
    template.write_text('{"text": {{ notify_users_notice.headline | to_json }}}', encoding="utf-8")
    with Webhook((200, "ok")) as hook:
        url: Options = {"slack_url": f"{hook.origin}/{SECRET}", "teams_url": f"{hook.origin}/{SECRET}"}
        mine: Options = {"slack_template": str(template), "teams_template": str(template)}
        notify.tell(channels=["slack", "teams"], **url, **mine)
    headline = "5 sessions of 5 people over 2 virtual proxies on Node2"
    assert hook.bodies == [{"text": headline}] * 2


def banners(notify: Notify) -> list[dict[str, Any]]:
    return notify.ansible.modules.control.banners()


def test_the_banner_is_shown_and_taken_away_and_no_other(notify: Notify) -> None:
    notify.ansible.modules.control.put_banners({"name": "other", "message": "Stays"})
    notify.tell(channels=["banner"], key="Node2", when="today")
    (mine,) = [banner for banner in banners(notify) if banner["name"] != "other"]
    assert mine["name"] == "qlikops.sense Node2"
    assert mine["message"].startswith("Qlik Sense is being maintained today. ")
    notify.tell(channels=["banner"], key="Node2", when="today", then=[told(failures=[])])
    assert len(banners(notify)) == 2  # again is not another one
    notify.tell(channels=["banner"], state="absent", key="Node2", then=[told(banner={})])
    assert [banner["name"] for banner in banners(notify)] == ["other"]
    notify.tell(channels=["banner"], state="absent", key="Node2")


def test_taking_the_banner_away_tells_nobody_and_remembers_who_was(notify: Notify) -> None:
    with MailServer() as server:
        again: dict[str, Any] = {
            "ansible.builtin.include_role": {"name": "qlikops.sense.notify_users"},
            "vars": {"notify_users_channels": ["banner", "mail"], "notify_users_state": "absent"},
        }
        notify.tell(
            channels=["banner", "mail"], **short(server), then=[again, told(mailed=who(ANNA, BJORN), banner={})]
        )
    assert len(server.mails) == 1
    assert banners(notify) == []


def test_a_banner_that_cannot_be_taken_away_is_a_failure_or_a_warning(notify: Notify) -> None:
    control = notify.ansible.modules.control
    control.put_banners({"name": "qlikops.sense Node2", "message": "Stuck"})
    control.fault("status", method="DELETE", path="custombannermessage", status=500)
    gone: Options = {"channels": ["banner"], "state": "absent", "key": "Node2"}
    notify.tell(**gone, failing="^Not everyone was notified. banner: .*500")
    output = notify.tell(**gone, on_failure="warn", then=[ensure("notify_users_told.failures[0].channel == 'banner'")])
    assert "WARNING: " in output


def test_in_check_mode_nobody_is_told_and_it_says_who_would_be(notify: Notify, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text('- ansible.builtin.fail: {msg: "told"}\n', encoding="utf-8")
    with MailServer() as server, Webhook((200, "ok")) as hook:
        output = notify.tell(
            "--check",
            channels=["banner", "mail", "teams", "slack", str(file)],
            **short(server),
            mail_cc=["team@example.com"],
            teams_url=f"{hook.origin}/{SECRET}?{QUERY}",
            slack_url=f"{hook.origin}/{SECRET}",
            subject=TITLE,
            then=[
                told(mailed=[], would_be_mailed=who(ANNA, BJORN), webhooks=[], files=[], failures=[], check_mode=True),
                ensure("notify_users_told.banner.name == 'qlikops.sense localhost'"),
            ],
        )
    assert server.mails == []
    assert hook.posts == []
    assert banners(notify) == []
    assert notify.ansible.modules.control.writes() == []
    assert "Would be mailed: 2, by 2 mails through 127.0.0.1, one of them to the team" in output
    assert "Björn 山田 bjorn@lab.example" in output
    assert "application/vnd.microsoft.card.adaptive" in output
    assert '"plain_text"' in output


def test_a_task_file_of_the_users_sees_it_all_and_its_failure_counts(notify: Notify, tmp_path: pathlib.Path) -> None:
    notify.reading = "from_json"
    seen = ensure("notify_users_report.users | length == 5", "notify_users_notice.nodes == ['Node2']")
    file = tmp_path / "mine.yml"
    file.write_text(json.dumps([seen]), encoding="utf-8")
    notify.tell(channels=[str(file)], then=[told(files=[str(file)], check_mode=False)])
    file.write_text(json.dumps([{"ansible.builtin.fail": {"msg": "No pigeons"}}]), encoding="utf-8")
    notify.tell(channels=[str(file), "banner"], failing="mine.yml: No pigeons.$")
    assert len(banners(notify)) == 1


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"channels": ["pigeon", "banner"]}, "it can't have pigeon"),
        ({"channels": ["banner", "mail"], "mail_from": ""}, "needs notify_users_mail_from"),
        ({"channels": ["banner", "mail"], "mail_attach": ["/a.html"]}, "Set notify_users_mail_cc, too"),
        ({"channels": ["banner", "mail"], "mail_username": "me"}, "needed together"),
        ({"channels": ["banner", "teams"]}, "channel teams needs notify_users_teams_url"),
        ({"channels": ["banner", "slack"], "slack_url": SECRET}, "slack"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anybody_is_told(
    notify: Notify, variables: dict[str, Any], message: str
) -> None:
    notify.tell("-vvvv", **variables, on_failure="warn", failing=message)
    assert banners(notify) == []


def test_everything_that_is_wrong_is_listed_at_once_by_the_check_alone(notify: Notify) -> None:
    wrong: Options = {
        "notify_users_channels": ["pigeon", "mail", "teams", "/no/such/file.yml"],
        "notify_users_mail_host": "",
        "notify_users_mail_from": "a@b\r\nBcc: c@d",
        "notify_users_mail_headers": ["X-A=1", "Bcc=c@d", "X-B=2\r\nBcc: c@d"],
        "notify_users_mail_template": "/no/such/template.j2",
        "notify_users_mail_batch": 0,
    }
    role = {"name": "qlikops.sense.notify_users", "tasks_from": "check"}
    check: dict[str, Any] = {"ansible.builtin.include_role": role, "vars": wrong}
    lines = [
        "it can't have pigeon",
        "notify_users_mail_batch is 0. The least is 1",
        "needs notify_users_mail_host",
        "needs notify_users_mail_from",
        "notify_users_mail_headers can't set Bcc",
        "not name=value on one line",
        "needs notify_users_teams_url",
        "notify_users_mail_template: there is no file /no/such/template.j2",
        "there is no task file /no/such/file.yml",
    ]
    rescue = [
        ensure(
            "ansible_failed_result.problems | length == 9",
            *(f'"{line}" in ansible_failed_result.msg' for line in lines),
        )
    ]
    never = {"ansible.builtin.fail": {"msg": "The check found nothing"}}
    notify.ansible.play([{"block": [check, never], "rescue": rescue}], environment=notify.collections, vars=VARIABLES)
    good: dict[str, Any] = {**check, "vars": {"notify_users_channels": "banner"}}
    notify.ansible.play([good], environment=notify.collections, vars=VARIABLES)
    assert banners(notify) == []


@pytest.mark.parametrize(
    ("channel", "given", "message"),
    [
        ("mail", {}, "mail needs notify_users_report"),
        ("mail", {**PEOPLE, "pseudonyms": True}, "pseudonyms, so nobody in it has an address"),
        ("teams", {}, "teams needs notify_users_report"),
    ],
)
def test_what_needs_a_report_says_so(notify: Notify, channel: str, given: dict[str, Any], message: str) -> None:
    url: Options = {"teams_url": f"http://{HERE}:1/{SECRET}"}
    notify.reading = "from_json"
    notify.tell(channels=[channel], report=given, **url, failing=f"{channel}: .*{message}")
