# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the action plugin session_report: what a report is about, and where its files go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._module import connection_spec
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty
from ansible_collections.qlikops.sense.plugins.plugin_utils._options import read, unknown
from ansible_collections.qlikops.sense.plugins.plugin_utils._report_advice import Thresholds

TEMPLATES = Path(__file__).parents[2] / "roles" / "session_report" / "templates"
SUFFIXES = {"html": "html", "json": "json", "csv": "csv", "markdown": "md"}
SPEC: dict[str, dict[str, Any]] = {
    "proxies": {"type": "list", "elements": "str", "default": []},
    "title": {"type": "str", "default": ""},
    "near_limit": {"type": "int", "default": 4},
    "runaway_user": {"type": "int", "default": 10},
    "runaway_virtual_proxy": {"type": "int", "default": 1000},
    "screen_rows": {"type": "int", "default": 50},
    "dir": {"type": "str", "default": ""},
    "name": {"type": "str"},
    "suffix": {"type": "str", "default": "-sessions"},
    "formats": {"type": "list", "elements": "str", "choices": list(SUFFIXES), "default": list(SUFFIXES)},
    "csv_delimiter": {"type": "str", "choices": [",", ";", "|", "\t"], "default": ","},
    "page_template": {"type": "path"},
    "pseudonyms": {"type": "bool", "default": False},
    "key_file": {"type": "str", "default": ""},
    "channels": {"type": "list", "elements": "str", "default": []},
    "return_data": {"type": "bool", "default": False},
}
# Options of qlik_session_info that are handed to it as they are.
HANDED_ON = ("exclude_users", "email_attributes", "anonymous_users", "service_users")


@dataclass(frozen=True)
class ReportOptions:
    """``host``: where the files are. ``rows``: of each table on the screen, 0 for all."""

    host: str
    proxies: tuple[str, ...]
    title: str
    thresholds: Thresholds
    rows: int
    dir: str
    name: str
    suffix: str
    formats: tuple[str, ...]
    delimiter: str
    template: Path
    pseudonyms: bool
    key_file: str
    channels: tuple[str, ...]
    return_data: bool

    @classmethod
    def read(cls, arguments: Mapping[str, Any], host: str, inventory_name: str) -> tuple[ReportOptions, list[str]]:
        """The options, and a sentence for everything that is wrong with them."""
        found, problems = read(arguments, SPEC, verbatim=("suffix", "csv_delimiter"))
        options = cls(
            host,
            non_empty(found["proxies"]),
            found["title"],
            Thresholds(found["near_limit"], found["runaway_user"], found["runaway_virtual_proxy"]),
            found["screen_rows"],
            found["dir"],
            found["name"] or inventory_name,
            found["suffix"],
            tuple(dict.fromkeys(found["formats"] or ())),
            found["csv_delimiter"],
            Path(found["page_template"] or TEMPLATES / "page.html.j2"),
            found["pseudonyms"] is True,
            found["key_file"],
            tuple(found["channels"] or ()),
            found["return_data"] is True,
        )
        return options, [
            *unknown(arguments, {*SPEC, *HANDED_ON, *connection_spec()}),
            *problems,
            *options._problems(),
        ]

    def files(self) -> dict[str, str]:
        """The paths by format; none without a directory."""
        return {form: f"{self.dir}/{self.name}{self.suffix}.{SUFFIXES[form]}" for form in self.formats if self.dir}

    def _problems(self) -> list[str]:
        checks = [
            (isinstance(self.rows, int) and self.rows < 0, "screen_rows can't be negative. 0 is for all rows."),
            (bool(self.dir) and not is_absolute(self.dir), relative("dir", self.dir, self.host)),
            *(
                (leads_out(part), f"{option} becomes part of file names, so it can't be {part}.")
                for option, part in (("name", self.name), ("suffix", self.suffix or "none"))
            ),
        ]
        if self.pseudonyms:
            given = f"It is {self.key_file}." if self.key_file else "None is given."
            needed = (
                f"pseudonyms needs key_file, an absolute path on {self.host} away from the reports, such as"
                f" /etc/qlik/pseudonyms.json. {given}"
            )
            mail = "channels can't have mail together with pseudonyms, because then nobody has an address."
            checks += [(not is_absolute(self.key_file), needed), ("mail" in self.channels, mail)]
        return [problem for is_one, problem in checks if is_one]


def relative(option: str, path: str, host: str) -> str:
    return f"{option} must be an absolute path, on {host}. It is {path}."


def is_absolute(path: str) -> bool:
    return path.startswith(("/", "~"))


def leads_out(name: str) -> bool:
    """Whether a file of this name would not be in its directory."""
    return not name or name in (".", "..") or "/" in name or "\\" in name
