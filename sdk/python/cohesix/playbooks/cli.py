"""`cohesix-playbook`: lists the playbooks, shows what one would do, and does it."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..backends import Backend, MockBackend, connect, read_token
from ..environment import connect_from_env
from ..errors import CohesixError
from ..integrations.probe import ProbeBounds
from ..integrations.snapshot import snapshot_to_ndjson
from ..integrations.text import visible
from .cancel import cancelled_by_signals
from .catalogue import PLAYBOOKS, Playbook
from .engine import RunOptions, dry_run, run_playbook, undo_run
from .report import PlaybookReport

DONE = 0
FAILED = 1  # the hive refused, or could not be reached: the report, or the message, says which
USAGE = 2
SECONDS_MAX = 86_400

_EPILOG = """examples:
  cohesix-playbook --list
  cohesix-playbook --playbook mac-release-factory --dry-run
  cohesix-playbook --playbook mac-release-factory --mock --out out/mock
  cohesix-playbook --playbook mac-release-factory --to http://127.0.0.1:8080 --ticket queen.ticket --out out/live
  cohesix-playbook --playbook jetson-traffic-safety --to 9p://127.0.0.1:5640 --ticket queen.ticket \\
      --approver-ticket approver.ticket --wait 60 --give-back --json

without --to: COHESIX_MOCK, COHESIX_MOUNT_ROOT, COH_REST_URL, COH_TCP_HOST and the others, in the order of the README

exit status: 0 all of it was done (or would be); 1 something was refused, interrupted, undone or not reached: the report says what;
2 wrong usage, or a ticket file that cannot be read"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 0, 1 or 2 as `--help` says. `arguments` without the program's name."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter must not end a run
    if options.list:
        return _list(options)
    if options.playbook is None:
        return _usage("name a playbook with --playbook ID, or ask for --list")
    playbook = PLAYBOOKS.get(options.playbook)
    if playbook is None:
        return _usage(f"no playbook {visible(options.playbook)!r}; cohesix-playbook --list names them")
    if options.undo and options.run == "":
        return _usage("--undo needs --run ID, the run to be undone")
    try:
        report = dry_run(playbook, options.run) if options.dry_run else _run(playbook, options)
        if options.out is not None:
            write_artefacts(report, Path(options.out))
    except (ValueError, OSError) as error:
        return _usage(str(error))
    except CohesixError as error:
        return _fail(options, error)
    sys.stdout.write(_json(report.as_dict()) if options.json else report.text())
    return DONE if report.ok else FAILED


