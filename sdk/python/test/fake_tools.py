"""Programs that behave badly, for tests of probes: each is a script on a PATH of its own."""

from __future__ import annotations

import os
import stat
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

SCRIPTS = {
    "hang": "#!/bin/sh\nsleep 600\n",
    # The program ends, its child keeps the pipe open: who waits for the end of the output waits for ever.
    "orphan": "#!/bin/sh\nsleep 600 &\necho $! > ${0%/*}/orphan.pid\nexit 0\n",
    "deaf": "#!/bin/sh\ntrap '' TERM INT HUP\nwhile :; do sleep 600; done\n",
    "garbage": "#!/bin/sh\nprintf '\\000\\377\\376 not what was asked for\\n'\n",
    "words": "#!/bin/sh\necho 'Segmentation fault; try again later'\n",
    "exit": "#!/bin/sh\necho first >&2\necho 'no such daemon \033[31mred\033[0m' >&2\nexit 3\n",
    "silent": "#!/bin/sh\nexit 0\n",
    "huge": "#!/bin/sh\nexec yes '{\"ID\":\"a\"}'\n",
    "loud": "#!/bin/sh\nyes error >&2\n",
    "no-exec": "#!/no/such/interpreter\n",
}


class ToolsCase(unittest.TestCase):
    """A test with a PATH of its own, with the few programs on it that its scripts need, and no SDK."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="cohesix-tools-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / "bin").mkdir()
        self.tools("sh", "sleep", "yes", "printf", "cat")
        (self.folder / "sdks").mkdir()
        for name in ("docker", "kubernetes", "pynvml"):
            self.sdk(name, "raise ImportError('not installed here')\n")
        paths = {"PATH": str(self.folder / "bin"), "PYTHONPATH": str(self.folder / "sdks")}
        patch = mock.patch.dict(os.environ, paths)
        patch.start()
        self.addCleanup(patch.stop)

    def tools(self, *names: str) -> None:
        """Makes the machine's own programs findable."""
        for name in names:
            found = next(Path(place, name) for place in ("/bin", "/usr/bin") if Path(place, name).exists())
            (self.folder / "bin" / name).symlink_to(found)

    def tool(self, name: str, script: str) -> None:
        """Puts a program on the PATH: one of SCRIPTS, or the text itself."""
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(SCRIPTS.get(script, script))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def sdk(self, name: str, source: str) -> None:
        """Makes a module that the SDK process imports, in place of one that this Python may have."""
        (self.folder / "sdks" / f"{name}.py").write_text(source)


def running_with(word: str) -> list[str]:
    """Command lines of processes that contain a word (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if word in line and entry.parent.name != str(os.getpid()):
            found.append(line)
    return found


def has_ended(pid: int, within_s: float = 10.0) -> bool:
    """Whether a process ends; a signal needs a moment to arrive (Linux)."""
    deadline = time.monotonic() + within_s
    while _is_running(pid):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def _is_running(pid: int) -> bool:
    """One that has ended and that nobody has asked about does not run."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
