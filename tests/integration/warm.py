# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that have imported all they need, and become the process of each call in a fork of themselves.

Two thirds of the time of a module in a new process are imports; a playbook imports as long, and then packs the modules
that another one has packed before. ``interpreter()`` is a Python for modules, ``ansible()`` stands for
``python -m ansible``. If the process of a call is killed, so is what it does; anything gentler than a kill needs the
real program. With LONG_TAIL in the environment, which `make matrix` sets, both are the real ones.

Run as a program, this file is one of the two. It listens on a Unix socket, and ends with the process that started it,
whose end closes its standard input. A message comes with the standard input, output and error to use. It is its length
in eight digits and, joined by NUL, the working directory, the number of arguments, the arguments and the environment.
The answer is the exit status.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import functools
import gc
import importlib
import importlib.machinery
import importlib.resources
import os
import pathlib
import runpy
import select
import shlex
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Callable
from typing import NoReturn

HERE = pathlib.Path(__file__).resolve()
PLUGINS = HERE.parents[2] / "plugins"
COLLECTION = "ansible_collections.qlikops.sense.plugins"
LENGTH = 8
STREAMS = 3

# It imports next to nothing, for that is what a Python that does next to nothing spends its time on.
CLIENT = f"""
import _socket, os, sys
arguments = sys.argv[2:]
if arguments and arguments[0].startswith("-"):
    os.execv(sys.executable, [sys.executable, *arguments])
connection = _socket.socket(_socket.AF_UNIX)
connection.connect(sys.argv[1])
message = os.fsencode("\\0".join([os.getcwd(), str(len(arguments)), *arguments, *map("=".join, os.environ.items())]))
files = b"".join(number.to_bytes(4, sys.byteorder) for number in range({STREAMS}))
connection.sendmsg([b"%0{LENGTH}d" % len(message)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
connection.sendall(message)
os._exit(int(connection.recv({LENGTH}) or 128 + {signal.SIGKILL}))
"""


@functools.cache
def interpreter() -> str:
    """The path of a Python that runs the program at a path, or on its standard input. With options it is a cold one."""
    return start("modules", {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))})


@functools.cache
def ansible() -> str:
    """The path of a program that takes the arguments of ``python -m ansible``."""
    home = tempfile.mkdtemp(prefix="warm")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    # What is read once and for all: whether there are colours, and the locale.
    return start("ansible", {"ANSIBLE_NOCOLOR": "true", "HOME": home, "LC_ALL": "C.UTF-8", "PYTHONPATH": ""})


@functools.cache
def programs() -> str:
    """A directory for PATH, in which ``ansible-playbook`` is the warm one."""
    scratch = tempfile.TemporaryDirectory(prefix="warm")
    atexit.register(scratch.cleanup)
    program = pathlib.Path(scratch.name, "ansible-playbook")
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(ansible())} playbook "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    return scratch.name


