# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the options of an action plugin as a module would, and finds every problem in them at once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.qlikops.sense.plugins.module_utils._errors import QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._given import (
    changed_by_yaml,
    flag_for_number,
    loggable,
    not_text,
    without_empty_answers,
)
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_words import plain

Options = dict[str, Any]
ARGUMENT_SPEC_VALIDATOR: Any = ArgumentSpecValidator
Spec = Mapping[str, Mapping[str, Any]]


class BadOptions(QlikError):
    """Everything that is wrong with the options, a sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("bad_option", " ".join(self.problems))

    def details(self) -> dict[str, Any]:
        return {**super().details(), "problems": self.problems}


def read(arguments: Mapping[str, Any], spec: Spec, verbatim: Collection[str] = ()) -> tuple[Options, list[str]]:
    """The options in ``spec``, converted and with their defaults, and what is wrong with them.

    What only looks like an answer counts as none, but for the options ``verbatim``.
    """
    given = {name: plain(arguments[name]) for name in spec if arguments.get(name) is not None}
    numbers = {name for name, option in spec.items() if option["type"] == "int"}
    changed = [changed_by_yaml(given), flag_for_number(given, numbers), not_text(given)]
    given = loggable(given)
    answered = without_empty_answers({name: value for name, value in given.items() if name not in verbatim})
    kept = {name: given[name] for name in verbatim if name in given}
    validator = ARGUMENT_SPEC_VALIDATOR({name: dict(option) for name, option in spec.items()})
    validated = validator.validate({**answered, **kept})
    wrong = [f"{message.rstrip('.')}." for message in validated.error_messages]
    return dict(validated.validated_parameters), [str(problem) for problem in changed if problem] + wrong


def unknown(arguments: Iterable[str], known: Collection[str]) -> list[str]:
    """A sentence if some of the arguments are no options."""
    names = sorted(name for name in map(str, arguments) if name not in known)
    return [f"There is no option {', '.join(names)}."] if names else []
