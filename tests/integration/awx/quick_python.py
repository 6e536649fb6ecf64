# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python for the modules of a playbook: each runs in a fork of one that has imported what modules import.

A run of awx_setup is seventy modules, and most of their time is imports. ``quick_python`` writes a program that Ansible
takes for its interpreter. It hands its standard streams on to the server, which is this file run as a program.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator

IMPORTED = ("ansible.module_utils.basic", "ansible.module_utils.urls", "ansible.module_utils.common.text.converters")
LONGEST_RUN = 120
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    started = json.dumps([dict(os.environ), os.getcwd()]).encode()
    socket.send_fds(server, [len(started).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(started)
    sys.exit(int(server.recv(9) or b"1"))
"""


@contextlib.contextmanager
def quick_python() -> Iterator[str]:
    """The path of the program."""
    with tempfile.TemporaryDirectory() as directory:  # not of pytest: the path of a socket must be short
        address, client = f"{directory}/socket", pathlib.Path(directory, "python")
        client.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        client.chmod(0o700)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen()
            command = [sys.executable, str(pathlib.Path(__file__).resolve()), str(listening.fileno())]
            server = subprocess.Popen(command, pass_fds=[listening.fileno()])
        try:
            yield str(client)
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    for module in IMPORTED:
        importlib.import_module(module)
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        while True:
            client, _address = listening.accept()
            if os.fork() == 0:
                serve(client)
            client.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def serve(client: socket.socket) -> None:
    """Watch a module, in a process of its own, and tell its exit status."""
    size, streams, _flags, _address = socket.recv_fds(client, 4, 3)
    module = os.fork()
    if module == 0:
        started = b""
        while len(started) < int.from_bytes(size, "big"):
            started += client.recv(65536)
        become(streams, *json.loads(started))
    _module, status = os.waitpid(module, 0)
    with contextlib.suppress(OSError):
        client.sendall(str(abs(os.waitstatus_to_exitcode(status))).encode())
    os._exit(0)


def become(streams: list[int], environment: dict[str, str], directory: str) -> None:
    """Be the process of a module, to the end, or killed where that takes too long."""
    signal.alarm(LONGEST_RUN)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.argv = ["-"]
    end = 1
    try:
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), {"__name__": "__main__"})
        end = 0
    except SystemExit as exited:
        end = exited.code if isinstance(exited.code, int) else int(exited.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end)


if __name__ == "__main__":
    main()
