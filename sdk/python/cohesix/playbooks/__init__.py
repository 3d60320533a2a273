"""Nine playbooks: each a plan for a hive, a look at the host, and a record of both in the telemetry of a device.

    from cohesix.playbooks import PLAYBOOKS, run_playbook
    report = run_playbook(PLAYBOOKS["mac-release-factory"], backend)

`cohesix-playbook --list` names them; `python3 -m cohesix.playbooks` is the same command.
"""

from __future__ import annotations

from .catalogue import PLAYBOOKS, Job, Lease, Playbook, Preempt, Quota
from .engine import PlaybookReport, RunOptions, dry_run, run_playbook, undo_run
from .planned import plan_of

__all__ = [
    "PLAYBOOKS",
    "Job",
    "Lease",
    "Playbook",
    "PlaybookReport",
    "Preempt",
    "Quota",
    "RunOptions",
    "dry_run",
    "plan_of",
    "run_playbook",
    "undo_run",
]
