# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels that stand for users, and the key that says whose they are. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.plugin_utils._report_site import fold, text

PREFIX = "user-"
DIGITS = 8
STEP = 4


class NoKey(ValueError):
    """What should be a key is none. The text never quotes it."""


@dataclass(frozen=True)
class Key:
    """``labels``: label -> ``DIRECTORY\\id``."""

    secret: str
    labels: Mapping[str, str]

    @classmethod
    def new(cls) -> Key:
        return cls(secrets.token_hex(32), {})

    @classmethod
    def read(cls, value: Any) -> Key:
        """Out of the text of a key file or of the dictionary in it."""
        try:
            known = json.loads(value) if isinstance(value, str) else value
            secret, labels = known["secret"], known["labels"]
            key = cls(text(secret), {text(label): text(user) for label, user in labels.items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            raise NoKey("it holds no secret and labels") from None
        if len(key.secret) < 32:
            raise NoKey("its secret is shorter than 32 characters")
        if not all(label.startswith(PREFIX) for label in key.labels):
            raise NoKey(f"one of its labels does not begin with {PREFIX}")
        return key

    def as_result(self) -> dict[str, Any]:
        return {"secret": self.secret, "labels": dict(sorted(self.labels.items()))}

    def as_text(self) -> str:
        """What the key file holds."""
        return json.dumps(self.as_result(), indent=4, sort_keys=True)

    def with_users(self, users: Iterable[str]) -> Key:
        """The key with a label for each of these users, too; nobody's label changes."""
        labels = dict(self.labels)
        known = {fold(user) for user in labels.values()}
        for user in users:
            if fold(user) not in known:
                known.add(fold(user))
                labels[self._free(user, labels)] = user
        return Key(self.secret, labels)

    def by_user(self) -> dict[str, str]:
        """Labels by folded user."""
        return {fold(user): label for label, user in self.labels.items()}

    def _free(self, user: str, taken: Mapping[str, str]) -> str:
        """The shortest label of a user that is nobody else's. The secret keeps anyone from trying names."""
        digest = hmac.new(self.secret.encode(), fold(user).encode(), hashlib.sha256).hexdigest()
        lengths = range(DIGITS, len(digest) + 1, STEP)
        return next(label for length in lengths if (label := f"{PREFIX}{digest[:length]}") not in taken)
