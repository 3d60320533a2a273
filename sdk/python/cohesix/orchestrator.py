"""CohesixOrchestrator: schedules, leases, export windows and host tickets of a hive, alone or as a plan.

A plan is a saga: its steps are carried out in order, and when one fails, those before it are taken back in reverse where they can
be (a job is cancelled, a lease released, a window closed), and the report says which were and which were not. A step whose fate is
not known (its answer was lost) is taken back like one that was done.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from .audit import CohesixAudit
from .backends.base import Accepted, Backend
from .environment import connect_from_env
from .errors import CohesixError
from .models import (
    ExportClose,
    ExportOpen,
    HostTicket,
    LeaseGrant,
    LeaseQuota,
    LeaseRelease,
    LeaseUnquota,
    Line,
    ScheduleCancel,
    ScheduleDequeue,
    ScheduleRequest,
)
from .plan import ApprovalRequest, ControlPlan, ExportRequest, K8sRbacIntent, LeaseRequest, PlanReport, PlanStep, planned_report
from .submit import ACTIONS_QUEUE, Submitter

PROC_SNAPSHOT: tuple[str, ...] = (
    "/proc/lifecycle/state",
    "/proc/schedule/summary",
    "/proc/schedule/queue",
    "/proc/lease/summary",
    "/proc/lease/active",
    "/proc/lease/preemptions",
)
"""What `read_proc_snapshot` reads unless told otherwise."""
PROC_BYTES_MAX = 1 << 16
UNDO_REASON = "plan-undone"

_Self = TypeVar("_Self", bound="CohesixOrchestrator")


class CohesixOrchestrator:
    """One session with a hive. `approver`: a second session, of somebody else, that approves what needs it."""

    def __init__(
        self,
        backend: Backend,
        *,
        approver: Backend | None = None,
        approval_wait_s: float = 0.0,
        audit: CohesixAudit | None = None,
    ) -> None:
        self.backend = backend
        self.approver = approver
        self.audit = audit if audit is not None else CohesixAudit()
        self._submitter = Submitter(backend, approver, approval_wait_s, self.audit)

    @classmethod
    def from_env(cls: type[_Self], env: Mapping[str, str] = os.environ, **options: object) -> _Self:
        """The hive that the environment names, in the order of contracts-2, 12.2: mock, mount, REST, then console or 9P."""
        return cls(connect_from_env(env), **options)  # type: ignore[arg-type]

    def queue_approvals(self, approvals: Iterable[ApprovalRequest]) -> list[Accepted]:
        """Asks for approvals, or gives or denies them where this session may."""
        return [self._submitter.submit(ACTIONS_QUEUE, one.to_line()) for one in approvals]

    def enqueue_schedule(self, requests: Iterable[ScheduleRequest]) -> list[Accepted]:
        """Queues jobs."""
        return self._all(requests)

    def dequeue_schedule(self, ids: Iterable[str]) -> list[Accepted]:
        """Takes the head of the queue out, for a dispatcher outside; `stale` for any other job."""
        return self._all(ScheduleDequeue(id=one) for one in ids)

    def cancel_schedule(self, ids: Iterable[str]) -> list[Accepted]:
        """Ends jobs."""
        return self._all(ScheduleCancel(id=one) for one in ids)

    def apply_leases(self, requests: Iterable[LeaseRequest]) -> list[Accepted]:
        """Grants, renews, preempts and releases leases, and sets quotas."""
        return self._all(requests)

    def apply_exports(self, requests: Iterable[ExportRequest]) -> list[Accepted]:
        """Opens and closes export windows."""
        return self._all(requests)

    def enqueue_host_tickets(self, requests: Iterable[HostTicket]) -> list[Accepted]:
        """Asks hosts for actions. A repeat with the same id and key is the same request."""
        return self._all(requests)

    def enqueue_k8s_rbac_tickets(self, intents: Iterable[K8sRbacIntent]) -> list[Accepted]:
        """Asks for what is to be done to nodes of Kubernetes."""
        return self._all(one.to_ticket() for one in intents)

    def enqueue_federated_host_tickets(
        self, requests: Iterable[HostTicket], *, source_hive: str, target_hive: str
    ) -> list[Accepted]:
        """Asks the hosts of another hive, through the relays between."""
        return self._all(replace(one, source_hive=source_hive, target_hive=target_hive) for one in requests)

    def read_proc_snapshot(self, paths: Sequence[str] = PROC_SNAPSHOT) -> dict[str, object]:
        """Texts of views by their paths; where one cannot be read, `{"error": code}`."""
        found: dict[str, object] = {}
        for path in paths:
            try:
                found[path] = self.backend.read_text(path, PROC_BYTES_MAX)
            except CohesixError as error:
                found[path] = {"error": error.code}
        return found

    def execute_plan(self, plan: ControlPlan, dry_run: bool = False) -> PlanReport:
        """Carries a plan out, or only says what it would write. What the hive refuses is in the report, not raised."""
        steps = plan.steps()
        if dry_run:
            return planned_report(plan)
        for at, step in enumerate(steps):
            try:
                self._carry_out(step)
            except CohesixError as error:
                step.error = error
                step.state = "failed"
                for later in steps[at + 1 :]:
                    later.state = "skipped"
                undone, left = self._take_back(steps[: at + 1])
                return PlanReport(False, False, tuple(steps), tuple(undone), tuple(left), error)
        return PlanReport(True, False, tuple(steps))

    def _carry_out(self, step: PlanStep) -> None:
        accepted = self._submitter.submit(step.path, step.line)
        step.entry = accepted.entry
        step.reply = accepted.reply
        step.state = "done"

    def _take_back(self, steps: Sequence[PlanStep]) -> tuple[list[PlanStep], list[PlanStep]]:
        undone: list[PlanStep] = []
        left: list[PlanStep] = []
        for step in reversed(steps):
            is_unknown = step.error is not None and step.error.is_unknown
            if step.state != "done" and not is_unknown:
                continue
            inverse = inverse_of(step)
            if inverse is None:
                left.append(step)
                continue
            try:
                self._submitter.submit(inverse.path(), inverse.to_line())
                step.state = "undone"
                undone.append(step)
            except CohesixError as error:
                if is_unknown and error.code == "not-found":
                    continue  # it had not happened
                step.state = "not-undone"
                step.error = step.error or error
                left.append(step)
        return undone, left

    def _all(self, lines: Iterable[Line]) -> list[Accepted]:
        return [self._submitter.submit(one.path(), one.to_line()) for one in lines]

    def close(self) -> None:
        """Ends the sessions; idempotent."""
        self.backend.close()
        if self.approver is not None:
            self.approver.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def inverse_of(step: PlanStep) -> Line | None:
    """The line that takes a step back; None where nothing does: a renewal, a preemption, a closed window, an approval."""
    if step.kind == "schedule":
        return ScheduleCancel(id=step.id)
    if step.kind == "export" and _is(ExportOpen, step.line):
        return ExportClose(id=step.id, reason=UNDO_REASON)
    if step.kind == "lease":
        return _inverse_of_lease(step)
    return None


def _inverse_of_lease(step: PlanStep) -> Line | None:
    if _is(LeaseGrant, step.line):
        return LeaseRelease(id=step.id)
    if _is(LeaseQuota, step.line):
        quota = LeaseQuota.from_line(step.line)
        return LeaseUnquota(subject=quota.subject, resource=quota.resource)
    return None


def _is(cls: type[Line], line: str) -> bool:
    try:
        cls.from_line(line)
    except CohesixError:
        return False
    return True
