# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that knows AnsibleModule: options shared by the modules, empty answers, errors as failures."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ansible_collections.qlikops.sense.plugins.module_utils._client.connection import Connection
from ansible_collections.qlikops.sense.plugins.module_utils._client.http import REQUESTS_IMPORT_ERROR
from ansible_collections.qlikops.sense.plugins.module_utils._errors import BadOption, QlikError
from ansible_collections.qlikops.sense.plugins.module_utils._given import (
    changed_by_yaml,
    flag_for_number,
    loggable,
    no_rule,
    not_text,
    split_words,
    without_empty_answers,
)

NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"  # as Ansible calls it
ISSUES = "the issue tracker named in the collection's README"
Spec = dict[str, dict[str, Any]]


def connection_spec() -> Spec:
    """The options of the fragment ``_connection``."""
    return {
        "host": {"type": "str", "required": True, **_from_environment("QLIK_SENSE_HOST")},
        "qrs_port": {"type": "int", "default": 4242, **_from_environment("QLIK_SENSE_QRS_PORT")},
        "qps_port": {"type": "int"},
        "qrs_virtual_proxy": {"type": "str"},
        "client_cert": {"type": "path", "required": True, **_from_environment("QLIK_SENSE_CLIENT_CERT")},
        "client_key": {
            "type": "path",
            "required": True,
            "no_log": False,  # a path
            **_from_environment("QLIK_SENSE_CLIENT_KEY"),
        },
        "client_key_password": {
            "type": "str",
            "no_log": True,
            **_from_environment("QLIK_SENSE_CLIENT_KEY_PASSWORD"),
        },
        "ca_path": {"type": "path", **_from_environment("QLIK_SENSE_CA_PATH")},
        "validate_certs": {"type": "bool", "default": True, **_from_environment("QLIK_SENSE_VALIDATE_CERTS")},
        "api_user": {"type": "str", "default": "INTERNAL\\sa_api", **_from_environment("QLIK_SENSE_API_USER")},
        "host_map": {"type": "dict", "default": {}},
        "use_proxy": {"type": "bool", "default": True},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 2},
        "max_parallel": {"type": "int", "default": 16},
    }


def criteria_spec() -> Spec:
    """The options that select, in a selection as in each of its rules."""
    return {
        "proxies": {"type": "list", "elements": "str"},
        "virtual_proxies": {"type": "list", "elements": "str"},
        "users": {"type": "list", "elements": "str"},
        "exclude_users": {"type": "list", "elements": "str"},
        "attributes": {"type": "dict"},
        "user_states": {
            "type": "list",
            "elements": "str",
            "choices": ["inactive", "blacklisted", "removed_externally", "missing"],
        },
        "min_age": {"type": "str"},
        "min_idle": {"type": "str"},
        "keep_per_user": {"type": "int"},
        "keep_per_virtual_proxy": {"type": "int"},
    }


def selection_spec() -> Spec:
    """The options of the fragment ``_selection``."""
    return {
        **criteria_spec(),
        "session_refs": {"type": "list", "elements": "str"},
        "session_ids": {"type": "list", "elements": "str", "no_log": True},
        "any_of": {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}, **criteria_spec()}},
        "skip_blank_rules": {"type": "bool", "default": False},
        "first_seen": {"type": "dict"},
        "memory": {"type": "raw", "no_log": True},  # no secret, but as long as the list of sessions
        "remember": {"type": "bool", "default": False},
        "activity": {"type": "str", "default": "auto", "choices": ["auto", "require", "none"]},
        "resolve_users": {"type": "bool", "default": False},
        "email_attributes": {"type": "list", "elements": "str", "default": ["email"]},
        "anonymous_users": {"type": "list", "elements": "str", "default": ["NONE\\*"]},
        "service_users": {"type": "list", "elements": "str", "default": ["INTERNAL\\*"]},
        "sort_by": {
            "type": "str",
            "default": "prefix",
            "choices": ["prefix", "proxyhost", "proxyname", "userdir", "userid", "username"],
        },
        "include_session_ids": {"type": "bool", "default": False},
        "on_proxy_failure": {"type": "str", "default": "fail", "choices": ["fail", "warn"]},
    }


def _from_environment(name: str) -> dict[str, Any]:
    return {"fallback": (_set_in_environment, [name])}


