#!/bin/sh
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# usage: make_venv.sh DIRECTORY REQUIREMENTS
#
# Builds a virtual environment in DIRECTORY with the first Python found that is new enough, and leaves DIRECTORY/ready
# as the mark that it is complete. Set PYTHON to choose the Python.

set -eu
directory=$1
requirements=$2

# Asking the interpreter is the only proof: a version manager's shim answers to a name and may have nothing behind it.
new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" && echo "$PYTHON"
        return
    fi
    for python in python3 python3.13 python3.12 python3.11 python3.10 python3.14 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[0-9]*/bin/python3; do
        if new_enough "$python"; then
            echo "$python"
            return
        fi
    done
}

python=$(find_python || true)
if [ -z "$python" ]; then
    echo "Python 3.10 or later is needed${PYTHON:+, and $PYTHON is not one}. Name one with: make PYTHON=/path/to/python3 ..." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "$python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
fi

echo "Building $directory with $("$python" --version)" >&2
"$python" -m venv --clear "$directory"
"$directory/bin/python" -m pip install -qq --disable-pip-version-check -r "$requirements"
touch "$directory/ready"
