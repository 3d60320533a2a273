"""CohesixClient: GPUs, workers, telemetry and models of a hive, one act a method. It writes the lines that `coh` writes.

Everything goes through a `Backend`; what the hive refuses is raised as `CohesixError`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from . import peft, telemetry
from ._line import json_text
from .audit import CohesixAudit
from .backends.base import Accepted, Backend
from .errors import CohesixError
from .gpu_run import RunResult, run_under_lease
from .models import KillWorker, SpawnAdapter, SpawnGpu, SpawnHeartbeat, SpawnHost
from .submit import Submitter

QUEEN = "/queen/ctl"
POLL_S = 0.1
READY = "running"
GPU_FILES = frozenset({"ctl", "info", "job", "jobs", "lease", "status"})
WORKER = re.compile(r"[A-Za-z0-9_-]{1,64}")

_Self = TypeVar("_Self", bound="CohesixClient")


class CohesixClient:
    """One session. `approver`: a second one, of somebody else; `approval_wait_s`: how long to wait for a person otherwise."""

    def __init__(
        self,
        backend: Backend,
        *,
        approver: Backend | None = None,
        approval_wait_s: float = 0.0,
        audit: CohesixAudit | None = None,
    ) -> None:
        self.backend = backend
        self.audit = audit if audit is not None else CohesixAudit()
        self._submitter = Submitter(backend, approver, approval_wait_s, self.audit)

    def submit(self, path: str, line: str, *, key: str | None = None) -> Accepted:
        """Writes one line of a control file, with the approval that it may need."""
        return self._submitter.submit(path, line, key=key)

    # --- GPUs

    def gpu_list(self) -> list[dict[str, Any]]:
        """The GPUs that hosts publish: the fields of `info`, and `gpu`, the name they are leased by."""
        gpus: list[dict[str, Any]] = []
        hosts: list[str] = []
        for name in self._names("/gpu"):
            row = self._info(name)
            if row is None:
                continue
            if "gpus" in row:
                hosts.append(name)
            else:
                gpus.append({"gpu": name, **row})
        # `/gpu/<id>` is there while one host publishes; of several each GPU is `/gpu/<host>/<id>` alone.
        return gpus or [one for host in hosts for one in self._gpus_of(host)]

    def _gpus_of(self, host: str) -> list[dict[str, Any]]:
        names = [f"{host}/{name}" for name in self._names(f"/gpu/{host}") if name not in GPU_FILES]
        found = [(name, self._info(name)) for name in names]
        return [{"gpu": name, **row} for name, row in found if row is not None]

    def _info(self, name: str) -> dict[str, Any] | None:
        if name in ("models", "bridge", "telemetry", "ctl"):
            return None
        try:
            rows = self.backend.read_json_lines(f"/gpu/{name}/info")
        except CohesixError as error:
            if error.code in ("invalid-path", "not-directory"):
                return None
            raise
        return rows[0] if rows else None

    def _names(self, path: str) -> list[str]:
        try:
            return self.backend.list_dir(path)
        except CohesixError as error:
            if error.code in ("invalid-path", "not-directory"):
                return []
            raise

    def gpu_status(self, gpu: str) -> dict[str, Any]:
        """What is known of a GPU: `info`, the leases that hold, the jobs, the last lines of its status."""
        folder = gpu_path(gpu)
        info = self.backend.read_json_lines(f"{folder}/info")
        leases = held_in(self.backend.read_json_lines(f"{folder}/lease"))
        jobs = self.backend.read_json_lines(f"{folder}/jobs")
        status = self.backend.read_text(f"{folder}/status").split("\n")
        return {"info": info[0] if info else {}, "leases": leases, "jobs": jobs, "status": [one for one in status if one][-10:]}

    def gpu_lease(
        self,
        gpu: str,
        *,
        mem_mb: int,
        streams: int = 1,
        ttl_s: int,
        priority: int | None = None,
        budget_ttl_s: int | None = None,
        budget_ops: int | None = None,
    ) -> Accepted:
        """Starts a worker with a part of a GPU; `reply` has its id, the lease, its fence and its end."""
        lease = _given(gpu_id=gpu, mem_mb=mem_mb, streams=streams, ttl_s=ttl_s, priority=priority)
        budget = _given(ttl_s=budget_ttl_s, ops=budget_ops)
        line = {"spawn": "gpu", "lease": lease, **({"budget": budget} if budget else {})}
        SpawnGpu.from_plain(line)
        return self.submit(QUEEN, json_text(line))

    def gpu_release(self, gpu: str, worker: str, reason: str = "released") -> Accepted:
        """Takes from a worker what it holds of a GPU."""
        for word in (worker, reason):
            if not word or any(one.isspace() for one in word):
                raise CohesixError("invalid-payload", "A worker and a reason are one word each.")
        return self.submit(f"{gpu_path(gpu)}/ctl", f"RELEASE {worker} {reason}")

    def run_command(
        self,
        gpu: str,
        argv: Iterable[str],
        *,
        worker: str,
        timeout_s: float = 600.0,
        output_bytes_max: int = 1 << 20,
        env: Mapping[str, str] | None = None,
    ) -> RunResult:
        """Runs a program of this host while a lease of `worker` holds on `gpu`; it is ended when the lease ends or the time is up."""
        return run_under_lease(self.backend, gpu_path(gpu), list(argv), worker, timeout_s, output_bytes_max, env)

    # --- Workers

    def worker_spawn(self, kind: str, **fields: Any) -> str:
        """Starts a worker: `heartbeat` (ticks, budget), `host` (budget), `gpu` (lease, budget), `bus`, `lora` (adapter, budget). Its id."""
        plain = {"spawn": kind, **_given(**fields)}
        cls = {"heartbeat": SpawnHeartbeat, "host": SpawnHost, "gpu": SpawnGpu}.get(kind, SpawnAdapter)
        cls.from_plain(plain)
        accepted = self.submit(QUEEN, json_text(plain))
        worker = accepted.reply.get("id")
        if not isinstance(worker, str):
            sentence = "The hive took the line and named no worker; may this ticket read /proc/self?"
            raise CohesixError("internal", sentence, path=QUEEN)
        return worker

    def worker_status(self, worker: str) -> dict[str, Any]:
        """What is known of a worker: kind, state, what it has used; `not-found` when there is none (any more)."""
        if WORKER.fullmatch(worker) is None:
            raise CohesixError("invalid-payload", f"{worker[:64]!r} is no worker.")
        try:
            rows = self.backend.read_json_lines(f"/worker/{worker}/info")
        except CohesixError as error:
            if error.code == "invalid-path":
                raise CohesixError("not-found", f"There is no worker {worker}.") from None
            raise
        return rows[0] if rows else {}

    def worker_wait_ready(self, worker: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """Waits until a worker runs; `timeout` when it does not in time, `not-found` when it has ended."""
        ends = time.monotonic() + timeout_s
        while True:
            row = self.worker_status(worker)
            if row.get("state") == READY:
                return row
            if time.monotonic() >= ends:
                raise CohesixError("timeout", f"{worker} is {row.get('state')} after {timeout_s:g} s.")
            time.sleep(POLL_S)

    def queen_kill(self, worker: str) -> Accepted:
        """Ends a worker."""
        return self.submit(QUEEN, KillWorker(kill=worker).to_line())

    def worker_teardown(self, worker: str) -> Accepted | None:
        """Ends a worker; None when it was gone already."""
        try:
            return self.queen_kill(worker)
        except CohesixError as error:
            if error.code in ("not-found", "invalid-transition", "stale"):
                return None
            raise

    # --- Telemetry

    def telemetry_push(
        self, device: str, text: str | Iterable[str], *, mime: str = "application/x-ndjson", name: str = "telemetry.ndjson"
    ) -> str:
        """Sends a text as a segment of a device, in pieces that fit; a repeat goes on with what the hive has. The segment's id."""
        whole = text if isinstance(text, str) else "".join(f"{line}\n" for line in text)
        return telemetry.push(self._submitter, device, whole, mime, name)

    def telemetry_pull(self, device: str, segment: str | None = None) -> bytes:
        """The records of a segment, by default the latest, as they are in the hive."""
        return telemetry.pull(self.backend, device, segment)

    def telemetry_text(self, device: str, segment: str | None = None) -> str:
        """The text that was pushed inline: the payloads of the records, joined."""
        return telemetry.payload_of(telemetry.pull(self.backend, device, segment))

    # --- Models

    def peft_export(self, job: str, destination: str | Path) -> dict[str, Any]:
        """Fetches the files of a LoRA job to `destination/job`, all with their hashes or none."""
        return peft.export_job(self.backend, job, Path(destination))

    def peft_import(
        self, model: str, *, adapter: str | Path, job: str, exported: str | Path, registry: str | Path, publish: bool = True
    ) -> dict[str, Any]:
        """Checks an adapter, puts it into the registry of this host, and registers it in the hive when `publish` is set."""
        return peft.import_model(self._submitter, model, Path(adapter), job, Path(exported), Path(registry), publish)

    def peft_activate(self, model: str, *, registry: str | Path, host: str | None = None) -> dict[str, Any]:
        """Makes a model of the registry the active one, in the hive and in the registry."""
        return peft.activate(self._submitter, model, Path(registry), host)

    def peft_rollback(self, *, registry: str | Path, host: str | None = None, steps: int | None = None) -> dict[str, Any]:
        """Goes back to what was active before, in the hive and in the registry."""
        return peft.rollback(self._submitter, Path(registry), host, steps)

    def close(self) -> None:
        """Ends the session; idempotent. The approver's is its owner's to end."""
        self.backend.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def gpu_path(gpu: str) -> str:
    """Folder of a GPU: a name may be `GPU-0`, or `host/GPU-0`."""
    return f"/gpu/{gpu.removeprefix('/gpu/')}"


def held_in(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The leases of a `lease` file that hold: each grant that no end with its fence follows."""
    rows = [dict(line) for line in lines]
    ended = {row.get("fence") for row in rows if row.get("state") == "RELEASED"}
    return [
        row
        for row in rows
        if row.get("schema") == "gpu-lease/v1" and row.get("state") == "ACTIVE" and row.get("fence") not in ended
    ]


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
