"""What a playbook did, as JSON values and as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..integrations.snapshot import HostSnapshot
from ..integrations.text import clipped, visible
from ..plan import PlanReport, PlanStep

SCHEMA = "cohesix-playbook-report/v1"
ERROR_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Ended:
    """A line that gave back what the playbook had asked for: `done`, `gone` (it had ended by itself) or `failed`."""

    path: str
    line: str
    state: str
    error: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"path": self.path, "line": self.line, "state": self.state, "error": self.error}


@dataclass(frozen=True, slots=True)
class Sent:
    """What went into the telemetry of the device: `planned`, `sent`, `skipped` (the plan failed), `failed`, or `none`: nothing
    was to be sent."""

    device: str
    state: str
    segment: str | None = None
    lines: int = 0
    bytes: int = 0
    error: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "device": self.device,
            "state": self.state,
            "segment": self.segment,
            "lines": self.lines,
            "bytes": self.bytes,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class PlaybookReport:
    """One run. `mode` is `dry-run`, `mock`, `live` or `undo`; `door` how the hive was reached; `host` None when it was not asked."""

    playbook: str
    run: str
    mode: str
    door: str
    plan: PlanReport
    telemetry: Sent
    probes: dict[str, Any]
    proc: dict[str, Any] = field(default_factory=dict)
    host: HostSnapshot | None = None
    ended: tuple[Ended, ...] = ()
    audit: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all of it was done; a step that was undone, or could not be, is a failure."""
        is_sent = self.telemetry.state in ("planned", "sent", "none")
        return self.plan.ok and is_sent and all(one.state != "failed" for one in self.ended)

    def as_dict(self) -> dict[str, Any]:
        """The report; the same run of a plan has the same keys in the same order."""
        return {
            "schema": SCHEMA,
            "playbook": self.playbook,
            "run": self.run,
            "mode": self.mode,
            "door": self.door,
            "ok": self.ok,
            "plan": self.plan.as_dict(),
            "probes": self.probes,
            "proc": self.proc,
            "host": None if self.host is None else self.host.to_object(),
            "telemetry": self.telemetry.as_dict(),
            "ended": [one.as_dict() for one in self.ended],
            "audit": list(self.audit),
        }

    def text(self) -> str:
        """The report for people: one line for each thing that was done, and the verdict last."""
        return "".join(f"{visible(line)}\n" for line in _lines(self))


def _lines(report: PlaybookReport) -> Iterator[str]:
    run = f"  run {report.run}" if report.run else ""
    yield f"playbook {report.playbook}{run}  {report.mode}{f' over {report.door}' if report.door else ''}"
    yield from map(_step, report.plan.steps)
    if report.proc:
        unread = [path for path, value in report.proc.items() if not isinstance(value, str)]
        yield _row("proc", f"{len(report.proc) - len(unread)} files{', not read: ' + ' '.join(unread) if unread else ''}")
    for probe in report.host.probes if report.host else ():
        told = f"{len(probe.items)} items" if probe.state == "ok" else f"{probe.reason}: {probe.detail}"
        yield _row("host", f"{probe.name} {probe.state} ({probe.source}) {told}")
    if report.telemetry.state != "none":
        yield _sent(report)
    for one in report.ended:
        yield _row(one.state, f"{one.path} {one.line}{_error(one.error)}")
    if any(step.state == "not-undone" for step in report.plan.steps):
        yield _row("left", f"some of it could not be taken back; later: --playbook {report.playbook} --undo --run {report.run}")
    yield "ok" if report.ok else "not ok"


def _step(step: PlanStep) -> str:
    entry = "" if step.entry is None else f"  entry {step.entry}"
    return _row(step.state, f"{step.path} {step.line}{entry}{_error(step.error and step.error.as_dict())}")


def _sent(report: PlaybookReport) -> str:
    sent = report.telemetry
    if sent.state == "sent":
        return _row("sent", f"{sent.lines} lines, {sent.bytes} bytes to {sent.device}/{sent.segment}")
    asked = ", ".join(report.probes["names"])
    what = f"what {asked} say, to {sent.device}" if sent.state == "planned" else f"telemetry to {sent.device}"
    return _row(sent.state, f"{what}{_error(sent.error)}")


def _row(word: str, text: str) -> str:
    return f"{word:<11}{text}"


def _error(error: dict[str, Any] | None) -> str:
    if error is None:
        return ""
    return f"  {error.get('code', '')}: {clipped(str(error.get('detail', '')), ERROR_LENGTH_MAX)}"
