"""One line to a control file, with what may belong to it: the approval of somebody else.

Nobody approves their own line: the approver is another backend, with another ticket of another subject; or a person, who is waited
for. What is approved is exactly the line, so a refused line is asked for as it is and sent again as it is.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass

from .audit import CohesixAudit
from .backends.base import Accepted, Backend
from .errors import CohesixError
from .models import ActionDecision, ActionRequest

ACTIONS_QUEUE = "/actions/queue"
INTENTS = "/queen/intents/ctl"
POLL_S = 0.25


@dataclass(slots=True)
class Submitter:
    """`wait_s`: how long to wait for a person when there is no `approver`; 0 does not ask at all."""

    backend: Backend
    approver: Backend | None = None
    wait_s: float = 0.0
    audit: CohesixAudit | None = None

    def submit(self, path: str, line: str, *, key: str | None = None) -> Accepted:
        """Sends the line; raises `CohesixError`."""
        try:
            accepted = self._submitted(path, line, key)
        except CohesixError as error:
            if self.audit is not None:
                self.audit.refused(path, error)
            raise
        if self.audit is not None:
            self.audit.ack(path, accepted.bytes, accepted.entry)
        return accepted

    def _submitted(self, path: str, line: str, key: str | None) -> Accepted:
        try:
            return self.backend.write_line(path, line, key=key)
        except CohesixError as error:
            if error.code != "needs-approval" or (self.approver is None and self.wait_s <= 0):
                raise
        self._approved(*carried(path, line))
        # Another key: the refusal of the first is what the gateway remembers under that one.
        return self.backend.write_line(path, line, key=None if key is None else f"{key}-approved")

    def _approved(self, path: str, line: str) -> None:
        """Returns when somebody has approved the line; raises when nobody does in time, or somebody denies."""
        action = f"ask-{secrets.token_hex(5)}"
        ttl_s = max(60, int(self.wait_s) + 1)
        request = ActionRequest(id=action, target=path, line=line, decision="request", ttl_s=ttl_s)
        asked = self.backend.write_line(ACTIONS_QUEUE, request.to_line())
        if self.approver is not None:
            self.approver.write_line(ACTIONS_QUEUE, self._decision(action, asked, path, line))
        elif self.audit is not None:
            self.audit.breadcrumb(f"waiting up to {self.wait_s:g} s for an approval; to give it: coh approve {action}")
        self._wait(action)

    def _decision(self, action: str, asked: Accepted, path: str, line: str) -> str:
        if asked.entry is not None:
            return ActionDecision(id=action, entry=asked.entry, decision="approve").to_line()
        return ActionRequest(id=f"{action}-ok", target=path, line=line, decision="approve", ttl_s=60).to_line()

    def _wait(self, action: str) -> None:
        ends = time.monotonic() + self.wait_s
        while True:
            rows = self.backend.read_json_lines(f"/actions/{action}/status")
            state = rows[0].get("state") if rows else None
            if state == "queued" or (state == "requested" and self.approver is not None and self.wait_s <= 0):
                return
            if state == "denied":
                raise CohesixError("approval-denied", f"Somebody denied request {action}.")
            if state in ("expired", "consumed") or time.monotonic() >= ends:
                raise CohesixError("needs-approval", f"Nobody approved request {action} in {self.wait_s:g} s.")
            time.sleep(POLL_S)


def carried(path: str, line: str) -> tuple[str, str]:
    """What an approval must be of: the line, or the one that an intent carries."""
    if path != INTENTS:
        return path, line
    try:
        value = json.loads(line)
    except ValueError:
        return path, line
    if not isinstance(value, dict) or not isinstance(value.get("cmd"), str):
        return path, line
    return str(value.get("target", "/queen/ctl")), value["cmd"]
