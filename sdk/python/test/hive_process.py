"""A real hive for tests: `coh up` as a child on a folder and ports of its own, and `coh` itself, both from the sources beside."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "sdk" / "python"))

from cohesix.backends import Backend, connect, read_token  # noqa: E402

NODE = ROOT / "node_modules" / "node" / "bin" / "node"
MAIN = ROOT / "apps" / "coh" / "src" / "main.ts"
MISSING = None if NODE.exists() and MAIN.exists() else "the sources of coh and the pinned Node are not here"
NO_APPROVALS = 'schema = "cohesix-hive/1"\n\n[policy]\nenabled = false\n'
READY_S = 60.0
DOORS = ("9p", "unix", "console", "rest")


def environment() -> dict[str, str]:
    """Ours, without what would name another hive."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COH", "HIVE_")) and name != "NODE_EXTRA_CA_CERTS"}


class HiveProcess:
    """Running from the start; `stop` ends it and removes its folder."""

    def __init__(self, manifest: str = NO_APPROVALS) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="cohesix-sdk-"))
        (self.data / "hive.toml").write_text(manifest, "utf-8")
        self._start()
        self.ticket = read_token(self.data / "run" / "queen.ticket")
        self.approver_ticket = read_token(self.data / "run" / "approver.ticket")
        self.console_token = read_token(self.data / "run" / "console.token")

    def _start(self) -> None:
        listen = [word for door in ("9p", "console", "http") for word in (f"--listen-{door}", "127.0.0.1:0")]
        command = [str(NODE), str(MAIN), "up", "--json", "--data", str(self.data), *listen]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._about = self._ready()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Ends it without warning and starts it again, on the same folder; its ports are others then."""
        self._child.kill()
        self._child.wait()
        self._close()
        self._start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _ready(self) -> dict[str, Any]:
        seen: list[str] = []
        ends = time.monotonic() + READY_S
        while True:
            line = self._lines.get(timeout=max(0.0, ends - time.monotonic()))
            if line is None:
                raise RuntimeError("coh up ended early:\n" + "".join(seen))
            seen.append(line)
            if line.startswith("{"):
                value = json.loads(line)
                if value.get("ready") is not True:
                    raise RuntimeError(f"coh up: {line}")
                return dict(value)

    def url(self, door: str) -> str:
        """Where a door is."""
        about = self._about
        return {
            "9p": f"9p://{about['secure9p']}",
            "unix": f"unix:{about['socket']}",
            "console": f"console://{about['console']}",
            "rest": str(about["http"]),
        }[door]

    def connect(self, door: str, ticket: str | None = None, **options: Any) -> Backend:
        """A session at a door, as the queen unless another ticket is named. Waits longer than a person would: machines are busy."""
        own = self.ticket if ticket is None else ticket
        return connect(self.url(door), ticket=own, console_token=self.console_token, timeout_s=30.0, **options)

    def coh(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs `coh` on this hive."""
        command = [str(NODE), str(MAIN), "--data", str(self.data), *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=cwd, timeout=120, check=False)

    def stop(self) -> None:
        """Ends it; idempotent."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._close()
        shutil.rmtree(self.data, ignore_errors=True)

    def _close(self) -> None:
        self._reader.join(10)  # it ends with the child
        if self._child.stdout is not None:
            self._child.stdout.close()
