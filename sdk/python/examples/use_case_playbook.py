"""Runs one of the nine playbooks from Python: plan, leases, a look at the host, a record in telemetry, and a report."""

from __future__ import annotations

import sys

from example import Example, parser, run

from cohesix import CohesixError
from cohesix.playbooks import PLAYBOOKS, RunOptions, run_playbook

NAME = "use_case_playbook"


def act(example: Example) -> None:
    """Leaves report.json and report.txt; refuses with the plan's refusal when it was undone."""
    playbook = PLAYBOOKS[example.options.playbook]
    run_id = "mock" if example.is_mock else ""  # live: random, so that no two runs meet
    options = RunOptions(run=run_id, approver=example.approver, gives_back=True, asks_host=not example.is_mock)
    report = run_playbook(playbook, example.backend, options)
    example.leave("report.json", report.as_dict())
    example.leave("report.txt", report.text())
    print(report.text(), end="")
    if not report.ok:
        told = report.telemetry.error or {}
        raise report.plan.error or CohesixError(str(told.get("code", "internal")), told.get("detail"))


if __name__ == "__main__":
    options = parser(f"{NAME}.py", __doc__ or "", "")
    options.add_argument("--playbook", choices=list(PLAYBOOKS), default="mac-release-factory", help="which one")
    sys.exit(run(NAME, options, act))