def _set_in_environment(name: str) -> Any:
    """As env_fallback, but an empty variable is as good as none: credentials of AWX leave such."""
    if not os.environ.get(name):
        raise AnsibleFallbackNotFound
    return env_fallback(name)


class Module(AnsibleModule):
    """An AnsibleModule with check mode, for which an empty answer counts as none."""

    def __init__(self, argument_spec: Mapping[str, Mapping[str, Any]]) -> None:
        self._not_meant: BadOption | None = None
        super().__init__(argument_spec=dict(argument_spec), supports_check_mode=True)
        # Ansible masks by value, and a password that is also a word would change the names in the result. No result
        # holds a secret; the options, which Ansible returns, are masked below.
        self.no_log_values.clear()
        if self._not_meant:
            self.fail(self._not_meant)

    def _load_params(self) -> None:
        super()._load_params()
        # Before Ansible makes texts of whatever was given. Failing has to wait until the module is set up.
        numbers = {name for name, option in self.argument_spec.items() if option.get("type") in ("int", "float")}
        self._not_meant = (
            no_rule(self.params)
            or changed_by_yaml(self.params)
            or flag_for_number(self.params, numbers)
            or not_text(self.params)
        )
        self.params = _with_answers(loggable(self.params), self.argument_spec)

    def exit_json(self, **result: Any) -> NoReturn:
        super().exit_json(invocation=self._invocation(), **result)
        raise AssertionError("exit_json ends the module")

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """Ansible itself fails where options do not fit the argument spec; that has a failure, too."""
        if "failure" not in result:
            said_by_ansible = QlikError("bad_option", f"{msg.rstrip('.')}.", "ansible-doc describes the options.")
            self.fail(self._not_meant or said_by_ansible)
        super().fail_json(msg, invocation=self._invocation(), **result)
        raise AssertionError("fail_json ends the module")

    def _invocation(self) -> dict[str, Any]:
        secrets = {name for name, option in self.argument_spec.items() if option.get("no_log")}
        return {
            "module_args": {
                name: NOT_SHOWN if value is not None and name in secrets else value
                for name, value in self.params.items()
            }
        }

    def fail(self, error: QlikError, **result: Any) -> NoReturn:
        """The one way to fail: a sentence as msg, the same for programs as failure, and what is known so far."""
        self.fail_json(msg=str(error), failure=error.details(), **result)


def _with_answers(params: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are given, also where one consists of options, or of a list of such."""
    words = {name for name, option in spec.items() if option.get("type") == "list" and "choices" in option}
    given = split_words(without_empty_answers(params), words)
    for name, option in spec.items():
        inner, value = option.get("options"), given.get(name)
        if inner and isinstance(value, dict):
            given[name] = _with_answers(value, inner)
        elif inner and isinstance(value, list):
            given[name] = [_with_answers(entry, inner) if isinstance(entry, dict) else entry for entry in value]
    return given


class QlikModule(Module):
    """A module with the connection options."""

    def __init__(self, argument_spec: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__({**connection_spec(), **argument_spec})

    def connection(self) -> Connection:
        """Raises BadOption; warns where certificates are not validated."""
        if REQUESTS_IMPORT_ERROR:
            raise QlikError("missing_library", missing_required_lib("requests"))
        connection = Connection.from_options(self.params)
        if not connection.validate_certs:
            self.warn(
                "validate_certs is false: whoever stands between here and the site can read and change everything,"
                " session ids included. Give the site's root.pem as ca_path instead."
            )
        return connection


@contextmanager
def errors_as_failures(module: Module) -> Iterator[None]:
    """Turns what the utilities raise into the module's failure, and so what nobody foresaw."""
    try:
        yield
    except QlikError as error:
        module.fail(error)
    except Exception as error:
        module.fail(unforeseen(error))


def unforeseen(error: Exception) -> QlikError:
    """A fault of the collection in words. What the exception itself says may quote a secret, so it is left out."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return QlikError(
        "fault",
        f"This is a fault of the collection qlikops.sense: {type(error).__name__} in {place.name} of"
        f" {PurePath(place.filename).name}, line {place.lineno}.",
        f"Report this message, with the version of the collection, to {ISSUES}. What was done until then stands.",
    )
