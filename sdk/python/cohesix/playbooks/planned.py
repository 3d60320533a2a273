"""A playbook as a plan: the lines that it writes, with ids of their own for each run."""

from __future__ import annotations

import re

from ..models import (
    ExportClose,
    ExportOpen,
    LeaseGrant,
    LeasePreempt,
    LeaseQuota,
    LeaseRelease,
    LeaseUnquota,
    Line,
    ScheduleCancel,
    ScheduleRequest,
)
from ..plan import ControlPlan
from .catalogue import RESOURCE, SUBJECT, Job, Lease, Playbook, Preempt, Quota

TICK_INTERVAL_MS = 1_000  # `workers.heartbeat_interval_ms` of the default manifest
DEADLINE_MS = 900_000  # for a job to be started

_RUN = re.compile(r"[A-Za-z0-9]{1,12}")


def plan_of(playbook: Playbook, run: str = "") -> ControlPlan:
    """The plan; `run` (1 to 12 letters and digits) ends every id, so that no two runs meet. `ValueError` for another one.
    The order is that of the contract: schedule, leases, exports. Approvals are asked for line by line, when a rule says so."""
    if run != "" and _RUN.fullmatch(run) is None:
        raise ValueError(f"a run is 1 to 12 letters and digits, not {run!r}")
    key = playbook.key if run == "" else f"{playbook.key}-{run}"
    return ControlPlan(
        schedule=tuple(_request(job, f"{key}-job{at}") for at, job in enumerate(playbook.jobs, 1)),
        leases=tuple(_lease_line(lease, f"{key}-lease") for lease in playbook.leases),
        exports=(ExportOpen(id=f"{key}-export", ttl_s=playbook.export_s),) if playbook.export_s > 0 else (),
    )


def giving_back(plan: ControlPlan) -> tuple[Line, ...]:
    """The lines that end what a plan has begun, windows first: nothing leaves by them any more."""
    windows = [ExportClose(id=one.id, reason="playbook-done") for one in plan.exports if isinstance(one, ExportOpen)]
    taken = {one.id for one in plan.leases if isinstance(one, LeasePreempt)}
    leases = [line for one in plan.leases for line in _ending(one) if getattr(line, "id", None) not in taken]
    jobs = [ScheduleCancel(id=one.id) for one in plan.schedule if isinstance(one, ScheduleRequest)]
    return (*windows, *leases, *jobs)


def _request(job: Job, name: str) -> ScheduleRequest:
    return ScheduleRequest(
        id=name,
        role=job.role,
        priority=job.priority,
        ticks=job.ticks,
        budget_ms=job.ticks * (TICK_INTERVAL_MS + job.tick_ms),
        deadline_ms=DEADLINE_MS,
    )


def _lease_line(lease: Lease | Preempt | Quota, name: str) -> LeaseGrant | LeasePreempt | LeaseQuota:
    if isinstance(lease, Lease):
        return LeaseGrant(id=name, subject=SUBJECT, resource=RESOURCE, ttl_s=lease.ttl_s, priority=lease.priority)
    if isinstance(lease, Preempt):
        return LeasePreempt(id=name, reason=lease.reason)
    return LeaseQuota(
        subject=SUBJECT, resource=RESOURCE, max_active=lease.max_active, max_preemptions=lease.max_preemptions
    )


def _ending(line: object) -> tuple[LeaseRelease | LeaseUnquota, ...]:
    if isinstance(line, LeaseGrant):
        return (LeaseRelease(id=line.id),)
    return (LeaseUnquota(subject=line.subject, resource=line.resource),) if isinstance(line, LeaseQuota) else ()
