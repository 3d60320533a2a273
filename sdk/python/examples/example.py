"""What the examples share: their options, the hive they talk to, and the folder of what they leave.

Every example runs without a hive (`--mock`) and with one (`--to URL --ticket FILE`); exit status 0; 1 with the refusal; 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

try:
    import cohesix  # noqa: F401  # installed, or on PYTHONPATH
except ImportError:  # a checkout
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cohesix import CohesixError
from cohesix.backends import Backend, MockBackend, connect, read_token
from cohesix.environment import connect_from_env
from cohesix.integrations.text import visible


class Example:
    """One run: `backend` and `approver` (None without one) are open, `leave` writes what is to be looked at afterwards."""

    def __init__(self, name: str, options: argparse.Namespace, backend: Backend, approver: Backend | None) -> None:
        self.options = options
        self.backend = backend
        self.approver = approver
        self.is_mock: bool = options.mock
        self.folder = Path(options.out or Path("out", "examples", name))

    def leave(self, name: str, value: Any) -> None:
        """Writes a file: text as it is, everything else as JSON with sorted keys."""
        self.folder.mkdir(parents=True, exist_ok=True)
        is_text = isinstance(value, str)
        text = value if is_text else json.dumps(value, indent=2, sort_keys=True) + "\n"
        (self.folder / name).write_text(text, encoding="utf-8")
        print(f"wrote {self.folder / name}")


def parser(name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """The options that all examples have; an example adds its own."""
    made = argparse.ArgumentParser(
        prog=name,
        description=summary,
        epilog=f"examples:\n  python3 {name} --mock\n  python3 {name} --to http://127.0.0.1:8080 --ticket queen.ticket{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--mock", action="store_true", help="run without a hive, on a folder that behaves like one")
    made.add_argument("--to", "--url", dest="to", metavar="URL", help="door: http://, 9p://, unix:, mount:/DIR")
    made.add_argument("--ticket", metavar="FILE", help="file with the ticket")
    made.add_argument("--approver-ticket", metavar="FILE", help="ticket of a second person who approves what needs it")
    made.add_argument("--out", metavar="DIR", help="where to leave what it made; default: out/examples/NAME")
    return made


def run(name: str, made: argparse.ArgumentParser, act: Callable[[Example], None]) -> int:
    """Opens the hive, runs `act`, closes it. Exit status 0; 1 with the refusal on stderr."""
    options = made.parse_args()
    if options.to is not None and options.ticket is None:
        made.error("--to needs --ticket FILE")
    if options.to is None and options.approver_ticket is not None:
        made.error("--approver-ticket needs --to URL")
    try:
        with ExitStack() as stack:
            backend = stack.enter_context(_backend(name, options))
            approver = stack.enter_context(_session(options, options.approver_ticket)) if options.approver_ticket else None
            act(Example(name, options, backend, approver))
            return 0
    except CohesixError as error:
        print(f"{name}: {visible(str(error))}", file=sys.stderr)
        return 1


def _backend(name: str, options: argparse.Namespace) -> Backend:
    if options.mock:
        root = Path(options.out or Path("out", "examples", name)) / "mockfs"
        shutil.rmtree(root, ignore_errors=True)  # each run begins with the same hive
        return MockBackend(root)
    return connect_from_env(os.environ) if options.to is None else _session(options, options.ticket)


def _session(options: argparse.Namespace, ticket: str) -> Backend:
    return connect(options.to, ticket=read_token(ticket))
