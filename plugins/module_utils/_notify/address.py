# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an e-mail address is, and how to take one out of ``Name <address>``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import getaddresses

# What stands before the @ without quotes; anything else could be read as two addresses, or as a name with one.
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


@dataclass(frozen=True)
class Mailbox:
    """An address as SMTP takes it, and the name that stands before it."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def as_header(self) -> Address:
        return Address(display_name=self.name, addr_spec=self.address)


def usable(email: str) -> str:
    """The address as SMTP takes it, or nothing if it is none.

    Domain names may be in any script. What stands before the @ may not, because few servers take that.
    """
    local, at, domain = email.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    is_one = at and len(local) <= 64 and LOCAL_PART.fullmatch(local) and DOMAIN.fullmatch(domain)
    return f"{local}@{domain}" if is_one else ""


def mailbox(text: str) -> Mailbox | None:
    """``a@b.example`` or ``Name <a@b.example>`` as a mailbox; None for anything else."""
    if any(char in text for char in "\r\n\0"):
        return None
    all_of_them = [("", text)] if usable(text) else getaddresses([text])
    name, found = all_of_them[0] if len(all_of_them) == 1 else ("", "")
    address = usable(found)
    return Mailbox(one_line(name), address) if address else None


def one_line(text: str) -> str:
    """Without line breaks and whatever else could end a header, move a cursor or turn the direction of writing."""
    return "".join(char if char.isprintable() else "�" for char in " ".join(text.split()))


def is_one_line(text: str) -> bool:
    """Whether nothing in it ends a line, or is no character to read."""
    return text.isprintable()
