"""The examples on a hive that is a folder, as a user runs them: they end well, and leave the same files each time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

LEFT = {
    "lease_run": ["audit.txt", "lease.json", "release.json", "run.json"],
    "peft_roundtrip": ["export.json", "registered-1.json", "registered-2.json", "roundtrip.json"],
    "telemetry_write_pull": ["pulled.ndjson", "pushed.ndjson", "summary.json"],
    "use_case_playbook": ["report.json", "report.txt"],
}


def run(name: str, *arguments: str, cwd: str) -> subprocess.CompletedProcess[str]:
    """Runs an example in a folder, without any environment."""
    argv = [sys.executable, "-B", str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(argv, cwd=cwd, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60)


class Examples(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="cohesix-examples-")
        self.addCleanup(holder.cleanup)
        self.cwd = holder.name

    def left(self, name: str, *arguments: str) -> dict[str, str]:
        ran = run(name, "--mock", *arguments, cwd=self.cwd)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""), name)
        folder = Path(self.cwd, "out", "examples", name)
        told = [Path(line.removeprefix("wrote ")).name for line in ran.stdout.splitlines() if line.startswith("wrote ")]
        self.assertEqual(sorted(told), LEFT[name])
        return {file: (folder / file).read_text() for file in LEFT[name]}

    def test_all_are_named_here(self) -> None:
        self.assertEqual(sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "example"), sorted(LEFT))

    def test_a_lease_holds_while_its_program_runs_and_not_afterwards(self) -> None:
        left = self.left("lease_run")
        self.assertEqual(json.loads(left["run.json"])["stdout"], "332833500\n")
        self.assertEqual(json.loads(left["release.json"])["held"], [])

    def test_what_is_pulled_is_what_was_pushed(self) -> None:
        left = self.left("telemetry_write_pull")
        self.assertEqual(left["pulled.ndjson"], left["pushed.ndjson"])
        self.assertEqual(len(left["pushed.ndjson"].splitlines()), 100)

    def test_a_rollback_leads_to_the_first_model(self) -> None:
        steps = json.loads(self.left("peft_roundtrip", "--run", "r1")["roundtrip.json"])["steps"]
        self.assertEqual(
            [step["current"] for step in steps],
            ["example-job_8932-v1-r1", "example-job_8932-v2-r1", "example-job_8932-v1-r1"],
        )

    def test_a_playbook_reports(self) -> None:
        left = self.left("use_case_playbook", "--playbook", "mixed-medical-edge-ai")
        self.assertEqual(json.loads(left["report.json"])["ok"], True)
        self.assertEqual(left["report.txt"].splitlines()[-1], "ok")

    def test_again_is_the_same(self) -> None:
        for name, arguments in {"telemetry_write_pull": (), "peft_roundtrip": ("--run", "r1"), "lease_run": ()}.items():
            self.assertEqual(self.left(name, *arguments), self.left(name, *arguments), name)

    def test_no_hive_is_one_line_and_status_1(self) -> None:
        ticket = Path(self.cwd, "ticket")
        ticket.write_text("not-a-ticket\n")
        ran = run("telemetry_write_pull", "--to", "9p://127.0.0.1:1", "--ticket", str(ticket), cwd=self.cwd)
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertRegex(ran.stderr, r"\Atelemetry_write_pull: unreachable: [^\n]+\n\Z")

    def test_wrong_usage_is_status_2(self) -> None:
        for arguments in (("--to", "9p://127.0.0.1:1"), ("--approver-ticket", "x")):
            ran = run("lease_run", *arguments, cwd=self.cwd)
            self.assertEqual((ran.returncode, ran.stdout), (2, ""), arguments)


if __name__ == "__main__":
    unittest.main()
