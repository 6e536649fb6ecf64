# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long text in pieces that AWX shows as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.qlikops.sense.plugins.plugin_utils._unsafe import never_a_template

DOCUMENTATION = r"""
name: in_pieces
short_description: Cut a long text into pieces that AWX shows as a whole
version_added: 0.1.0
description:
  - Cuts between lines. AWX shows no more than 1024 characters of what a task prints for a host or an item, so a loop
    over the pieces shows all of a table.
  - A line that is longer than a piece is a piece of its own.
author:
  - Contributors to the qlikops.sense project (@qlikops)
options:
  _input:
    description: The text, such as what P(qlikops.sense.session_table#filter) returns.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Ask who is connected
  qlikops.sense.qlik_session_info:
  register: connected

- name: Show who is connected
  ansible.builtin.debug:
    msg: "{{ item }}"
  loop: "{{ connected | qlikops.sense.session_table | qlikops.sense.in_pieces }}"
  loop_control:
    index_var: piece
    label: "{{ piece + 1 }}"
"""

RETURN = r"""
_value:
  description: The pieces. An empty text has none.
  type: list
  elements: str
"""

# Bytes of a piece. The rest of the 1024 is for what the callback writes before it.
MOST = 880
# Of each line: its end, the indentation, and the colours.
OF_A_LINE = 1 + 8 + 11


def in_pieces(text: str) -> list[str]:
    """See DOCUMENTATION."""
    return [never_a_template(piece) for piece in _pieces(str(text))]


def _pieces(text: str) -> Iterator[str]:
    lines: list[str] = []
    size = 0
    for line in text.splitlines():
        more = len(line.encode(errors="replace")) + OF_A_LINE
        if lines and size + more > MOST:
            yield "\n".join(lines)
            lines, size = [], 0
        if lines or line:  # no piece begins with an empty line
            lines.append(line)
            size += more
    if lines:
        yield "\n".join(lines)


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"in_pieces": in_pieces}
