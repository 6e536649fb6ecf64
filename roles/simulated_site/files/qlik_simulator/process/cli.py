# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: start, status, stop, run, generate-site."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..balancer.haproxy_config import CHOICES
from ..model import generator
from ..model.site import Site, SiteError
from ..model.site_file import load_site, site_from
from ..model.state import StateDirectory
from ..model.switches import SWITCHES, Switches
from ..process import daemon


def main(arguments: list[str]) -> int:
    """Run a command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (SiteError, daemon.StartError, ValueError, OSError) as error:
        print(f"qlik_simulator: {error}", file=sys.stderr)
        return daemon.ALREADY_RUNNING if isinstance(error, daemon.AlreadyRunningError) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qlik_simulator", description="A simulated Qlik Sense site.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, words in (
        ("start", _start, "start a site in the background and print its site info"),
        ("run", _run, "run a site in the foreground until it is interrupted"),
    ):
        each = commands.add_parser(name, help=words)
        each.set_defaults(command=command)
        _add_state_dir(each)
        _add_site(each)
    for name, command, words in (
        ("status", _status, "print the site info of a site and whether it runs"),
        ("stop", _stop, "stop a site"),
    ):
        each = commands.add_parser(name, help=words)
        each.set_defaults(command=command)
        _add_state_dir(each)
    generate = commands.add_parser("generate-site", help="print the description of a generated site")
    generate.set_defaults(command=_generate)
    _add_sizes(generate)
    return parser


def _add_state_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state-dir", type=Path, required=True, help="directory that belongs to this site alone")


def _add_site(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--site", type=Path, metavar="FILE", help="description of the site, YAML")
    source.add_argument("--generate", action="store_true", help="generate the site instead")
    _add_sizes(parser)
    parser.add_argument(
        "--real-ports", action="store_true", help="4242, 4243 and 443, every node on a loopback address of its own"
    )
    parser.add_argument(
        "--balancer",
        type=_balancer,
        default="none",
        metavar="CHOICE",
        help=f"put HAProxy in front of the users' ports: {', '.join(CHOICES)} (where it is installed), or the path of a"
        " haproxy.cfg of your own, whose addresses are replaced",
    )
    parser.add_argument(
        "--switch", action="append", default=[], metavar="NAME=VALUE", help=f"one of {', '.join(SWITCHES)}"
    )


def _balancer(choice: str) -> str:
    if choice in CHOICES:
        return choice
    path = Path(choice).expanduser()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{choice!r} is none of {', '.join(CHOICES)}, and no file")
    return str(path.absolute())


_SIZES = {"proxies": 3, "virtual-proxies": 5, "sessions": 100, "users": None, "seed": 1, "licensed": 0}


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    for name, default in _SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N")


def _description(options: argparse.Namespace) -> dict[str, Any]:
    return generator.generate(**{name.replace("-", "_"): getattr(options, name.replace("-", "_")) for name in _SIZES})


def _site(options: argparse.Namespace) -> Site:
    site = site_from(_description(options)) if options.generate else load_site(options.site)
    for setting in options.switch:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ValueError(f"a switch is given as NAME=VALUE, not {setting!r}")
        site.switches[name] = value
    Switches(site.switches)
    return site


def _start(options: argparse.Namespace) -> int:
    _site(options)  # what is wrong with the description is said here, by the process that the user watches
    arguments = ["--state-dir", str(options.state_dir.absolute())]
    if options.site:
        arguments += ["--site", str(options.site.absolute())]
    else:
        arguments.append("--generate")
    for name in _SIZES:
        given = getattr(options, name.replace("-", "_"))
        if given is not None:
            arguments += [f"--{name}", str(given)]
    arguments.append(f"--balancer={options.balancer}")
    arguments += ["--real-ports"] if options.real_ports else []
    arguments += [f"--switch={setting}" for setting in options.switch]
    return _print(daemon.start(arguments, StateDirectory(options.state_dir)))


def _run(options: argparse.Namespace) -> int:
    from ..services.serving import run  # what this loads takes longer than the other commands

    state = StateDirectory(options.state_dir)
    site = _site(options)
    state.prepare()
    run(site, state, options.real_ports, options.balancer)
    return 0


def _status(options: argparse.Namespace) -> int:
    return _print(daemon.status(StateDirectory(options.state_dir)))


def _stop(options: argparse.Namespace) -> int:
    return _print({"stopped": daemon.stop(StateDirectory(options.state_dir))})


def _generate(options: argparse.Namespace) -> int:
    print(generator.as_yaml(_description(options)), end="")
    return 0


def _print(site_info: dict[str, Any]) -> int:
    print(json.dumps(site_info, ensure_ascii=False))
    return 0
