# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who gets which mail, what became of them, and what the words are."""

from __future__ import annotations

import json
from email.utils import parseaddr
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.filter.notice import notice
from ansible_collections.qlikops.sense.plugins.filter.notice_letters import notice_letters
from ansible_collections.qlikops.sense.plugins.filter.notice_mailed import notice_mailed
from ansible_collections.qlikops.sense.plugins.plugin_utils._notice import recipients, usable
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE, names

LETTER = "__notify_users_letter"


def user(name: str, *emails: str, kind: str = "person", prefixes: tuple[str, ...] = ("sales",)) -> dict[str, Any]:
    return {
        "user": f"LAB\\{name}",
        "name": name.title(),
        "emails": list(emails),
        "kind": kind,
        "virtual_proxies": list(prefixes),
        "nodes": ["Node2"],
        "elsewhere": [{"virtual_proxy": "", "node": "Central"}],
    }


def found(*addresses: str) -> dict[str, Any]:
    return recipients(user(address.partition("@")[0], address) for address in addresses)


def addressed(letters: list[dict[str, Any]]) -> list[str]:
    return [address for letter in letters for address in (*letter["to"], *letter["bcc"])]


def test_people_with_an_address_get_a_mail_and_others_are_listed() -> None:
    who = recipients(
        [
            user("anna", "anna@lab.example", "second@lab.example"),
            user("robot", "robot@lab.example", kind="service"),
            user("nobody", kind="anonymous"),
            user("zoran"),
            user("bad", "not an address"),
        ]
    )
    (anna,) = who["recipients"]
    assert (anna["user"], anna["name"], anna["email"]) == ("LAB\\anna", "Anna", "anna@lab.example")
    assert (anna["virtual_proxies"], anna["nodes"], anna["elsewhere"]) == (["/sales"], ["Node2"], ["/ on Central"])
    assert who["without_email"] == [{"user": "LAB\\zoran", "name": "Zoran"}]
    assert who["unusable"] == [{"user": "LAB\\bad", "name": "Bad", "email": "not an address"}]


def test_accounts_with_one_address_share_a_mail_that_has_all_of_theirs() -> None:
    (anna,) = recipients([user("anna", "a@x.example"), user("anna2", "A@X.example", prefixes=("", "sales"))])[
        "recipients"
    ]
    assert anna["users"] == ["LAB\\anna", "LAB\\anna2"]
    assert anna["virtual_proxies"] == ["/sales", "/"]
    assert anna["elsewhere"] == ["/ on Central"]


@pytest.mark.parametrize("email", ["a@b.example", "o'b+x%y@b-c.d.example", "root@localhost", " a@b.example "])
def test_addresses_that_are_some(email: str) -> None:
    assert usable(email) == email.strip()


def test_names_of_domains_may_be_in_any_script() -> None:
    assert usable("max@müller.example") == "max@xn--mller-kva.example"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b@c",
        "a,b@c",
        "a@b,c@d",
        "A <a@b>",
        "a@b\n",
        "a\n@b",
        "a@b\r\nRCPT TO:<c@d>",
        '"a"@b',
        ".a@b",
        "a..b@c",
        "a@-b",
        "a@b..c",
        "a@b_c",
        "é@b",
        "a@" + "x" * 64,
        "a" * 65 + "@b",
        "a@\u2028b",
        "a@" + "ü" * 100,
    ],
)
def test_addresses_that_are_none(email: str) -> None:
    assert usable(email) in ("", "a@b")
    assert usable(email) == "" or email.strip() == "a@b"


@given(st.text(st.one_of(st.sampled_from("ab@.-" + HOSTILE), st.characters(exclude_categories=["Cs"])), max_size=20))
def test_what_is_taken_for_an_address_is_one_and_nothing_else(email: str) -> None:
    address = usable(email)
    if address:
        assert address.isascii()
        assert address.isprintable()
        assert not set(address) & set(' ,;:<>()[]\\"')
        assert parseaddr(address) == ("", address)
        assert address.count("@") == 1


@given(st.lists(st.text("abc@. \n", max_size=6), max_size=12), st.integers(1, 5), st.sampled_from(["each", "bcc"]))
def test_every_address_is_in_exactly_one_mail(emails: list[str], bunch: int, mode: str) -> None:
    who = recipients(user("u", email) for email in emails)
    letters = notice_letters(who, mode, bunch, team=True)
    assert addressed(letters) == [person["email"] for person in who["recipients"]]
    assert len({address.casefold() for address in addressed(letters)}) == len(addressed(letters))
    assert all(len(letter["bcc"]) <= bunch and len(letter["to"]) <= 1 for letter in letters)
    assert [letter["team"] for letter in letters] == [False] * (len(letters) - 1) + [True]
    assert len(emails) == sum(len(person["users"]) for person in who["recipients"]) + len(who["unusable"])


def test_who_is_addressed_how() -> None:
    who = found("a@x", "b@x", "c@x")
    each = notice_letters(who, "each")
    assert [(letter["to"], letter["bcc"], letter["person"]["email"]) for letter in each] == [
        (["a@x"], [], "a@x"),
        (["b@x"], [], "b@x"),
        (["c@x"], [], "c@x"),
    ]
    first, second = notice_letters(who, "bcc", 2)
    assert (first["to"], first["bcc"], first["person"], first["label"]) == ([], ["a@x", "b@x"], {}, "2 people")
    assert (second["bcc"], second["label"]) == (["c@x"], "c@x")
    assert notice_letters(found()) == []
    (team,) = notice_letters(found(), "each", team=True)
    assert (team["team"], team["label"], team["to"], team["bcc"]) == (True, "the team", [], [])


