"""Runs another program with bounds on time and output. It never raises, and never waits for ever.

The program gets a process group of its own, no input and the plain locale. At a bound the whole group is killed. A process
that cannot be killed (a driver that hangs in the kernel) is left behind: nobody waits for it, or for its open pipes.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

READ_SIZE = 1 << 16
ERROR_BYTES_MAX = 4_096  # of stderr, its end: what a program says last is why it ended
GRACE_S = 0.5  # for a killed process to be gone


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that came to its end by itself."""

    status: int  # negative: the signal that ended it
    output: bytes
    error: str


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why there is no output: `not-installed`, `denied`, `timeout`, `too-big` or `failed`."""

    reason: str
    detail: str


def run_bounded(
    argv: Sequence[str], *, timeout_s: float, output_bytes_max: int, environment: Mapping[str, str] | None = None
) -> Ran | NotRun:
    """Runs `argv` (the first is looked up on PATH) for at most `timeout_s` seconds and `output_bytes_max` bytes of stdout."""
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            start_new_session=True,
        )
    except FileNotFoundError:
        return NotRun("not-installed", f"{argv[0]} is not on PATH")
    except PermissionError as error:
        return NotRun("denied", f"{argv[0]}: {error.strerror}")
    except (OSError, ValueError) as error:
        return NotRun("failed", f"{argv[0]}: {error}")
    try:
        return _collected(child, argv[0], time.monotonic() + timeout_s, timeout_s, output_bytes_max)
    finally:
        _end(child)


def _collected(
    child: subprocess.Popen[bytes], name: str, deadline: float, timeout_s: float, output_bytes_max: int
) -> Ran | NotRun:
    assert child.stdout is not None and child.stderr is not None
    output, error = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ, output)
        selector.register(child.stderr, selectors.EVENT_READ, error)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return NotRun("timeout", f"{name} gave no answer within {timeout_s:g} s")
            for key, _ in selector.select(left):
                piece = os.read(key.fd, READ_SIZE)
                if not piece:
                    selector.unregister(key.fileobj)
                else:
                    key.data.extend(piece)
                    del error[:-ERROR_BYTES_MAX]
            if len(output) > output_bytes_max:
                return NotRun("too-big", f"{name} wrote more than {output_bytes_max} bytes")
    try:
        status = child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return NotRun("timeout", f"{name} did not end within {timeout_s:g} s")
    return Ran(status, bytes(output), error.decode("utf-8", "replace"))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kills what did not end by itself: the whole group, also children that outlived the program and hold its pipes."""
    # Once its status was taken its number may be another's.
    if child.returncode is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.returncode = -signal.SIGKILL  # it cannot be killed; without a status Popen would wait again at its end
