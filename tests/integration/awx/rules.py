# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX 24.6.1 refuses of credentials and schedules, and what it makes of credentials, in our own words.

Facts of awx/main/fields, awx/main/validators, awx/main/models/credential (injectors) and awx/api/serializers. Only what
the kit touches.
"""

from __future__ import annotations

import binascii
import json
import pathlib
import re
from types import SimpleNamespace

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.qlikops.sense.tests.integration.awx.shapes import HIDDEN, Json, RefusedError, refuse_if

FIELD_KEYS = {"id", "type", "label", "help_text", "multiline", "secret", "default", "choices", "format"}
FILE_LABEL = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")
OPEN_KEY = b"openssh-key-v1\x00\x00\x00\x00\x04none"
# What the configuration of a notification must have, of the types that are used here.
NOTIFICATIONS = {
    "slack": {"token", "channels"},
    "webhook": {"url", "headers"},
    "email": {"host", "port", "username", "password", "use_tls", "use_ssl", "sender", "recipients"},
}
NO_ENVIRONMENT = {"PATH", "PYTHONPATH", "VIRTUAL_ENV", "JOB_ID", "HOME"}


def credential_type(new: Json) -> None:
    inputs, injectors = new.get("inputs", {}), new.get("injectors", {})
    refuse_if(new.get("kind") not in ("cloud", "net") and not new.get("managed"), "Must be a cloud or net type.")
    ids = [field["id"] for field in inputs.get("fields", [])]
    refuse_if(set(inputs) - {"fields", "required"}, f"inputs: {set(inputs)}")
    refuse_if(len(set(ids)) != len(ids) or "tower" in ids, f"field ids {ids}")
    refuse_if(set(inputs.get("required", [])) - set(ids), "required names no field")
    for field in inputs.get("fields", []):
        refuse_if(set(field) - FIELD_KEYS or not {"id", "label"} <= set(field), f"field {field}")
        refuse_if(field.get("type") not in ("string", "boolean"), f"{field['id']}: type")
        refuse_if(not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"]), f"id {field['id']}")
    refuse_if(set(injectors) - {"file", "env", "extra_vars"}, f"injectors {set(injectors)}")
    files = injectors.get("file", {})
    refuse_if([label for label in files if not FILE_LABEL.fullmatch(label)], "name of a file")
    refuse_if("template" in files and len(files) > 1, "one file or several with names")
    for name in injectors.get("env", {}):
        refuse_if(not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", name), f"environment variable {name}")
        refuse_if(name.startswith("ANSIBLE_") or name in NO_ENVIRONMENT, f"Environment variable {name} is not allowed")
    names = {label.partition(".")[2]: "path" for label in files}
    namespace = {**dict.fromkeys(ids, "EXAMPLE"), "tower": SimpleNamespace(filename=SimpleNamespace(**names))}
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for template in [text for kind in injectors.values() for text in kind.values()]:
        try:
            strict.from_string(template).render(**namespace)
        except TemplateError as error:
            raise RefusedError(f"{template} uses an undefined field ({error})") from error


def new_inputs(given: Json, before: Json | None, fields: list[Json]) -> Json:
    """The inputs of a credential after they were sent: they replace all that there was.

    ``$encrypted$`` keeps a secret that there is. An empty secret is not kept at all. Nobody checks what is required.
    """
    known = {field["id"]: field for field in fields}
    refuse_if(set(given) - set(known), f"inputs {set(given) - set(known)} are not of this type")
    refuse_if([name for name in given if not isinstance(given[name], (str, bool))], "inputs must be texts")
    secret = {name for name, field in known.items() if field.get("secret")}
    hidden = [name for name in given if name in secret and given[name] == HIDDEN]
    refuse_if(hidden and before is None, f"{hidden}: {HIDDEN} is a reserved keyword")
    kept = {name: (before or {}).get(name, "") if name in hidden else value for name, value in given.items()}
    kept = {name: value for name, value in kept.items() if not (name in secret and value == "")}
    for name in [name for name in kept if known[name].get("format") == "ssh_private_key"]:
        encrypted, password = _is_encrypted_key(kept[name]), bool(kept.get("ssh_key_unlock"))
        wrong = {True: "must be set when SSH key is encrypted.", False: "should not be set: the key is not encrypted."}
        refuse_if(encrypted is not password, {"inputs": {"ssh_key_unlock": [wrong[encrypted]]}})
    return kept


def _is_encrypted_key(text: str) -> bool:
    """Raises RefusedError where AWX sees no private key, with the beginning of the text: it tells secrets here."""
    pem = re.match(r"-----BEGIN ([A-Z ]+?) *-----\s*(.+?)\s*-----END [A-Z ]+? *-----\s*$", text.lstrip(), re.DOTALL)
    refuse_if(not pem, {"inputs": {"ssh_key_data": [f"Invalid certificate or key: {text[:100]}..."]}})
    assert pem
    kind = pem[1].removesuffix("PRIVATE KEY").strip()
    refuse_if(kind not in ("RSA", "DSA", "EC", "OPENSSH", ""), f'Invalid private key: unsupported type "{kind}"')
    base64 = "".join(line.strip() for line in pem[2].splitlines() if ": " not in line)
    try:
        content = binascii.a2b_base64(base64)
    except binascii.Error as error:
        raise RefusedError({"inputs": {"ssh_key_data": ["Invalid base64-encoded data"]}}) from error
    return not content.startswith(OPEN_KEY) if kind == "OPENSSH" else "ENCRYPTED" in pem[2]


def inject(injectors: Json, inputs: Json, directory: pathlib.Path) -> tuple[dict[str, str], Json]:
    """Environment and extra variables of a job with a credential; its files are in ``directory``."""
    jinja = ImmutableSandboxedEnvironment(undefined=Undefined)
    paths: dict[str, str] = {}
    namespace = {**{name: value for name, value in inputs.items() if value != ""}, "tower": {"filename": paths}}
    for number, (label, template) in enumerate(injectors.get("file", {}).items()):
        file = directory / f"tmp{number}"
        file.write_text(jinja.from_string(template).render(**namespace), encoding="utf-8")
        file.chmod(0o600)
        paths[label.partition(".")[2]] = str(file)
    rendered = {
        kind: {name: jinja.from_string(text).render(**namespace) for name, text in injectors.get(kind, {}).items()}
        for kind in ("env", "extra_vars")
    }
    return rendered["env"], rendered["extra_vars"]


def notification(kind: str, configuration: Json) -> None:
    missing = sorted(NOTIFICATIONS[kind] - set(configuration))
    words = f"Missing required fields for Notification Configuration: {missing}."
    refuse_if(missing, {"notification_configuration": [words]})


def variables(text: str) -> None:
    """JSON here; AWX takes YAML, too."""
    try:
        wrong = not isinstance(json.loads(text or "{}"), dict)
    except json.JSONDecodeError:
        wrong = True
    refuse_if(wrong, "Cannot parse as JSON or YAML.")


def rrule(rule: str) -> None:
    starts = re.findall(r"DTSTART(;TZID=[^:;\s]+/[^:;\s]+)?:[0-9]{8}T[0-9]{6}(Z?)", rule)
    refuse_if(len(re.findall("DTSTART", rule)) != 1 or len(starts) != 1, "Valid DTSTART required in rrule.")
    refuse_if(not any(starts[0]), "DTSTART cannot be a naive datetime.")
    rules = re.findall(r"RRULE:[^\s]*", rule)
    refuse_if(not rules, "One or more rule required in rrule.")
    refuse_if("EXDATE" in rule or "RDATE" in rule, "EXDATE and RDATE are not allowed")
    for one in rules:
        refuse_if("INTERVAL=" not in one, "INTERVAL required in rrule")
        refuse_if("SECONDLY" in one, "SECONDLY is not supported")
        count = re.search(r"COUNT=(\d+)", one)
        refuse_if(count and int(count[1]) > 999, "COUNT > 999 is unsupported.")
        refuse_if(count and "UNTIL=" in one, "RRULE may not contain both COUNT and UNTIL")
        refuse_if(re.search(r"BYDAY=[^;]*(?<!-)\d[A-Z]{2}", one), "BYDAY with numeric prefix not supported.")


def inventory_source(item: Json, kind_of_credential: str) -> None:
    """A source out of a project (awx/api/serializers.py, InventorySourceSerializer; awx/main/models/inventory.py)."""
    refuse_if(item["source"] == "scm" and not item["source_project"], "Project required for scm type sources.")
    wrong = kind_of_credential in ("ssh", "scm", "insights", "vault")
    refuse_if(wrong, "Credentials of type machine, source control, insights and vault are disallowed here.")
