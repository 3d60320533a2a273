"""Runs a playbook: the plan as a saga, what /proc says then, what the host says, and a record of it in telemetry.

One engine for all nine: what is different between them is data. The hive decides about each line; one that needs the
approval of a second person is asked for, and waited for as long as the options say. Nobody approves their own request:
an approver is a session of its own, with a ticket of its own.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..audit import CohesixAudit
from ..backends import Backend
from ..client import CohesixClient
from ..errors import CohesixError
from ..integrations.probe import DEFAULT_BOUNDS, ProbeBounds, not_asked
from ..integrations.snapshot import HostSnapshot, ProbeChoice, collect_host_snapshot, host_facts, snapshot_to_ndjson
from ..models import Line
from ..orchestrator import CohesixOrchestrator
from ..plan import PlanReport, planned_report
from .catalogue import Playbook
from .planned import giving_back, plan_of
from .report import Ended, PlaybookReport, Sent

RECORD_SCHEMA = "cohesix-playbook/v1"
MIME = "application/x-ndjson"

# Refusals that mean: what is to be given back has ended by itself.
_GONE = frozenset({"not-found", "invalid-transition", "expired", "stale"})

# Refusals that mean: there is no hive to be asked anything else.
_AWAY = frozenset({"unreachable", "closed"})


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run. `run` ends all ids (default: 8 random letters and digits); `approver` is a second person's session;
    `gives_back` ends leases, windows and jobs after the record was sent; `asks_host` False leaves the probes out; `tell` gets
    what a person should know meanwhile."""

    run: str = ""
    approver: Backend | None = None
    approval_wait_s: float = 0.0
    gives_back: bool = False
    asks_host: bool = True
    bounds: ProbeBounds = DEFAULT_BOUNDS
    now_ms: int | None = None
    tell: Callable[[str], None] | None = None


class _TellingAudit(CohesixAudit):
    """An audit whose remarks are told at once: who is to approve something must know while it waits."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        super().__init__()
        self._tell = tell

    def breadcrumb(self, text: str) -> None:
        super().breadcrumb(text)
        if self._tell is not None:
            self._tell(text)


def dry_run(playbook: Playbook, run: str = "") -> PlaybookReport:
    """What a run would write and ask. No hive is reached and no probe asked: the same playbook gives the same report."""
    return PlaybookReport(
        playbook=playbook.id,
        run=run,
        mode="dry-run",
        door="",
        plan=planned_report(plan_of(playbook, run)),
        telemetry=Sent(playbook.device, "planned"),
        probes=_probes_of(playbook),
    )


def run_playbook(playbook: Playbook, backend: Backend, options: RunOptions | None = None) -> PlaybookReport:
    """Runs it over a backend, which stays open. Raises nothing for what a hive refuses: the report says it."""
    chosen = options or RunOptions()
    run = chosen.run or secrets.token_hex(4)
    plan = plan_of(playbook, run)
    audit = _TellingAudit(chosen.tell)
    who: dict[str, Any] = {"approver": chosen.approver, "approval_wait_s": chosen.approval_wait_s, "audit": audit}
    orchestrator = CohesixOrchestrator(backend, **who)
    client = CohesixClient(backend, **who)
    executed = orchestrator.execute_plan(plan)
    ended_by = "" if executed.error is None else executed.error.code
    proc = {} if ended_by in _AWAY else orchestrator.read_proc_snapshot()
    host = None if ended_by in _AWAY or ended_by == "cancelled" else _host_of(playbook, chosen)
    sent = _send(client, playbook, run, executed, host)
    ended = tuple(_end(client, line) for line in giving_back(plan)) if chosen.gives_back and executed.ok else ()
    return PlaybookReport(
        playbook=playbook.id,
        run=run,
        mode="mock" if backend.door == "mock" else "live",
        door=backend.door,
        plan=executed,
        telemetry=sent,
        probes=_probes_of(playbook),
        proc=proc,
        host=host,
        ended=ended,
        audit=tuple(audit.lines),
    )


def undo_run(playbook: Playbook, backend: Backend, options: RunOptions) -> PlaybookReport:
    """Ends what an earlier run, `options.run`, has begun and not given back; for one that was cut off. May be repeated."""
    plan = plan_of(playbook, options.run)
    audit = _TellingAudit(options.tell)
    client = CohesixClient(backend, approver=options.approver, approval_wait_s=options.approval_wait_s, audit=audit)
    return PlaybookReport(
        playbook=playbook.id,
        run=options.run,
        mode="undo",
        door=backend.door,
        plan=PlanReport(True, False, ()),
        telemetry=Sent(playbook.device, "none"),
        probes=_probes_of(playbook),
        ended=tuple(_end(client, line) for line in giving_back(plan)),
        audit=tuple(audit.lines),
    )


def _probes_of(playbook: Playbook) -> dict[str, Any]:
    probes: dict[str, Any] = {"names": list(playbook.probes)}
    if "kubernetes" in playbook.probes:
        probes.update(namespace=playbook.namespace, selector=playbook.selector)
    return probes


def _host_of(playbook: Playbook, options: RunOptions) -> HostSnapshot:
    choice = ProbeChoice(playbook.probes, playbook.namespace, playbook.selector)
    if options.asks_host:
        return collect_host_snapshot(choice, bounds=options.bounds, now_ms=options.now_ms)
    now_ms = time.time_ns() // 1_000_000 if options.now_ms is None else options.now_ms
    probes = tuple(not_asked(name, "probes were left out") for name in sorted(choice.names))
    return HostSnapshot(now_ms, host_facts(), probes)


def _send(client: CohesixClient, playbook: Playbook, run: str, executed: PlanReport, host: HostSnapshot | None) -> Sent:
    """Sends the record. A plan that failed leaves none: what it began was undone, and there is nothing to show for it."""
    if not executed.ok or host is None:
        return Sent(playbook.device, "skipped")
    text = _record(playbook, run, executed) + snapshot_to_ndjson(host)
    try:
        segment = client.telemetry_push(playbook.device, text, mime=MIME, name=f"{playbook.id}-{run}.ndjson")
    except CohesixError as error:
        return Sent(playbook.device, "failed", error=error.as_dict())
    return Sent(playbook.device, "sent", segment, text.count("\n"), len(text.encode()))


def _record(playbook: Playbook, run: str, executed: PlanReport) -> str:
    steps = [{"id": step.id, "kind": step.kind, "state": step.state, "entry": step.entry} for step in executed.steps]
    record = {"schema": RECORD_SCHEMA, "kind": "playbook", "playbook": playbook.id, "run": run, "steps": steps}
    return json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n"


def _end(client: CohesixClient, line: Line) -> Ended:
    path, text = line.path(), line.to_line()
    try:
        client.submit(path, text)
    except CohesixError as error:
        return Ended(path, text, "gone" if error.code in _GONE else "failed", error.as_dict())
    return Ended(path, text, "done")
