"""Plans: what is to be approved, scheduled, leased and exported, and what became of each step. The lines are those of `models`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ._line import json_text
from .errors import CohesixError
from .models import (
    ActionRequest,
    ExportClose,
    ExportOpen,
    HostTicket,
    LeaseGrant,
    LeasePreempt,
    LeaseQuota,
    LeaseRelease,
    LeaseRenew,
    LeaseUnquota,
    ScheduleRequest,
)

LeaseRequest = LeaseGrant | LeaseRenew | LeasePreempt | LeaseRelease | LeaseQuota | LeaseUnquota
ExportRequest = ExportOpen | ExportClose
HostTicketRequest = HostTicket

STEPS_MAX = 1024
"""Steps of one plan."""

StepKind = Literal["approval", "schedule", "lease", "export"]
StepState = Literal["planned", "done", "failed", "skipped", "undone", "not-undone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """An approval of exactly one line: asked for, or given or denied by somebody else than its writer."""

    approval_id: str
    target_path: str
    line: str
    decision: Literal["request", "approve", "deny"] = "request"
    ttl_s: int | None = None

    def __post_init__(self) -> None:
        self.to_action()

    def to_action(self) -> ActionRequest:
        """The line of `/actions/queue`."""
        return ActionRequest(
            id=self.approval_id, target=self.target_path, line=self.line, decision=self.decision, ttl_s=self.ttl_s
        )

    def to_line(self) -> str:
        """The same as text."""
        return self.to_action().to_line()


K8S_ACTIONS: Mapping[str, str] = {"cordon": "k8s.cordon", "drain": "k8s.drain", "lease-sync": "k8s.lease.sync"}
"""What a host agent calls these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class K8sRbacIntent:
    """Something to be done to a node of Kubernetes; `key` is the same for every repeat."""

    id: str
    verb: Literal["cordon", "drain", "lease-sync"]
    node: str

    def __post_init__(self) -> None:
        if self.verb not in K8S_ACTIONS:
            raise CohesixError("invalid-payload", f"$.verb: expected {', '.join(K8S_ACTIONS)}, got {self.verb!r}")

    @property
    def key(self) -> str:
        """`k8s` and 8 hex digits of SHA-256 of `id.verb.node` (contracts-2, 12.1)."""
        return "k8s" + hashlib.sha256(f"{self.id}.{self.verb}.{self.node}".encode()).hexdigest()[:8]

    def to_ticket(self) -> HostTicket:
        """The host ticket that asks for it."""
        return HostTicket(id=self.id, idempotency_key=self.key, action=K8S_ACTIONS[self.verb], target=self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlan:
    """Carried out in this order: approvals, schedule, leases, exports."""

    approvals: Sequence[ApprovalRequest] = ()
    schedule: Sequence[ScheduleRequest] = ()
    leases: Sequence[LeaseRequest] = ()
    exports: Sequence[ExportRequest] = ()

    def __post_init__(self) -> None:
        count = len(self.approvals) + len(self.schedule) + len(self.leases) + len(self.exports)
        if count > STEPS_MAX:
            raise CohesixError("too-big", f"A plan has at most {STEPS_MAX} steps; this one has {count}.")

    def steps(self) -> list[PlanStep]:
        """What would be written, in order."""
        return [
            *(PlanStep("approval", one.approval_id, "/actions/queue", one.to_line()) for one in self.approvals),
            *(PlanStep("schedule", one.id, one.path(), one.to_line()) for one in self.schedule),
            *(PlanStep("lease", _lease_name(one), one.path(), one.to_line()) for one in self.leases),
            *(PlanStep("export", one.id, one.path(), one.to_line()) for one in self.exports),
        ]


def _lease_name(one: LeaseRequest) -> str:
    return f"{one.subject}:{one.resource}" if isinstance(one, (LeaseQuota, LeaseUnquota)) else one.id


@dataclass(slots=True)
class PlanStep:
    """One line of a plan and what became of it."""

    kind: StepKind
    id: str
    path: str
    line: str
    state: StepState = "planned"
    entry: int | None = None
    reply: Mapping[str, Any] = field(default_factory=dict)
    error: CohesixError | None = None

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        told: dict[str, Any] = {"kind": self.kind, "id": self.id, "path": self.path, "line": self.line, "state": self.state}
        if self.entry is not None:
            told["entry"] = self.entry
        if self.reply:
            told["reply"] = dict(self.reply)
        if self.error is not None:
            told["error"] = self.error.as_dict()
        return told


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What became of a plan. `undone`: taken back after a failure; `left`: done, and cannot be taken back or could not."""

    ok: bool
    dry_run: bool
    steps: tuple[PlanStep, ...]
    undone: tuple[PlanStep, ...] = ()
    left: tuple[PlanStep, ...] = ()
    error: CohesixError | None = None

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        told: dict[str, Any] = {"ok": self.ok, "dry_run": self.dry_run, "steps": [step.as_dict() for step in self.steps]}
        if self.error is not None:
            told["error"] = self.error.as_dict()
        if not self.ok:
            told["undone"] = [step.as_dict() for step in self.undone]
            told["left"] = [step.as_dict() for step in self.left]
        return told

    def to_json(self) -> str:
        """The same as one line of JSON."""
        return json_text(self.as_dict())


def planned_report(plan: ControlPlan) -> PlanReport:
    """What a plan would write, without a hive."""
    return PlanReport(True, True, tuple(plan.steps()))
