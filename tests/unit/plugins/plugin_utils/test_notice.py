# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who gets which mail, what came of them, and what the words are."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import mailbox, usable
from ansible_collections.qlikops.sense.plugins.plugin_utils import _notice
from ansible_collections.qlikops.sense.plugins.plugin_utils._notice import letters as letters_of
from ansible_collections.qlikops.sense.plugins.plugin_utils._notice import recipients
from ansible_collections.qlikops.sense.plugins.plugin_utils._told import lines, mailed, sentence, told
from ansible_collections.qlikops.sense.tests.unit.plugins.strategies import HOSTILE, names

Outcome = dict[str, Any]


def notice(**asked: str) -> dict[str, Any]:
    words = dict.fromkeys(("subject", "message", "when", "reason", "contact"), "")
    return _notice.notice({}, {**words, **asked})


def letters(who: dict[str, Any], mode: str = "bcc", batch: int = 50, team: bool = False) -> list[dict[str, Any]]:
    return letters_of(who, mode, batch, team)


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


def addressed(made: list[dict[str, Any]]) -> list[str]:
    return [address for letter in made for address in (*letter["to"], *letter["bcc"])]


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
def test_every_address_is_in_exactly_one_mail(emails: list[str], batch: int, mode: str) -> None:
    who = recipients(user("u", email) for email in emails)
    made = letters(who, mode, batch, team=True)
    assert addressed(made) == [person["email"] for person in who["recipients"]]
    assert len({address.casefold() for address in addressed(made)}) == len(addressed(made))
    assert all(len(letter["bcc"]) <= batch and len(letter["to"]) <= 1 for letter in made)
    assert [letter["team"] for letter in made] == [False] * (len(made) - 1) + [True]
    assert len(emails) == sum(len(person["users"]) for person in who["recipients"]) + len(who["unusable"])


def test_who_is_addressed_how() -> None:
    who = found("a@x", "b@x", "c@x")
    each = letters(who, "each")
    assert [(letter["to"], letter["bcc"], letter["person"]["email"]) for letter in each] == [
        (["a@x"], [], "a@x"),
        (["b@x"], [], "b@x"),
        (["c@x"], [], "c@x"),
    ]
    first, second = letters(who, "bcc", 2)
    assert (first["to"], first["bcc"], first["person"], first["label"]) == ([], ["a@x", "b@x"], {}, "2 people")
    assert (second["bcc"], second["label"]) == (["c@x"], "c@x")
    assert letters(found()) == []
    (team,) = letters(found(), "each", team=True)
    assert (team["team"], team["label"], team["to"], team["bcc"]) == (True, "the team", [], [])


def emails(people: list[dict[str, Any]]) -> list[str]:
    return [person["email"] for person in people]


def outcome(failure: str = "", tried: bool = True, **refused: str) -> Outcome:
    return {"refused": {f"{name}@x": why for name, why in refused.items()}, "failure": failure, "tried": tried}


def test_what_came_of_the_mails() -> None:
    who = found("a@x", "b@x", "c@x", "d@x", "e@x")
    some, broken, not_tried = outcome(a="550 no such user"), outcome("it closed the connection"), outcome(tried=False)
    came = mailed(who, letters(who, "bcc", 2), [some, broken, not_tried])
    assert emails(came["mailed"]) == ["b@x"]
    assert came["refused"] == [{"user": "LAB\\a", "name": "A", "email": "a@x", "why": "550 no such user"}]
    assert emails(came["not_mailed"]) == ["c@x", "d@x", "e@x"]
    assert came["failures"] == ["2 people: it closed the connection"]


def test_a_mail_whose_only_recipient_is_refused_is_no_failure_unless_all_are() -> None:
    who = found("a@x", "b@x")
    made = letters(who, "each")
    came = mailed(who, made, [outcome(a="550 no"), outcome()])
    assert (emails(came["refused"]), emails(came["mailed"]), came["failures"]) == (["a@x"], ["b@x"], [])
    nobody = mailed(who, made, [outcome(a="550 no"), outcome(b="451 later")])
    assert nobody["failures"] == ["The server accepted none of the addresses: 550 no"]