def sent(letters: list[dict[str, Any]], *results: dict[str, Any]) -> list[dict[str, Any]]:
    return [{LETTER: letter, **result} for letter, result in zip(letters, results, strict=True)]


def emails(people: list[dict[str, Any]]) -> list[str]:
    return [person["email"] for person in people]


GONE: dict[str, Any] = {"msg": "Mail sent successfully", "result": {}}
REFUSED = "Failed to send mail to 'a@x, b@x': {'a@x': (550, b'no such user')}"


def test_what_became_of_the_mails() -> None:
    who = found("a@x", "b@x", "c@x", "d@x", "e@x")
    letters = notice_letters(who, "bcc", 2)
    some = {"msg": "Failed to send mail to at least one recipient", "result": {"a@x": [550, "no such user"]}}
    broken = {"failed": True, "msg": "Failed to send mail to 'c@x, d@x': Connection unexpectedly closed"}
    came = notice_mailed(who, sent(letters, some, broken, {"skipped": True}))
    assert emails(came["mailed"]) == ["b@x"]
    assert came["refused"] == [{"user": "LAB\\a", "name": "A", "email": "a@x", "why": "550 no such user"}]
    assert emails(came["not_mailed"]) == ["c@x", "d@x", "e@x"]
    assert came["failures"] == ["2 people: Failed to send mail to 'c@x, d@x': Connection unexpectedly closed"]


@pytest.mark.parametrize("prefix", ["", "Task failed: Module failed: ", "Task failed: "])
def test_a_mail_whose_only_recipient_is_refused_is_no_failure_unless_all_are(prefix: str) -> None:
    who = found("a@x", "b@x")
    letters = notice_letters(who, "each")
    refused = {"failed": True, "msg": prefix + REFUSED}
    came = notice_mailed(who, sent(letters, refused, GONE))
    assert (emails(came["refused"]), emails(came["mailed"]), came["failures"]) == (["a@x"], ["b@x"], [])
    assert "550" in came["refused"][0]["why"]
    assert notice_mailed(who, sent(letters, refused, refused))["failures"][0].startswith("The server took none")


def test_the_team_that_is_refused_is_a_failure() -> None:
    who = found("a@x")
    letters = notice_letters(who, team=True)
    some = {"msg": "Failed to send mail to at least one recipient", "result": {"team@x": [550, "no"]}}
    assert notice_mailed(who, sent(letters, GONE, some))["failures"] == ["the team: team@x: 550 no"]
    all_of_it = {"msg": REFUSED}
    assert notice_mailed(who, sent(letters, GONE, all_of_it))["failures"][0].startswith("the team: the addresses: {")


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"msg": "MODULE FAILURE\nSee stderr", "module_stderr": "Traceback\n  x\nOSError: no\n"}, "OSError: no"),
        ({"msg": "Task failed: Module failed: [Errno 111] no"}, "[Errno 111] no"),
        ({}, "see its result"),
    ],
)
def test_why_it_broke_off(result: dict[str, Any], why: str) -> None:
    who = found("a@x")
    came = notice_mailed(who, sent(notice_letters(who), result))
    assert (came["failures"], emails(came["not_mailed"])) == ([f"a@x: {why}"], ["a@x"])


def test_nothing_sent_is_nobody_mailed() -> None:
    came = notice_mailed(found("a@x"), [])
    assert (came["mailed"], came["failures"], emails(came["not_mailed"])) == ([], [], ["a@x"])


def test_words_are_those_asked_for_or_the_own_ones() -> None:
    own = notice({})
    assert own["subject"] == "Maintenance of Qlik Sense"
    assert own["message"].startswith("Qlik Sense is being maintained now. ")
    assert (own["recipients"], own["headline"], own["observed_at"], own["pseudonyms"]) == ([], "", "", False)
    assert notice({}, when="on Sunday")["subject"] == "Maintenance of Qlik Sense on Sunday"
    asked = notice({}, subject=" a\r\nBcc: b ", message=" Wartung \n", reason="r", contact="c")
    assert [asked[key] for key in ("subject", "message", "reason", "contact")] == ["a Bcc: b", "Wartung", "r", "c"]


@given(names)
def test_names_end_no_header_and_move_no_cursor(name: str) -> None:
    one = {**user("x", "a@x"), "name": name}
    assert recipients([one])["recipients"][0]["name"].isprintable()


@pytest.mark.parametrize("report", [[1], "text", {"title": "x"}, json.dumps([])])
def test_what_is_no_report_is_refused(report: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="not a report of session_report"):
        notice(report)


def test_what_is_no_notice_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not what the filter notice makes"):
        notice_letters({})
    with pytest.raises(AnsibleFilterError, match=r"mode must be bcc or each\. It is all"):
        notice_letters(found(), "all")
    with pytest.raises(AnsibleFilterError, match=r"bunch must be 1 or more\. It is 0"):
        notice_letters(found(), bunch=0)
    with pytest.raises(AnsibleFilterError, match="there is no 'recipients'"):
        notice_mailed({}, [])
