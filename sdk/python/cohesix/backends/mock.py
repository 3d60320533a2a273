"""MockBackend: a tree of files that reacts to control lines, for trying things without a hive.

The tree is deterministic: the same lines give the same bytes. There is no clock (a line's time is its number) and no approval. Lines
are checked by the same models as everywhere; what a line does is a small part of what a hive does with it: ids are unique, a resource
has one holder, a worker is there until it is killed. It is a mock: nothing about a real hive can be concluded from what it allows.

`.journal` in the root has every accepted line; a second backend on the same root goes on where the first was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .._line import json_text
from ..errors import CohesixError
from ..models import CONTROLS, parse_line
from .._line import classes_at
from .base import Accepted, lines_to_append
from .filesystem import FilesystemBackend
from .mock_views import FIXED, mock_gpus, views_of

JOURNAL = ".journal"
LINES_MAX = 65_536
SEGMENT_BYTES_MAX = 131_072
SEGMENTS_MAX = 4
WHO = {"subject": "mock", "role": "queen", "ticket": "none"}


class MockState:
    """What the lines so far have made."""

    def __init__(self, include_mig: bool) -> None:
        self.seq = 0
        self.fence = 0
        self.gpus = mock_gpus(include_mig)
        self.logs: dict[str, list[str]] = {}
        self.leases: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.windows: dict[str, dict[str, Any]] = {}
        self.quotas: dict[tuple[str, str], dict[str, Any]] = {}
        self.preemptions: list[dict[str, Any]] = []
        self.workers: dict[str, dict[str, Any]] = {}
        self.tickets: dict[str, dict[str, Any]] = {}
        self.actions: dict[str, dict[str, Any]] = {}
        self.segments: dict[str, dict[str, str]] = {}
        self.names: dict[str, dict[str, dict[str, Any]]] = {}
        self.models: list[str] = []
        self.registered: dict[str, dict[str, Any]] = {}
        self.gpu_leases: list[dict[str, Any]] = []
        self.breadcrumbs: dict[str, list[str]] = {}
        self.queued = 0
        self.spawned = 0
        self.lifecycle = "ONLINE"

    def apply(self, path: str, line: str) -> dict[str, Any]:
        """What a control line does; its reply. Raises `CohesixError`, and then nothing has changed."""
        value = json.loads(line) if line.startswith("{") else line
        reply = self._react(path, value)
        self.seq += 1
        record = {"seq": self.seq, "at": self.seq, "who": WHO, "line": line, "reply": reply}
        self.logs.setdefault(path, []).append(json_text(record))
        return reply

    def _react(self, path: str, value: Any) -> dict[str, Any]:
        if path.startswith("/queen/telemetry/") and path != "/queen/telemetry/ctl":
            return self._segment(path.split("/")[3], value)
        if path.startswith("/gpu/") and path.endswith("/ctl") and path not in ("/gpu/ctl", "/gpu/models/ctl"):
            return self._gpu(path, str(value))
        react = REACTIONS.get(path)
        return {} if react is None else react(self, value)

    def lease(self, line: dict[str, Any]) -> dict[str, Any]:
        op = line["op"]
        if op in ("quota", "unquota"):
            key = (line["subject"], line["resource"])
            if op == "unquota" and key not in self.quotas:
                raise CohesixError("not-found")
            if op == "quota":
                self.quotas[key] = line
            else:
                del self.quotas[key]
            return {}
        if op == "grant":
            return self._grant(line)
        held = self.leases.get(line["id"])
        if held is None:
            raise CohesixError("not-found", f"There is no lease {line['id']}.")
        if op == "renew":
            held.update(ttl_s=line["ttl_s"], expires_ms=self.seq + 1 + 1000 * line["ttl_s"])
            return {"id": line["id"], "expires_ms": held["expires_ms"]}
        if op == "preempt":
            self.preemptions.append({**held, "reason": line["reason"]})
        del self.leases[line["id"]]
        return {"id": line["id"]}

    def _grant(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["id"] in self.leases:
            raise CohesixError("exists", f"There is a lease {line['id']} already.")
        if any(one["resource"] == line["resource"] for one in self.leases.values()):
            raise CohesixError("busy", f"{line['resource']} is held.")
        quota = self.quotas.get((line["subject"], line["resource"]))
        count = sum(one["subject"] == line["subject"] and one["resource"] == line["resource"] for one in self.leases.values())
        if quota is not None and count >= quota["max_active"]:
            raise CohesixError("exhausted", f"{line['subject']} may hold {quota['max_active']} of {line['resource']}.")
        self.fence += 1
        expires = self.seq + 1 + 1000 * line["ttl_s"]
        self.leases[line["id"]] = {**line, "fence": self.fence, "seq": self.fence, "expires_ms": expires}
        return {"id": line["id"], "state": "active", "resource": line["resource"], "fence": self.fence, "expires_ms": expires}

    def schedule(self, line: dict[str, Any]) -> dict[str, Any]:
        op = line.get("op")
        if op is None:
            if line["id"] in self.jobs:
                raise CohesixError("exists", f"There is a job {line['id']} already.")
            self.queued += 1
            self.jobs[line["id"]] = {**line, "seq": self.queued, "queued_ms": self.seq + 1}
            return {"id": line["id"], "seq": self.queued}
        if line["id"] not in self.jobs:
            raise CohesixError("not-found", f"There is no job {line['id']}.")
        if op == "dequeue" and self.head() != line["id"]:
            raise CohesixError("stale", f"The head of the queue is {self.head()}.")
        del self.jobs[line["id"]]
        return {"id": line["id"]}

    def head(self) -> str | None:
        """The job that is next: the highest priority, of these the first."""
        jobs = sorted(self.jobs.values(), key=lambda job: (-job["priority"], job["seq"]))
        return jobs[0]["id"] if jobs else None

    def export(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["op"] == "open":
            expires = self.seq + 1 + 1000 * line["ttl_s"]
            self.windows[line["id"]] = {**line, "opened_ms": self.seq + 1, "expires_ms": expires, "entry": self.seq + 1}
            return {"id": line["id"], "expires_ms": expires}
        if self.windows.pop(line["id"], None) is None:
            raise CohesixError("not-found", f"There is no window {line['id']}.")
        return {"id": line["id"]}

    def queen(self, line: dict[str, Any]) -> dict[str, Any]:
        if "kill" in line:
            if self.workers.pop(line["kill"], None) is None:
                raise CohesixError("not-found", f"There is no worker {line['kill']}.")
            self._ended(lambda lease: lease["worker_id"] == line["kill"], "killed")
            return {"id": line["kill"]}
        if "spawn" not in line:
            return {}
        worker = f"worker-{self.spawned + 1}"
        held = self._gpu_lease(worker, line["lease"]) if line["spawn"] == "gpu" else {}
        self.spawned += 1
        self.workers[worker] = {"id": worker, "kind": line["spawn"], "state": "running", "entry": self.seq + 1}
        return {"id": worker, **held}

    def _gpu_lease(self, worker: str, lease: dict[str, Any]) -> dict[str, Any]:
        gpu = lease["gpu_id"]
        if gpu not in self.gpus:
            raise CohesixError("not-found", f"There is no GPU {gpu}.")
        used = sum(one["mem_mb"] for one in self.held(gpu))
        if used + lease["mem_mb"] > self.gpus[gpu]["memory_mb"]:
            raise CohesixError("busy", f"{gpu} has not {lease['mem_mb']} MiB free.")
        self.fence += 1
        row = {"schema": "gpu-lease/v1", "state": "ACTIVE", "gpu_id": gpu, "worker_id": worker, "mem_mb": lease["mem_mb"]}
        row |= {"streams": lease["streams"], "ttl_s": lease["ttl_s"], "priority": lease.get("priority", 0)}
        row |= {"fence": self.fence, "lease": f"gpu-{self.fence}"}
        self.gpu_leases.append(row)
        return {"lease": row["lease"], "fence": self.fence, "expires_ms": self.seq + 1 + 1000 * lease["ttl_s"]}

    def held(self, gpu: str) -> list[dict[str, Any]]:
        """The leases of a GPU that hold."""
        ended = {row["fence"] for row in self.gpu_leases if row["state"] == "RELEASED"}
        return [
            row for row in self.gpu_leases if row["gpu_id"] == gpu and row["state"] == "ACTIVE" and row["fence"] not in ended
        ]

    def _ended(self, is_meant: Callable[[dict[str, Any]], bool], reason: str) -> int:
        found = [row for gpu in self.gpus for row in self.held(gpu) if is_meant(row)]
        self.gpu_leases += [{**row, "state": "RELEASED", "reason": reason} for row in found]
        return len(found)

    def _gpu(self, path: str, line: str) -> dict[str, Any]:
        words = line.split(" ")
        if words[0].upper() != "RELEASE" or len(words) < 2:
            raise CohesixError("unsupported", "The mock knows RELEASE <worker> <reason>.")
        gpu = path.split("/")[2]
        reason = " ".join(words[2:]) or "released"
        if self._ended(lambda lease: lease["worker_id"] == words[1] and lease["gpu_id"] == gpu, reason) == 0:
            raise CohesixError("not-found", f"{words[1]} has no lease on {gpu}.")
        return {}

    def host_ticket(self, line: dict[str, Any]) -> dict[str, Any]:
        known = self.tickets.get(line["id"])
        if line["schema"].startswith("host-ticket-cancel"):
            if known is None:
                raise CohesixError("not-found", f"There is no host ticket {line['id']}.")
            known["state"] = "cancelled"
            return {"id": line["id"], "state": "cancelled"}
        if known is not None and known["line"] != line:
            raise CohesixError("exists", f"There is another host ticket {line['id']}.")
        self.tickets[line["id"]] = {"line": line, "state": "queued" if known is None else known["state"]}
        return {"id": line["id"], "state": self.tickets[line["id"]]["state"]}

    def action(self, line: dict[str, Any]) -> dict[str, Any]:
        known = self.actions.get(line["id"])
        if "entry" in line and known is None:
            raise CohesixError("not-found", f"There is no request {line['id']}.")
        state = {"request": "requested", "approve": "queued", "deny": "denied"}[line["decision"]]
        self.actions[line["id"]] = {**(known or {}), **line, "state": state}
        return {"id": line["id"]}

    def activate(self, line: Any) -> dict[str, Any]:
        if isinstance(line, dict) and line["op"] == "rollback":
            steps = line.get("steps", 1)
            if len(self.models) <= steps:
                raise CohesixError("invalid-transition", "No model was active before.")
            self.models = self.models[: len(self.models) - steps]
            return {"id": self.models[-1]}
        model = line["id"] if isinstance(line, dict) else line.strip()
        if model not in self.registered:
            raise CohesixError("not-found", f"There is no model {model}.")
        if self.models[-1:] == [model]:
            raise CohesixError("invalid-transition", f"{model} is active.")
        self.models.append(model)
        return {"id": model}

    def model(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["op"] == "register":
            if line["id"] in self.registered:
                raise CohesixError("exists", f"There is a model {line['id']} already.")
            self.registered[line["id"]] = line
        elif line["id"] not in self.registered:
            raise CohesixError("not-found", f"There is no model {line['id']}.")
        elif line["op"] == "remove":
            del self.registered[line["id"]]
        return {"id": line["id"]}

    def word(self, line: Any) -> dict[str, Any]:
        states = {"cordon": "CORDONED", "drain": "DRAINING", "resume": "ONLINE", "quiesce": "QUIESCED", "reset": "BOOTING"}
        self.lifecycle = states[str(line).strip().lower()]
        return {"state": self.lifecycle}

    def _segment(self, device: str, line: dict[str, Any]) -> dict[str, Any]:
        segments = self.segments.setdefault(device, {})
        names = self.names.setdefault(device, {})
        segment = f"seg-{len(names) + 1:06d}"
        names[segment] = {"mime": line.get("mime"), "name": line.get("name"), "made": self.seq + 1}
        segments[segment] = ""
        while len(segments) > SEGMENTS_MAX:
            del segments[next(iter(segments))]
        return {"device": device, "seg_id": segment}

    def record(self, path: str, text: str) -> None:
        """Lines of a segment, or breadcrumbs of a GPU."""
        parts = path.split("/")
        if parts[1] == "gpu":
            self.breadcrumbs.setdefault(parts[2], []).extend(text.splitlines())
            return
        segments = self.segments.get(parts[3], {})
        if parts[5] not in segments:
            raise CohesixError("invalid-path", path=path)
        if len(segments[parts[5]].encode()) + len(text.encode()) > SEGMENT_BYTES_MAX:
            raise CohesixError("buffer-full", f"A segment has at most {SEGMENT_BYTES_MAX} bytes.")
        segments[parts[5]] += text


REACTIONS: Mapping[str, Callable[[MockState, Any], dict[str, Any]]] = {
    "/queen/lease/ctl": MockState.lease,
    "/queen/schedule/ctl": MockState.schedule,
    "/queen/export/ctl": MockState.export,
    "/queen/ctl": MockState.queen,
    "/queen/lifecycle/ctl": MockState.word,
    "/host/tickets/spec": MockState.host_ticket,
    "/actions/queue": MockState.action,
    "/gpu/models/active": MockState.activate,
    "/gpu/models/ctl": MockState.model,
}


class MockBackend(FilesystemBackend):
    """The tree below `root`, which is made when it is not there. `include_mig`: a GPU that is cut in parts, too."""

    door = "mock"

    def __init__(self, root: str | os.PathLike[str], include_mig: bool = False) -> None:
        Path(root).mkdir(parents=True, exist_ok=True)
        super().__init__(root)
        self._written: dict[str, str] = {}
        self._state = MockState(include_mig)
        for row in self._journal():
            self._apply(row["path"], row["text"])
        self._render()

    def write_append(self, path: str, data: bytes | str, *, key: str | None = None) -> int:
        self._accept(path, data)
        return len(lines_to_append(path, data))

    def write_line(self, path: str, line: str, *, key: str | None = None) -> Accepted:
        reply = self._accept(path, line)
        return Accepted(path, line, len(lines_to_append(path, line)), self._state.seq, reply)

    def _accept(self, path: str, data: bytes | str) -> dict[str, Any]:
        raw = lines_to_append(path, data)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise CohesixError("invalid-payload", "A line is UTF-8.", path=path) from None
        if self._state.seq >= LINES_MAX:
            raise CohesixError("buffer-full", f"A mock takes {LINES_MAX} lines.", path=path)
        before = self._journal_text()
        try:
            reply = self._apply(path, text)
        except CohesixError as error:
            error.path = path
            self._again(before)
            raise CohesixError(error.code, error.detail, path=path) from None
        with open(self.root / JOURNAL, "a", encoding="utf-8") as journal:
            journal.write(json_text({"path": path, "text": text}) + "\n")
        self._render()
        return reply

    def _apply(self, path: str, text: str) -> dict[str, Any]:
        if _is_record_file(path):
            self._state.record(path, text)
            return {}
        is_words = path.startswith("/gpu/") and path.endswith("/ctl") and len(path.split("/")) == 4
        is_known = classes_at(CONTROLS, path) is not None
        if not is_known and not is_words:
            raise CohesixError("denied" if (self.root / path[1:]).is_file() else "invalid-path", path=path)
        reply: dict[str, Any] = {}
        for line in text.splitlines():
            if not is_words or path in ("/gpu/models/ctl", "/gpu/bridge/ctl"):
                _checked(path, line)
            reply = self._state.apply(path, line)
        return reply

    def _again(self, journal: str) -> None:
        """After a refusal in the middle of several lines: all of them or none."""
        self._state = MockState("GPU-1-MIG-0" in self._state.gpus)
        for line in journal.splitlines():
            row = json.loads(line)
            self._apply(row["path"], row["text"])

    def _journal_text(self) -> str:
        path = self.root / JOURNAL
        return path.read_text("utf-8") if path.exists() else ""

    def _journal(self) -> list[dict[str, str]]:
        try:
            return [json.loads(line) for line in self._journal_text().splitlines()]
        except ValueError:
            raise CohesixError("internal", f"{self.root / JOURNAL} is no journal of a mock.") from None

    def _render(self) -> None:
        """Writes the files that are not what the state says; takes away what is not in it."""
        files = {**FIXED, **{path: "" for path in CONTROLS if ":" not in path}, **views_of(self._state)}
        for path, lines in self._state.logs.items():
            files.setdefault(path, "")
            if path not in ("/gpu/models/active",):
                files[path] = "".join(f"{line}\n" for line in lines)
        for path in [one for one in self._written if one not in files]:
            (self.root / path[1:]).unlink(missing_ok=True)
            _without_empty(self.root, (self.root / path[1:]).parent)
        for path, text in files.items():
            if self._written.get(path) != text:
                where = self.root / path[1:]
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_text(text, "utf-8")
        self._written = files

    def list_dir(self, path: str) -> list[str]:
        return [name for name in super().list_dir(path) if not name.startswith(".")]


def _without_empty(root: Path, folder: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _checked(path: str, line: str) -> None:
    if path == "/gpu/models/active" and not line.startswith("{"):
        return
    parse_line(path, line)


def _is_record_file(path: str) -> bool:
    parts = path.split("/")
    is_segment = len(parts) == 6 and parts[1:3] == ["queen", "telemetry"] and parts[4] == "seg"
    return is_segment or (len(parts) == 4 and parts[1] == "gpu" and parts[3] == "status")
