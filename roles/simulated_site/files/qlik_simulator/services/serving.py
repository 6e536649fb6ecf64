# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in this process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys

from aiohttp import web

from ..balancer.haproxy_config import BalancerError
from ..control.control import Control
from ..model.site import Site
from ..model.state import StateDirectory
from ..process.daemon import AlreadyRunningError, StartError
from ..process.running_site import RunningSite
from ..services.listener import reserve


async def serve(site: Site, state: StateDirectory, real_ports: bool, balancer: str) -> None:
    """Run a site until SIGTERM or SIGINT. Its site info is written and printed when every listener answers."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = RunningSite(site, state.path, real_ports, balancer)
    held = reserve("127.0.0.1", 0)
    site_info = {
        "running": True,
        "started": True,
        "pid": os.getpid(),
        "control": f"http://127.0.0.1:{held.getsockname()[1]}",
        "state_dir": str(state.path),
    }
    control = web.AppRunner(
        Control(running, lambda: {**site_info, **running.site_info()}).application(), access_log=None
    )
    await control.setup()
    try:
        await running.open()
        await web.SockSite(control, held).start()
        state.write_site_info({**site_info, **running.site_info()})
        print(json.dumps({**site_info, **running.site_info()}, ensure_ascii=False), flush=True)
        for note in running.notes:
            logging.getLogger(__name__).warning("%s", note)
        await stop.wait()
    finally:
        await running.close()
        await control.cleanup()


def run(site: Site, state: StateDirectory, real_ports: bool, balancer: str) -> None:
    """Run a site in this process. StartError when it cannot be."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it reports every handshake that a client breaks off
    try:
        lock = state.claim()
    except BlockingIOError as error:
        raise AlreadyRunningError(f"a site runs in {state.path} already") from error
    with lock:
        try:
            asyncio.run(serve(site, state, real_ports, balancer))
        except (OSError, BalancerError) as error:
            raise StartError(str(error)) from error