def write_artefacts(report: PlaybookReport, folder: Path) -> list[Path]:
    """Writes report.json, report.txt, plan.ndjson (the lines, with their files) and, when the host was asked, host.ndjson."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = "".join(json.dumps({"path": one.path, "line": one.line}) + "\n" for one in report.plan.steps)
    texts = {"report.json": _json(report.as_dict()), "report.txt": report.text(), "plan.ndjson": plan}
    if report.host is not None:
        texts["host.ndjson"] = snapshot_to_ndjson(report.host)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cohesix-playbook",
        description="Runs a playbook: a plan for a hive, a look at this host, and a record of both in telemetry.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--list", action="store_true", help="name the playbooks")
    add("--playbook", metavar="ID", help="the one to run")
    add("--dry-run", action="store_true", help="show what it would write and ask; needs no hive")
    add("--mock", action="store_true", help="run it on a folder that behaves like a hive; the host is not asked")
    add("--json", action="store_true", help="print JSON")
    add("--to", "--url", dest="to", metavar="URL", help="door: http://, 9p://, unix:, console://, mount:/DIR")
    add("--ticket", metavar="FILE", help="file with the ticket (env COH_TICKET)")
    add("--console-token", metavar="FILE", help="file with the secret of the console, for console:// only")
    add("--ca", metavar="FILE", help="certificates that sign the one of the hive, instead of the system's")
    add("--approver-ticket", metavar="FILE", help="ticket of a second person who approves what needs it")
    add("--wait", metavar="SECONDS", type=_seconds, default=0.0, help="how long to wait for an approval; default 0: not at all")
    add("--give-back", action="store_true", help="afterwards end the leases, windows, quotas and jobs it began")
    add("--undo", action="store_true", help="end what an earlier run, --run ID, has left; may be repeated")
    add("--no-host", action="store_true", help="leave the probes of this host out")
    add("--probe-timeout", metavar="SECONDS", type=_seconds, default=5.0, help="longest time for one probe; default 5")
    ends = "ends all ids, 1 to 12 letters and digits; default: random, with --mock always mock, in a dry run none"
    add("--run", metavar="ID", default="", help=ends)
    add("--out", metavar="DIR", help="also write report.json, report.txt, plan.ndjson and host.ndjson there")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"0 to {SECONDS_MAX} seconds, not {text}")
    return seconds


def _list(options: argparse.Namespace) -> int:
    if options.json:
        rows = [{"id": one.id, "summary": one.summary, "device": one.device} for one in PLAYBOOKS.values()]
        sys.stdout.write(_json({"playbooks": rows}))
    else:
        width = max(len(name) for name in PLAYBOOKS)
        sys.stdout.writelines(f"{one.id:<{width}}  {one.summary}\n" for one in PLAYBOOKS.values())
    return DONE


def _run(playbook: Playbook, options: argparse.Namespace) -> PlaybookReport:
    with ExitStack() as stack:
        cancellation = stack.enter_context(cancelled_by_signals())
        backend = stack.enter_context(_backend(options, stack))
        approver = _approver(options)
        if approver is not None:
            stack.enter_context(approver)
        chosen = RunOptions(
            run=options.run or ("mock" if options.mock else ""),
            approver=approver,
            approval_wait_s=options.wait,
            gives_back=options.give_back,
            asks_host=not (options.no_host or options.mock),
            bounds=ProbeBounds(timeout_s=options.probe_timeout),
            tell=lambda text: print(f"cohesix-playbook: {visible(text)}", file=sys.stderr, flush=True),
        )
        act = undo_run if options.undo else run_playbook
        return act(playbook, cancellation.over(backend), chosen)


def _backend(options: argparse.Namespace, stack: ExitStack) -> Backend:
    if options.mock:
        folder = options.out or stack.enter_context(tempfile.TemporaryDirectory(prefix="cohesix-mock-"))
        root = Path(folder) / "mockfs"
        if options.undo:
            return MockBackend(root)
        shutil.rmtree(root, ignore_errors=True)  # each run begins with the same hive, so its ids are free
        return MockBackend(root)
    if options.to is None:
        return connect_from_env(os.environ)
    return _connected(options, _ticket_file(options.ticket))


def _approver(options: argparse.Namespace) -> Backend | None:
    """A session of its own: the hive sees another ticket of another subject, or it approves nothing."""
    if options.approver_ticket is None or options.mock:
        return None
    if options.to is None:
        raise ValueError("--approver-ticket needs --to")
    return _connected(options, options.approver_ticket)


def _connected(options: argparse.Namespace, ticket_file: str) -> Backend:
    console_token = None if options.console_token is None else _token(options.console_token)
    return connect(options.to, ticket=_token(ticket_file), console_token=console_token, ca_file=options.ca)


def _token(path: str) -> str:
    try:
        return read_token(path)
    except CohesixError as error:
        raise ValueError(error.detail) from None


def _ticket_file(given: str | None) -> str:
    found = given or os.environ.get("COH_TICKET")
    if not found:
        raise ValueError("--to needs --ticket FILE (or COH_TICKET)")
    return found


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"


def _fail(options: argparse.Namespace, error: CohesixError) -> int:
    if options.json:
        sys.stdout.write(_json({"ok": False, "error": error.as_dict()}))
    print(f"cohesix-playbook: {visible(str(error))}", file=sys.stderr)
    return FAILED


def _usage(text: str) -> int:
    print(f"cohesix-playbook: {visible(text)}", file=sys.stderr)
    return USAGE


if __name__ == "__main__":
    raise SystemExit(main())