def start(what: str, environment: dict[str, str]) -> str:
    """The path of a program that hands its calls to a warm one, which ends with this process."""
    scratch = tempfile.TemporaryDirectory(prefix="warm")
    atexit.register(scratch.cleanup)
    address, client, program = (pathlib.Path(scratch.name, name) for name in ("socket", "client.py", what))
    client.write_text(CLIENT, encoding="utf-8")
    cold = {"modules": [], "ansible": ["-m", "ansible"]}[what]
    arguments = cold if "LONG_TAIL" in os.environ else ["-I", "-S", str(client), str(address)]
    command = shlex.join([sys.executable, *arguments])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    if arguments == cold:
        return str(program)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    server = subprocess.Popen(
        [sys.executable, str(HERE), what, str(address)],
        env={**inherited, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin
    assert server.stdout
    assert server.stdout.readline() == b"listening\n"
    for tidy in (server.wait, server.stdin.close):  # the last is done first
        atexit.register(tidy)
    return str(program)


def main() -> None:
    what, address = sys.argv[1:]
    warm_up, run = {"modules": (import_for_modules, run_program), "ansible": (import_ansible, run_ansible)}[what]
    warm_up()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        children = set[int]()
        print("listening", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _address = listener.accept()
            with connection:
                child = os.fork()
                if child == 0:
                    listener.close()
                    become(connection, run)
                children.add(child)
            children -= {child for child in children if os.waitpid(child, os.WNOHANG)[0]}


def become(connection: socket.socket, run: Callable[[list[str]], object]) -> NoReturn:
    """Be the process that the message asks for, to the end."""
    os.setsid()
    arguments = take_over(connection)
    die_with(connection)
    status = 0
    try:
        run(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(status).encode())
    # Most of the time would be the tidying up of all that was imported.
    os._exit(0)


def take_over(connection: socket.socket) -> list[str]:
    """Have the streams, the directory and the environment of the client; its arguments."""
    length, [(_level, _kind, files)], _flags, _address = connection.recvmsg(LENGTH, socket.CMSG_SPACE(4 * STREAMS))
    message = connection.recv(int(length), socket.MSG_WAITALL)
    for number, file in enumerate(array.array("i", files)):
        os.dup2(file, number)
        os.close(file)
    directory, count, *rest = os.fsdecode(message).split("\0")
    os.chdir(directory)
    os.environ.clear()
    for entry in rest[int(count) :]:
        name, _equals, os.environ[name] = entry.partition("=")
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.modules.pop("sitecustomize", None)
    site.execsitecustomize()
    return rest[: int(count)]


def die_with(connection: socket.socket) -> None:
    """Let the end of the client end this process and its children, by a signal that nobody handles."""
    fcntl.fcntl(connection, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(connection, fcntl.F_SETFL, fcntl.fcntl(connection, fcntl.F_GETFL) | os.O_ASYNC)


def import_for_modules() -> None:
    importlib.import_module("ansible.module_utils.urls")
    for file in (PLUGINS / "modules").glob("[!_]*.py"):
        name = f"{COLLECTION}.modules.{file.stem}"
        importlib.import_module(name)
        del sys.modules[name]  # each is to be run as a program
    sys.meta_path.insert(0, OfPackedModules)


class OfPackedModules:
    """Finds what an Ansible module brings of other collections than this one, before what is installed of them."""

    @staticmethod
    def find_spec(name: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module or a package in the file that comes first on ``sys.path``."""
        collections, namespace, *_rest = [*name.split("."), ""]
        if collections != "ansible_collections" or namespace in ("", "qlikops"):
            return None
        place = os.path.join(sys.path[0], *name.split(".")[:-1])
        return importlib.machinery.PathFinder.find_spec(name, [place])


def run_program(arguments: list[str]) -> None:
    sys.argv = arguments or [""]
    if arguments:
        runpy.run_path(arguments[0], run_name="__main__")
    else:
        program = types.ModuleType("__main__")
        sys.modules["__main__"] = program
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), program.__dict__)


def import_ansible() -> None:
    for module in (
        *("cli.inventory", "cli.playbook", "executor.playbook_executor", "executor.process.worker"),
        *("plugins.action.normal", "plugins.callback.default", "plugins.connection.local", "plugins.strategy.linear"),
    ):
        importlib.import_module(f"ansible.{module}")
    remember_metadata()


def remember_metadata() -> None:
    """Read the metadata of ansible.builtin once, a quarter of what the shortest playbook takes.

    The function that reads it is there to be replaced by one that remembers.
    """
    finder = vars(importlib.import_module("ansible.utils.collection_loader._collection_finder"))
    read = finder["_meta_yml_to_dict"] = functools.cache(finder["_meta_yml_to_dict"])
    metadata = importlib.resources.files("ansible") / "config" / "ansible_builtin_runtime.yml"
    read(metadata.read_bytes(), ("ansible.builtin", "runtime.yml"))


def run_ansible(arguments: list[str]) -> None:
    from ansible import constants

    callbacks = vars(importlib.import_module("ansible.plugins.loader"))["callback_loader"]
    packed = pathlib.Path(vars(constants)["DEFAULT_LOCAL_TMP"]).parent / "packed"
    importlib.reload(constants)  # it reads the environment
    for directory in vars(constants)["DEFAULT_CALLBACK_PLUGIN_PATH"]:  # the loader has read it before
        callbacks.add_directory(directory)
    own = pathlib.Path(vars(constants)["DEFAULT_LOCAL_TMP"], "ansiballz_cache")
    for directory in (packed, own):
        directory.mkdir(exist_ok=True)
    share(packed, own)
    atexit.register(share, own, packed)
    sys.argv = [f"ansible-{arguments[0]}", *arguments[1:]]
    importlib.import_module(f"ansible.cli.{arguments[0]}").main(sys.argv)


def share(source: pathlib.Path, destination: pathlib.Path) -> None:
    for file in source.iterdir():
        with contextlib.suppress(FileExistsError):
            (destination / file.name).hardlink_to(file)


if __name__ == "__main__":
    main()
