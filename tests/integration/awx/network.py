# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and addresses that a job and its modules look for: a container may know no others than those of the site."""

from __future__ import annotations

import pathlib

# Python runs this at the start of each process. Nothing that uses sockets gets around an audit hook.
AT_START = """
import sys

def note(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        name = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        name = arguments[1][0]
    else:
        return
    with open({file!r}, "a", encoding="utf-8") as found:
        print(name, file=found)

sys.addaudithook(note)
"""


def recorder(directory: pathlib.Path) -> pathlib.Path:
    """What goes into PYTHONPATH. Anybody may write what they looked for."""
    directory.mkdir()
    file = directory / "names"
    file.touch()
    file.chmod(0o666)
    (directory / "sitecustomize.py").write_text(AT_START.format(file=str(file)), encoding="utf-8")
    return directory


def names(directory: pathlib.Path) -> set[str]:
    """What was looked for."""
    return set((directory / "names").read_text(encoding="utf-8").split())
