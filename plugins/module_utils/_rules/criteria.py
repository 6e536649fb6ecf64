# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a selection mean as a whole: the selection itself, and rules joined by *or*. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyLink, Scope, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._model.user import MISSING
from ansible_collections.qlikops.sense.plugins.module_utils._rules.selection import Selection
from ansible_collections.qlikops.sense.plugins.module_utils._rules.stale import Rule, rules_from_option


@dataclass(frozen=True)
class Criteria:
    """What the options mean, before anything is asked. ``rules``: None where there are none to fulfil."""

    selection: Selection
    rules: tuple[Rule, ...] | None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Criteria:
        """Takes a module's parameters. Raises BadOption."""
        rules = rules_from_option(options.get("any_of"), options.get("skip_blank_rules") or False)
        return cls(Selection.from_options(options), rules)

    @property
    def is_given(self) -> bool:
        """Whether anything but an exclusion narrows it down from all sessions."""
        return self.selection.is_given or self.rules is not None

    @property
    def selections(self) -> list[Selection]:
        return [self.selection, *(rule.selection for rule in self.rules or ())]

    @property
    def needs_all_sessions(self) -> bool:
        """Whether the site is counted. The more users QRS is asked for, the more it tells that it does not show one."""
        return any(each.takes_surplus or MISSING in each.user_states for each in self.selections)

    @property
    def uses_activity(self) -> bool:
        """Whether the selection depends on what QRS knows of sessions."""
        return any(each.takes_time or each.takes_surplus for each in self.selections)

    @property
    def goes_by_idle_time(self) -> bool:
        """Whether nothing is selected, or less, where QRS does not tell how idle sessions are."""
        return any(each.min_idle is not None for each in self.selections)

    def covers(self, link: ProxyLink) -> bool:
        """Whether sessions of the pair may be meant."""
        of_rules = self.rules is None or any(rule.selection.covers(link) for rule in self.rules)
        return self.selection.covers(link) and of_rules

    def scope(self, topology: Topology) -> Scope:
        """What of the site may be meant by the selection; raises BadOption for a name that the site does not have."""
        for rule in self.rules or ():
            rule.check_names(topology)
        return self.selection.scope(topology)
