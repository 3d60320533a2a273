"""A program of this host under a lease of a GPU: told to the hive at its start and its end, ended when the lease ends.

The lease is looked at before (whose it is, and its fence); the hive checks the fence again with each breadcrumb. While the program
runs the lease file is read again and again, because somebody else may have the GPU once the lease is over.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from ._line import json_text
from .backends.base import Backend
from .errors import CohesixError

POLL_S = 0.25
GRACE_S = 5.0
COMMAND_BYTES_MAX = 256
"""Longest command in a breadcrumb (contracts-1, 5.6)."""
NOT_STARTED = 127
TOKEN = re.compile(r"(?:coh2\.|cohs\.|cohesix-ticket-)[A-Za-z0-9_.-]+")
"""A ticket among the words of a command: that is not told."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How it ended. `ended_by`: `itself`, `lease` or `timeout`; output beyond the bound is counted, not kept."""

    gpu: str
    worker: str
    fence: int
    exit_code: int
    ended_by: str
    stdout: bytes
    stderr: bytes
    dropped_bytes: int


def run_under_lease(
    backend: Backend,
    folder: str,
    argv: Sequence[str],
    worker: str,
    timeout_s: float,
    output_bytes_max: int,
    env: Mapping[str, str] | None,
) -> RunResult:
    """Runs `argv`, no shell. Raises `CohesixError` when there is no such lease; a program that cannot be started is status 127."""
    if not argv:
        raise CohesixError("invalid-payload", "There is no command.")
    lease = _lease(backend, folder, worker)
    fence = int(lease["fence"])
    command = _cut(" ".join(shlex.quote(word) for word in argv))
    _tell(backend, folder, {"event": "START", "command": command, "status": "RUNNING"}, worker, fence)
    told = {
        "COH_GPU": folder.removeprefix("/gpu/"),
        "COH_GPU_WORKER": worker,
        "COH_GPU_FENCE": str(fence),
        "COH_GPU_MEM_MB": str(lease.get("mem_mb", "")),
    }
    code, ended_by, out, err = _run(
        backend, folder, argv, fence, timeout_s, output_bytes_max, {**os.environ, **told, **(env or {})}
    )
    status = "OK" if code == 0 and ended_by == "itself" else "ERR"
    try:
        _tell(backend, folder, {"event": "EXIT", "command": command, "status": status, "exit_code": code}, worker, fence)
    except CohesixError as error:
        if error.code not in ("stale", "denied", "expired", "not-found"):
            raise  # the lease is over, and the hive knows
    dropped = out.dropped + err.dropped
    return RunResult(told["COH_GPU"], worker, fence, code, ended_by, bytes(out.kept), bytes(err.kept), dropped)


def _lease(backend: Backend, folder: str, worker: str) -> dict[str, Any]:
    rows = backend.read_json_lines(f"{folder}/lease")
    ended = {row.get("fence") for row in rows if row.get("state") == "RELEASED"}
    for row in rows:
        is_held = row.get("state") == "ACTIVE" and row.get("fence") not in ended
        if is_held and row.get("worker_id") == worker and isinstance(row.get("fence"), int):
            return row
    raise CohesixError("denied", f"{worker} has no lease on {folder.removeprefix('/gpu/')}.", path=f"{folder}/lease")


def _is_held(backend: Backend, folder: str, fence: int) -> bool:
    """Whether the lease holds as far as can be told: when it cannot be read it is not."""
    try:
        rows = backend.read_json_lines(f"{folder}/lease")
    except CohesixError:
        return False
    states = [row.get("state") for row in rows if row.get("fence") == fence]
    return "ACTIVE" in states and "RELEASED" not in states


class _Kept:
    """Output of a program, up to a bound; a thread reads it, so that a full pipe does not stop the program."""

    def __init__(self, pipe: IO[bytes], bytes_max: int) -> None:
        self.kept = bytearray()
        self.dropped = 0
        self._pipe = pipe
        self._bytes_max = bytes_max
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while part := self._pipe.read1(1 << 16):  # type: ignore[attr-defined]
            room = self._bytes_max - len(self.kept)
            self.kept += part[: max(0, room)]
            self.dropped += max(0, len(part) - room)

    def join(self) -> None:
        self._thread.join(GRACE_S)


class _Nothing:
    kept = b""
    dropped = 0


def _run(
    backend: Backend,
    folder: str,
    argv: Sequence[str],
    fence: int,
    timeout_s: float,
    output_bytes_max: int,
    env: Mapping[str, str],
) -> tuple[int, str, Any, Any]:
    try:
        child = subprocess.Popen(  # noqa: S603
            list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(env)
        )
    except (OSError, ValueError):
        return NOT_STARTED, "itself", _Nothing, _Nothing
    assert child.stdout is not None and child.stderr is not None
    out, err = _Kept(child.stdout, output_bytes_max), _Kept(child.stderr, output_bytes_max)
    ended_by = _watch(backend, folder, fence, child, time.monotonic() + timeout_s)
    out.join()
    err.join()
    code = child.returncode
    return (128 - code if code < 0 else code), ended_by, out, err


def _watch(backend: Backend, folder: str, fence: int, child: subprocess.Popen[bytes], ends: float) -> str:
    while True:
        try:
            child.wait(POLL_S)
            return "itself"
        except subprocess.TimeoutExpired:
            ended_by = "timeout" if time.monotonic() >= ends else "" if _is_held(backend, folder, fence) else "lease"
        if ended_by:
            child.terminate()
            try:
                child.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            return ended_by


def _tell(backend: Backend, folder: str, event: Mapping[str, Any], worker: str, fence: int) -> None:
    line = {"schema": "gpu-breadcrumb/v1", **event, "worker": worker, "fence": fence}
    backend.write_append(f"{folder}/status", json_text(line))


def _cut(text: str) -> str:
    """What may be shown of a command: one line, bounded."""
    safe = TOKEN.sub("<ticket>", text)
    line = "".join(one if one.isprintable() else " " for one in safe)
    while len(line.encode("utf-8")) > COMMAND_BYTES_MAX:
        line = line[:-1]
    return line
