#!/bin/sh
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sees to it that HAProxy is installed: the tests put the real one in front of the simulated site. Installs Debian's
# package where that needs nobody's leave, else says how to get it and fails, since no test is skipped for want of it.

set -eu
PATH=$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin

install_package() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy >&2
}

if ! command -v haproxy >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing HAProxy" >&2
    install_package || { apt-get update -qq >&2 && install_package; } || true
fi
if ! command -v haproxy >/dev/null; then
    echo "The tests need HAProxy. Install it, as root: apt-get install --no-install-recommends haproxy" >&2
    exit 1
fi
