"""The nine playbooks: their plans as a golden, and runs on a hive that is a folder. Runs on real hives: tests/python.

`UPDATE_GOLDEN=1` rewrites golden/playbooks.json; its difference is to be read.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cohesix import CohesixOrchestrator
from cohesix.backends import MockBackend
from cohesix.integrations import ci_evidence_pack
from cohesix.models import ExportOpen, LeaseGrant, LeasePreempt, ScheduleRequest
from cohesix.playbooks import PLAYBOOKS, RunOptions, dry_run, plan_of, run_playbook, undo_run
from cohesix.playbooks.cli import main
from cohesix.playbooks.planned import giving_back

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "golden" / "playbooks.json"
NO_SUCH = "/no/such: No such file or directory."
BEGINS = (ScheduleRequest, LeaseGrant, ExportOpen)
QUIET = RunOptions(run="r1", asks_host=False, now_ms=7)

# contracts-2, 12.4: jobs (role/priority/ticks), leases, seconds of the window, probes, device.
CONTRACT = {
    "mac-release-factory": ("heartbeat/4/10 heartbeat/5/12", "", 0, "systemd docker", "mac-release-audit"),
    "mac-private-peft-grid": ("lora/6/8", "grant 600 p6", 900, "all ml app=trainer", "mac-peft-audit"),
    "mac-endpoint-compliance": ("heartbeat/5/6", "quota 2/4", 0, "systemd", "mac-compliance-audit"),
    "jetson-traffic-safety": ("gpu/7/8", "grant 300 p7", 0, "docker nvidia edge app=traffic", "jetson-traffic-audit"),
    "jetson-manufacturing-safety": ("gpu/8/10", "grant 420 p8 quota 8/8", 0, "docker nvidia", "jetson-factory-audit"),
    "jetson-critical-infra": ("gpu/9/12", "grant 480 p9", 1200, "docker nvidia infra tier=critical", "jetson-infra-audit"),
    "mixed-closed-loop-ai-factory": (
        "gpu/6/9 heartbeat/5/9",
        "grant 540 p6",
        900,
        "all ai pipeline=closed-loop",
        "mixed-closed-loop-audit",
    ),
    "mixed-medical-edge-ai": (
        "gpu/9/6",
        "grant 360 p9 quota 2/2",
        1800,
        "all medical compliance=hipaa",
        "mixed-medical-audit",
    ),
    "mixed-logistics-digital-twin": (
        "heartbeat/6/7 gpu/7/7",
        "grant 420 p7 preempt maintenance",
        0,
        "docker nvidia logistics app=digital-twin",
        "mixed-logistics-audit",
    ),
}


def lease_words(line: str) -> str:
    value = json.loads(line)
    if value["op"] == "grant":
        return f"grant {value['ttl_s']} p{value['priority']}"
    if value["op"] == "quota":
        return f"quota {value['max_active']}/{value['max_preemptions']}"
    return f"preempt {value['reason']}"


class Catalogue(unittest.TestCase):
    def test_the_nine_are_those_of_the_contract(self) -> None:
        found = {}
        for playbook in PLAYBOOKS.values():
            plan = plan_of(playbook)
            jobs = " ".join(f"{one.role}/{one.priority}/{one.ticks}" for one in plan.schedule)
            leases = " ".join(lease_words(one.to_line()) for one in plan.leases)
            window = plan.exports[0].ttl_s if plan.exports else 0
            found[playbook.id] = (jobs, leases, window, playbook.device)
        wanted = {name: (row[0], row[1], row[2], row[4]) for name, row in CONTRACT.items()}
        self.assertEqual(found, wanted)
        self.assertEqual(list(PLAYBOOKS), list(CONTRACT))

    def test_their_probes(self) -> None:
        for name, row in CONTRACT.items():
            playbook, words = PLAYBOOKS[name], row[3].split()
            probes = set(playbook.probes)
            if words[0] == "all":
                self.assertEqual(probes, {"docker", "kubernetes", "nvidia", "peft", "systemd"}, name)
            selector = next((word for word in words if "=" in word), "")
            self.assertEqual(playbook.selector, selector, name)
            self.assertEqual("kubernetes" in probes, selector != "", name)
            if selector:
                self.assertIn(playbook.namespace, words, name)
            for probe in ("systemd", "docker", "nvidia"):
                self.assertEqual(probe in probes, probe in words or words[0] == "all", (name, probe))

    def test_ids_of_two_runs_never_meet_and_fit(self) -> None:
        names = {
            step.id
            for playbook in PLAYBOOKS.values()
            for run in ("", "a", "b2345678", "x" * 12)
            for step in plan_of(playbook, run).steps()
            if '"quota"' not in step.line and '"preempt"' not in step.line
        }
        steps = sum(len(row[0].split()) + row[1].count("grant") + (row[2] > 0) for row in CONTRACT.values())
        self.assertEqual(len(names), 4 * steps)
        self.assertLessEqual(max(map(len, names)), 32)

    def test_a_run_that_is_no_word_is_a_mistake(self) -> None:
        for run in ("x" * 13, "a b", "../x", "é"):
            with self.assertRaises(ValueError):
                plan_of(PLAYBOOKS["mac-release-factory"], run)

    def test_what_a_plan_begins_is_given_back(self) -> None:
        for playbook in PLAYBOOKS.values():
            plan = plan_of(playbook, "r1")
            ends = [line.to_line() for line in giving_back(plan)]
            begun = [one.id for one in (*plan.schedule, *plan.leases, *plan.exports) if isinstance(one, BEGINS)]
            taken = {one.id for one in plan.leases if isinstance(one, LeasePreempt)}
            for name in begun:
                self.assertEqual(sum(f'"{name}"' in line for line in ends), 0 if name in taken else 1, name)


class DryRun(unittest.TestCase):
    maxDiff = None

    def test_golden(self) -> None:
        reports = [dry_run(playbook).as_dict() for playbook in PLAYBOOKS.values()]
        text = json.dumps(reports, indent=1) + "\n"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            GOLDEN.parent.mkdir(exist_ok=True)
            GOLDEN.write_text(text, encoding="ascii")
        self.assertEqual(text, GOLDEN.read_text("ascii"))

    def test_it_touches_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            ran = command("--playbook", "jetson-critical-infra", "--dry-run", cwd=folder, env={"PATH": "/nonexistent"})
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertIn("planned    /queen/lease/ctl", ran.stdout)
            self.assertEqual(os.listdir(folder), [])


class OnAFolder(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="cohesix-playbook-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def test_each_is_carried_out_recorded_and_given_back(self) -> None:
        for playbook in PLAYBOOKS.values():
            with self.subTest(playbook.id), MockBackend(self.folder / playbook.id) as hive:
                report = run_playbook(playbook, hive, RunOptions(run="r1", asks_host=False, gives_back=True))
                self.assertTrue(report.ok, report.text())
                self.assertEqual({step.state for step in report.plan.steps}, {"done"})
                record = pulled(hive, playbook.device, report.telemetry.segment)
                self.assertEqual(record[0]["steps"][0]["id"], report.plan.steps[0].id)
                self.assertEqual([one["probe"] for one in record if one["kind"] == "probe"], sorted(playbook.probes))
                self.assertEqual(hive.read_text("/proc/lease/active"), "")

    def test_a_plan_that_is_refused_is_undone_and_says_so(self) -> None:
        playbook = PLAYBOOKS["mixed-closed-loop-ai-factory"]
        with MockBackend(self.folder / "hive") as hive:
            taken = LeaseGrant(id="someone", subject="bob", resource="gpu0", ttl_s=60)
            CohesixOrchestrator(hive).apply_leases([taken])
            report = run_playbook(playbook, hive, QUIET)
            self.assertFalse(report.ok)
            states = {step.id: step.state for step in report.plan.steps}
            self.assertEqual(
                states,
                {"loop-r1-job1": "undone", "loop-r1-job2": "undone", "loop-r1-lease": "failed", "loop-r1-export": "skipped"},
            )
            self.assertEqual(report.telemetry.state, "skipped")
            self.assertEqual(report.plan.error.code, "busy")
            text = report.text()
            self.assertIn("failed     /queen/lease/ctl", text)
            self.assertEqual(text.splitlines()[-1], "not ok")
            self.assertNotIn("loop-r1", hive.read_text("/proc/schedule/queue"))

    def test_what_an_earlier_run_left_can_be_ended_later_and_again(self) -> None:
        playbook = PLAYBOOKS["mixed-medical-edge-ai"]
        with MockBackend(self.folder / "hive") as hive:
            self.assertTrue(run_playbook(playbook, hive, QUIET).ok)
            first, second = (undo_run(playbook, hive, QUIET) for _ in range(2))
            self.assertEqual(hive.read_text("/proc/lease/active") + hive.read_text("/proc/lease/quotas"), "")
        self.assertEqual([{one.state for one in report.ended} for report in (first, second)], [{"done"}, {"gone"}])
        self.assertTrue(first.ok and second.ok)

    def test_the_same_run_gives_the_same_report(self) -> None:
        first, second = (self.mock_report(name) for name in ("a", "b"))
        self.assertEqual(first, second)

    def mock_report(self, name: str) -> dict[str, object]:
        with MockBackend(self.folder / name) as hive:
            report = run_playbook(PLAYBOOKS["mac-private-peft-grid"], hive, QUIET).as_dict()
        # When a lease ends is told by the clock.
        del report["proc"]
        for step in report["plan"]["steps"]:
            step.pop("reply", None)
        return report

    def test_evidence_of_a_run(self) -> None:
        for name, code in (("good", 0), ("bad", 1)):
            out = self.folder / name
            self.assertEqual(quiet_main("--playbook", "mac-release-factory", "--mock", "--run", "r1", "--out", str(out)), 0)
            if name == "bad":
                report = out / "report.json"
                report.write_text(report.read_text().replace('"ok": true', '"ok": false', 1))
            evidence = ci_evidence_pack(self.folder / "none", reports=[out / "report.json"], artefacts=out)
            self.assertEqual(evidence.exit_code, 2)  # no pack
            self.assertEqual(evidence.summary["reports"][0]["ok"], code == 0)
            names = [one["path"] for one in evidence.summary["artefacts"] if not one["path"].startswith("mockfs")]
            self.assertEqual(names, ["host.ndjson", "plan.ndjson", "report.json", "report.txt"])


class Command(unittest.TestCase):
    def test_list(self) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(main(["--list"]), 0)
        self.assertEqual([line.split()[0] for line in out.getvalue().splitlines()], list(CONTRACT))

    def test_what_is_wrong_is_said_with_status_2(self) -> None:
        cases = {
            (): "name a playbook with --playbook ID, or ask for --list",
            ("--playbook", "no\x1bsuch", "--dry-run"): "no playbook 'no\\\\x1bsuch'; cohesix-playbook --list names them",
            ("--playbook", "mac-release-factory", "--dry-run", "--run", "a b"): "a run is 1 to 12 letters and digits, not 'a b'",
            ("--playbook", "mac-release-factory", "--undo"): "--undo needs --run ID, the run to be undone",
            ("--playbook", "mac-release-factory", "--to", "http://127.0.0.1:1"): "--to needs --ticket FILE (or COH_TICKET)",
            ("--playbook", "mac-release-factory", "--to", "9p://[::1]:1", "--ticket", "/no/such"): NO_SUCH,
        }
        for arguments, text in cases.items():
            err = io.StringIO()
            with contextlib.redirect_stderr(err), mock.patch.dict(os.environ, {"COH_TICKET": ""}):
                self.assertEqual(main(list(arguments)), 2, arguments)
            self.assertEqual(err.getvalue(), f"cohesix-playbook: {text}\n")

    def test_seconds_have_an_end(self) -> None:
        for text in ("-1", "nan", "inf", "86401", "soon"):
            with self.assertRaises(SystemExit) as raised, contextlib.redirect_stderr(io.StringIO()):
                main(["--playbook", "mac-release-factory", "--dry-run", "--wait", text])
            self.assertEqual(raised.exception.code, 2, text)

    def test_a_terminal_without_letters(self) -> None:
        ran = command("--playbook", "mac-release-factory", "--mock", env={"PYTHONIOENCODING": "ascii"})
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))

    def test_a_hive_that_is_not_there_is_status_1(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            ticket = Path(folder, "ticket")
            ticket.write_text("not-a-ticket\n")
            ran = command("--playbook", "mac-release-factory", "--to", "9p://127.0.0.1:1", "--ticket", str(ticket), "--json")
            self.assertEqual(ran.returncode, 1)
            self.assertEqual(json.loads(ran.stdout)["error"]["code"], "unreachable")
            self.assertNotIn("not-a-ticket", ran.stdout + ran.stderr)


def pulled(hive: MockBackend, device: str, segment: str | None) -> list[dict[str, object]]:
    from cohesix import CohesixClient

    return [json.loads(line) for line in CohesixClient(hive).telemetry_text(device, segment).splitlines()]


def quiet_main(*arguments: str) -> int:
    with contextlib.redirect_stdout(io.StringIO()):
        return main(list(arguments))


def command(*arguments: str, cwd: str | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`python3 -m cohesix.playbooks` as a user runs it."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "cohesix.playbooks", *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(HERE.parent), **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )


if __name__ == "__main__":
    unittest.main()
