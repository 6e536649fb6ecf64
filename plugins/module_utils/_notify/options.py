# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module notify: which there are, and everything that is wrong with those given, at once. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.qlikops.sense.plugins.module_utils._notify.address import is_one_line, mailbox
from ansible_collections.qlikops.sense.plugins.module_utils._notify.mail_server import MailServer
from ansible_collections.qlikops.sense.plugins.module_utils._notify.webhook import Webhook

Options = Mapping[str, Any]
OWN = ("mail", "teams", "slack")
WEBHOOKS = ("teams", "slack")
KNOWN = ("banner", *OWN)
RANGES = {
    "mail_port": (1, 65535),
    "mail_timeout": (1, 3600),
    "mail_batch": (1, 10_000),
    "webhook_timeout": (1, 3600),
    "webhook_retries": (0, 100),
    "webhook_delay": (0, 3600),
}
HEADER_NAME = re.compile(r"[!-9;-~]+")
# What other options say, or what makes the mail readable.
RESERVED_HEADERS = frozenset({"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version"})


def notify_spec() -> dict[str, dict[str, Any]]:
    return {
        "channels": {"type": "list", "elements": "str", "default": []},
        "report": {"type": "raw"},
        "subject": {"type": "str"},
        "text": {"type": "str"},
        "when": {"type": "str"},
        "reason": {"type": "str"},
        "contact": {"type": "str"},
        "mail_host": {"type": "str"},
        "mail_port": {"type": "int", "default": 25},
        "mail_secure": {"type": "str", "choices": ["always", "never", "starttls", "try"]},
        "mail_username": {"type": "str"},
        "mail_password": {"type": "str", "no_log": True},
        "mail_ca_path": {"type": "path"},
        "mail_validate_certs": {"type": "bool", "default": True},
        "mail_timeout": {"type": "int", "default": 20},
        "mail_from": {"type": "str"},
        "mail_cc": {"type": "list", "elements": "str", "default": []},
        "mail_mode": {"type": "str", "choices": ["bcc", "each"], "default": "bcc"},
        "mail_batch": {"type": "int", "default": 50},
        "mail_subject": {"type": "str"},
        "mail_template": {"type": "path"},
        "mail_attach": {"type": "list", "elements": "path", "default": []},
        "mail_headers": {"type": "list", "elements": "str", "default": ["Auto-Submitted=auto-generated"]},
        "teams_url": {"type": "str", "no_log": True},
        "teams_template": {"type": "path"},
        "slack_url": {"type": "str", "no_log": True},
        "slack_template": {"type": "path"},
        "webhook_timeout": {"type": "int", "default": 30},
        "webhook_retries": {"type": "int", "default": 3},
        "webhook_delay": {"type": "int", "default": 10},
        "on_failure": {"type": "str", "choices": ["fail", "continue"], "default": "fail"},
        "validate_only": {"type": "bool", "default": False},
        "option_prefix": {"type": "str", "default": ""},
        # Names and addresses of people have no place in the log of the host that sends them.
        "prepared": {"type": "dict", "no_log": True},
    }


def left(channels: list[str]) -> list[str]:
    """The channels that are not for this module: the banner, and task files."""
    return [channel for channel in channels if channel not in OWN]


def problems(options: Options) -> list[str]:
    """A sentence for everything that makes a channel impossible; empty if there is nothing. Names no secret."""
    prefix = options["option_prefix"] or ""
    found = list(_of_channels(options, prefix))
    found += [
        f"{prefix}{option} is {options[option]}. The least is {least}, the most {most}."
        for option, (least, most) in RANGES.items()
        if not least <= options[option] <= most
    ]
    if "mail" in options["channels"]:
        found += _of_mail(options, prefix)
    for channel in WEBHOOKS:
        if channel in options["channels"] and not _is_url(options[f"{channel}_url"] or ""):
            # Not what it is instead: whoever has the URL may post.
            found.append(
                f"The channel {channel} needs {prefix}{channel}_url, the URL of a webhook, which begins with https://."
            )
    return found


def _of_channels(options: Options, prefix: str) -> Iterator[str]:
    unknown = [name for name in options["channels"] if name not in KNOWN and not name.startswith(("/", "~"))]
    if unknown:
        yield (
            f"{prefix}channels takes {', '.join(KNOWN)} and absolute paths of task files; it can't have"
            f" {', '.join(unknown)}."
        )


def _of_mail(options: Options, prefix: str) -> Iterator[str]:
    host = options["mail_host"] or ""
    if not host:
        yield f"The channel mail needs {prefix}mail_host, the mail server."
    elif len(host.split()) != 1 or not is_one_line(host):
        yield f"{prefix}mail_host has a blank or a control character in it."
    sender = options["mail_from"] or ""
    if not mailbox(sender):
        yield (
            f"The channel mail needs {prefix}mail_from, the address that mails come from, such as qlik@example.com."
            f" It is {sender or 'nothing'}."
        )
    for text in options["mail_cc"]:
        if not mailbox(text):
            yield f"{prefix}mail_cc has {text}, which is not an address."
    if options["mail_attach"] and not options["mail_cc"]:
        yield (
            f"{prefix}mail_attach goes with the mail to the team alone, because a report names everybody who is"
            f" connected. Set {prefix}mail_cc, too."
        )
    if bool(options["mail_username"]) != bool(options["mail_password"]):
        yield f"{prefix}mail_username and {prefix}mail_password are needed together."
    for header in options["mail_headers"]:
        name, equals, value = header.partition("=")
        if not (equals and HEADER_NAME.fullmatch(name.strip()) and is_one_line(value)):
            yield f"{prefix}mail_headers has {header}, which is not name=value on one line."
        elif name.strip().lower() in RESERVED_HEADERS or name.strip().lower().startswith("content-"):
            yield f"{prefix}mail_headers can't set {name.strip()}."


def _is_url(url: str) -> bool:
    if not re.match(r"https?://.", url) or not is_one_line(url) or len(url.split()) != 1:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def mail_server(options: Options) -> MailServer:
    username = options["mail_username"] or ""
    return MailServer(
        host=options["mail_host"],
        port=options["mail_port"],
        # A password is not sent in the clear unless somebody says so.
        secure=options["mail_secure"] or ("starttls" if username else "try"),
        username=username,
        password=options["mail_password"] or "",
        timeout=options["mail_timeout"],
        ca_path=options["mail_ca_path"] or "",
        validate_certs=options["mail_validate_certs"],
    )


def webhook(options: Options, channel: str) -> Webhook:
    return Webhook(
        channel,
        options[f"{channel}_url"],
        options["webhook_timeout"],
        options["webhook_retries"],
        options["webhook_delay"],
    )


def headers(options: Options) -> list[tuple[str, str]]:
    """The additional headers of mails, as name and value."""
    split = (header.partition("=") for header in options["mail_headers"])
    return [(name.strip(), value.strip()) for name, _equals, value in split]
