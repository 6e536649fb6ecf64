# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one hierarchy of errors. Utilities raise them; only ``_module`` turns them into a module's failure."""

from __future__ import annotations

import unicodedata
from typing import Any

LONGEST = 4000
# Control characters, invisible marks such as those that turn the direction of writing, halves of characters, line ends.
NOT_PRINTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# No answer, and yet the request may have reached the service.
PERHAPS_OBEYED = frozenset({"connection_lost", "timeout", "damaged_answer"})
IN_TROUBLE = frozenset({502, 503, 504})


class QlikError(Exception):
    """Something a person has to know.

    ``kind`` is a word for programs, ``reason`` says what happened, ``hint`` says what would be right.
    None of the three ever holds a key, an xrfkey or a session id.
    """

    def __init__(self, kind: str, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = printable(reason)
        self.hint = printable(hint)

    def __str__(self) -> str:
        return f"{self.reason} {self.hint}".rstrip()

    @property
    def is_unreachable(self) -> bool:
        """No answer came from the service, so the next request to it would fare no better."""
        return False

    @property
    def is_clear_no(self) -> bool:
        """The service has refused, or never got the request, so that everything is as it was."""
        return True

    def details(self) -> dict[str, Any]:
        """The same for programs, as plain values."""
        return {"kind": self.kind, "reason": self.reason, "hint": self.hint}


def printable(text: str) -> str:
    """The text without what could do more to a terminal than to be read, and without the middle of a very long one."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}...{text[-LONGEST // 4 :]}"
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in NOT_PRINTED else char for char in text)


class BadOption(QlikError):
    """An option holds something that can't be meant."""

    def __init__(self, option: str, reason: str, hint: str = "") -> None:
        super().__init__("bad_option", f"{option}: {reason}", hint)
        self.option = option


def require_range(option: str, value: float, least: float, most: float) -> None:
    """Raises BadOption for a number outside."""
    if not least <= value <= most:
        size = "small" if value < least else "large"
        raise BadOption(option, f"{value} is too {size}.", f"The least is {least}, the most {most}.")


class Refused(QlikError):
    """The collection declines to act, before anything was changed."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__("refused", reason, hint)


class MissingNotProven(QlikError):
    """Users are to be selected because QRS does not know them, and it may just not show them."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__("missing_not_proven", reason, hint)


class RequestFailed(QlikError):
    """A request to a Qlik service did not bring what it was sent for.

    ``status`` and ``words`` are the server's, where it answered at all.
    """

    def __init__(
        self,
        kind: str,
        reason: str,
        hint: str = "",
        *,
        request: str,
        status: int | None = None,
        words: str = "",
    ) -> None:
        super().__init__(kind, f"{request}: {reason}", hint)
        self.request = request
        self.status = status
        self.words = printable(words)

    @property
    def is_unreachable(self) -> bool:
        return self.status is None

    @property
    def is_in_trouble(self) -> bool:
        """The service, or what stands before it, says that it cannot answer now."""
        return self.status in IN_TROUBLE

    @property
    def is_not_found(self) -> bool:
        """The service knows no such path or object."""
        return self.status == 404

    @property
    def may_have_been_obeyed(self) -> bool:
        """Nobody knows whether the service has done what it was sent."""
        return self.kind in PERHAPS_OBEYED

    @property
    def is_clear_no(self) -> bool:
        if self.status is None:
            return not self.may_have_been_obeyed
        return 400 <= self.status < 500

    def details(self) -> dict[str, Any]:
        return {**super().details(), "request": self.request, "status": self.status, "words": self.words}
