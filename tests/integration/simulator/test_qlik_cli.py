# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Qlik-Cli for Windows does with every answer, from its first call on: numbers become names."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qlikops.sense.tests.integration.simulated import Client, Control


class Shown:
    """Shows objects as Qlik-Cli does; its comparisons ignore case."""

    def __init__(self, client: Client) -> None:
        enums = client.qrs("/qrs/about/api/enums").json()
        self._values = {usage.lower(): each["values"] for each in enums.values() for usage in each["usages"]}
        relations = [each.split(">") for each in client.qrs("/qrs/about/api/relations").json()]
        self._types = {where.strip().lower(): what.strip() for where, what in relations}

    def show(self, thing: Any, schema: str | None = None) -> Any:
        if isinstance(thing, list):
            return [self.show(each, schema) for each in thing]
        schema = schema or thing["schemaPath"]
        shown = {}
        for name, value in thing.items():
            where = f"{schema}.{name}".lower()
            if where in self._values:
                (value,) = [each.split(":")[1].strip() for each in self._values[where] if each.startswith(f"{value}:")]
            shown[name] = self.show(value, self._types[where]) if where in self._types else value
        return shown


@pytest.fixture
def shown(client: Client, control: Control) -> dict[str, list[dict[str, Any]]]:
    control.put_banners({"name": "Move", "message": "We move.", "message_type": "error"})
    shows = Shown(client)
    kinds = ("proxyservice", "virtualproxyconfig", "servernodeconfiguration", "servicestatus", "custombannermessage")
    return {kind: shows.show(client.qrs(f"/qrs/{kind}/full").json()) for kind in kinds}


def test_numbers_become_names(shown: dict[str, list[dict[str, Any]]]) -> None:
    services = {each["serviceType"] for each in shown["servicestatus"]}
    assert services == {"Repository", "Proxy", "Scheduler", "Engine", "Printing"}
    assert {each["serviceState"] for each in shown["servicestatus"]} == {"Running", "Disabled"}
    assert {each["nodePurpose"] for each in shown["servernodeconfiguration"]} == {"Production"}
    assert [each["messageType"] for each in shown["custombannermessage"]] == ["Error"]
    sales = next(each for each in shown["virtualproxyconfig"] if each["prefix"] == "sales")
    assert sales["authenticationMethod"] == "HeaderStaticUserDirectory"
    assert sales["headerAuthenticationMode"] == "StaticUserDirectory"
    assert (sales["anonymousAccessMode"], sales["sameSiteAttributeHttps"]) == ("NoAnonymousUser", "None")


def test_relations_lead_to_the_virtual_proxies_of_a_proxy(shown: dict[str, list[dict[str, Any]]]) -> None:
    linked = shown["proxyservice"][0]["settings"]["virtualProxies"]
    assert [each["authenticationMethod"] for each in linked] == [
        *("Ticket", "HeaderStaticUserDirectory", "HeaderDynamicUserDirectory")
    ]