def test_the_team_that_is_refused_is_a_failure_and_a_copy_for_the_sender_is_not() -> None:
    who = found("a@x")
    made = letters(who, team=True)
    came = mailed(who, made, [outcome(sender="550 no"), outcome(team="550 no")])
    assert came["failures"] == ["the team: team@x: 550 no"]
    assert [(one["user"], one["email"]) for one in came["refused"]] == [("", "sender@x"), ("", "team@x")]
    assert emails(came["mailed"]) == ["a@x"]


names_of_outcomes = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=6, max_size=6)


@given(names_of_outcomes, st.integers(1, 3), st.sampled_from(["each", "bcc"]))
def test_everybody_is_mailed_or_refused_or_not_mailed(
    fates: list[tuple[bool, bool, bool]], batch: int, mode: str
) -> None:
    who = found("a@x", "b@x", "c@x", "d@x", "e@x", "f@x")
    made = letters(who, mode, batch)
    outcomes = []
    for letter, (fails, is_tried, refuses) in zip(made, fates, strict=False):
        first = (*letter["to"], *letter["bcc"])[0]
        refused = {first: "550"} if refuses and is_tried else {}
        outcomes.append({"refused": refused, "failure": "x" if fails and is_tried else "", "tried": is_tried})
    came = mailed(who, made, outcomes)
    counted = emails(came["mailed"]) + emails(came["refused"]) + emails(came["not_mailed"])
    assert sorted(counted) == emails(who["recipients"])


def test_a_module_that_breaks_leaves_nobody_told_on_any_channel() -> None:
    who, posts = found("a@x"), [{"channel": "slack", "body": {}}]
    came = told(who, letters(who), posts, {"broken": "No Python there."}, "mail.example.com:25")
    assert emails(came["not_mailed"]) == ["a@x"]
    assert [one["channel"] for one in came["failures"]] == ["mail", "slack"]
    assert came["webhooks"] == [{"channel": "slack", "told": False, "status": -1, "why": "No Python there."}]
    assert sentence(came["failures"]) == (
        "Not everyone was notified. mail: 0 people were mailed, 1 were not, by way of mail.example.com:25."
        " No Python there. slack: No Python there."
    )


def test_the_screen_is_short() -> None:
    who = recipients([*(user(f"u{number}") for number in range(60)), user("a", "a@x")])
    came = told(who, letters(who), [], {"mail": {"outcomes": [outcome(a="550 no")], "failure": ""}}, "m:25")
    shown = lines(who, came, 1, "m", team=False)
    assert shown[0] == "Without a usable address: 60"
    assert shown[51:] == ["and more", "Refused by m: 1", "a@x: 550 no"]


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [("a@b", "", "a@b"), ("Team <a@b>", "Team", "a@b"), ('"Te, am" <a@b>', "Te, am", "a@b")],
)
def test_mailboxes(text: str, name: str, address: str) -> None:
    found_one = mailbox(text)
    assert found_one is not None
    assert (found_one.name, found_one.address) == (name, address)


@pytest.mark.parametrize("text", ["", "Team", "a@b, c@d", "Team <>", "a@b\r\nBcc: c@d", "Te\nam <a@b>"])
def test_what_is_no_mailbox(text: str) -> None:
    assert mailbox(text) is None


def test_words_are_those_asked_for_or_the_own_ones() -> None:
    own = notice()
    assert own["subject"] == "Maintenance of Qlik Sense"
    assert own["message"].startswith("Qlik Sense is being maintained now. ")
    assert (own["recipients"], own["headline"], own["observed_at"], own["pseudonyms"]) == ([], "", "", False)
    assert notice(when="on Sunday")["subject"] == "Maintenance of Qlik Sense on Sunday"
    asked = notice(subject=" a\r\nBcc: b ", message=" Wartung \n", reason="r", contact="c")
    assert [asked[key] for key in ("subject", "message", "reason", "contact")] == ["a Bcc: b", "Wartung", "r", "c"]


@given(names)
def test_names_end_no_header_and_move_no_cursor(name: str) -> None:
    one = {**user("x", "a@x"), "name": name}
    assert recipients([one])["recipients"][0]["name"].isprintable()
