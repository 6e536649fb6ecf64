# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns an answer that nobody wanted into words that help the person who has to mend it.

Where the texts rest on a fact about Qlik, its evidence grade stands beside it.
"""

from __future__ import annotations

import re
from http.client import responses

from ansible_collections.qlikops.sense.plugins.module_utils._errors import RequestFailed

LONGEST_QUOTE = 300
DAMAGED = (
    "Try again. If that does not help, see the log of the service, and what is between the controller and the node."
)
PORTS = "QRS is asked on 4242 (qrs_port), the proxy services on 4243 (qps_port); 443 is the users' port."


def explain_answer(request: str, status: int, words: str, location: str, api_user: str) -> RequestFailed:
    """For an answer with a status that nobody wanted."""
    words = _quoted(words)
    reason = f"the response was {status} {responses.get(status, '')}".rstrip()
    if location:
        reason += f", which leads to {_quoted(location)}"
    if words:
        reason += f", with the words: {words}"
    kind, hint = _kind_and_hint(status, words, api_user)
    return RequestFailed(kind, f"{reason}.", hint, request=request, status=status, words=words)


def _kind_and_hint(status: int, words: str, api_user: str) -> tuple[str, str]:
    lowered = words.lower()
    if status == 403 and "xsrf" in lowered:  # L
        return (
            "xrfkey_refused",
            "The xrfkey was sent as a header and in the query; something between here and the node takes one of them"
            " away. Connect to the node itself, or see use_proxy and host_map.",
        )
    if "too many sessions" in lowered:  # D, in parts
        return (
            "too_many_sessions",
            f"A user may have five sessions at most, and {api_user} has them. End some, or wait until they time out; it"
            " takes up to five minutes more until Qlik lets the user in again. QRS on its own port opens no session.",
        )
    if status == 403 and "inactive" in lowered:  # D, L
        return "user_inactive", f"{api_user} is inactive in the QMC. Activate it, or name another api_user."
    if status == 403:  # L: the same answer for a missing certificate, a foreign one and a user without rights
        return (
            "forbidden",
            "The certificate in client_cert was not accepted: it must be exported from the QMC of this very site."
            f" If it is, {api_user} (api_user) lacks the rights.",
        )
    if 300 <= status < 400:
        return "redirect", f"A login page answers, not the service that takes certificates. {PORTS}"
    if status == 401:  # L: only a virtual proxy asks for a login
        return "login_wanted", f"A virtual proxy answers and requires a login. {PORTS}"
    if status == 404:
        return "not_found", f"Is this the right service? {PORTS}"
    if status >= 500:
        return "server_error", "The service has a problem. See its log on the node."
    if status == 429:
        return "too_many_requests", "The service limits requests. Lower max_parallel, or try again later."
    return (
        "unexpected_status",
        f"The service may be of another release, or something else answers on this port. {PORTS}",
    )


def explain_not_json(request: str, status: int, text: str) -> RequestFailed:
    """For a success whose body is no JSON."""
    if re.search(r"<\s*(!doctype|html|head|body)\b", text, re.IGNORECASE):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        words = _quoted(title.group(1)) if title else ""
        named = f" titled '{words}'" if words else ""
        reason = f"the response is a web page{named}, not JSON."
    elif text.lstrip()[:1] in ("[", "{"):
        # Not quoted: it may hold ids of sessions.
        reason = f"the response is JSON that is damaged or ends after {len(text)} characters."
        return RequestFailed("not_json", reason, DAMAGED, request=request, status=status)
    else:
        words = _quoted(text)
        reason = f"the response is not JSON: {words}"
    return RequestFailed(
        "not_json",
        reason,
        f"Something other than the Qlik service answers, such as a login page or a gateway. {PORTS}",
        request=request,
        status=status,
        words=words,
    )


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}..."
