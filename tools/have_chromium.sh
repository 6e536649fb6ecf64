#!/bin/sh
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sees to it that Chromium is installed: the tests look at the page of a report with it. Installs Debian's packages where
# that needs nobody's leave, else says how to get it and fails, since no test is skipped for want of it.

set -eu

browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable
}

install_package() {
    # Without a font there is no text to be seen.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >&2
}

if ! browser >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium" >&2
    install_package || { apt-get update -qq >&2 && install_package; } || true
fi
if ! browser >/dev/null; then
    echo "The tests need Chromium. Install it, as root: apt-get install --no-install-recommends chromium fonts-dejavu-core" >&2
    exit 1
fi
