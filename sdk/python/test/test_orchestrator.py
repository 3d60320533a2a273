"""Plans as sagas, approvals by somebody else, what the environment names, and files of a registry: on a mock and on a real hive."""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from hive_process import MISSING, HiveProcess
from test_parity import adapter_files

from cohesix import (
    ApprovalRequest,
    CohesixAudit,
    CohesixClient,
    CohesixError,
    CohesixOrchestrator,
    ControlPlan,
    K8sRbacIntent,
    MockBackend,
)
from cohesix.backends import Accepted
from cohesix.environment import connect_from_env
from cohesix.models import ExportOpen, LeaseGrant, LeaseQuota, LeaseRenew, ScheduleRequest
from cohesix.peft import number_text, verify
from cohesix.safetensors import check_safetensors
from cohesix.telemetry import batches, inline_records

JOB = ScheduleRequest(id="j1", role="gpu", priority=3, ticks=4, budget_ms=1000)
GRANT = LeaseGrant(id="l1", subject="queen", resource="gpu0", ttl_s=60)
WINDOW = ExportOpen(id="w1", ttl_s=60)
QUOTA = LeaseQuota(subject="queen", resource="gpu0", max_active=2, max_preemptions=2)
BAD = LeaseRenew(id="nobody", ttl_s=60)


class Lossy(MockBackend):
    """A mock whose answers to some lines get lost, after or before the line was taken."""

    def __init__(self, root: Path, lost: str, *, is_taken: bool) -> None:
        super().__init__(root)
        self._lost = lost
        self._is_taken = is_taken

    def write_line(self, path: str, line: str, *, key: str | None = None) -> Accepted:
        if self._lost in line:
            if self._is_taken:
                super().write_line(path, line, key=key)
            raise CohesixError("timeout", "no answer", path=path, is_unknown=True)
        return super().write_line(path, line, key=key)


class Plans(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def test_a_dry_run_writes_nothing_and_says_every_line(self) -> None:
        with CohesixOrchestrator(MockBackend(self.root)) as orchestrator:
            report = orchestrator.execute_plan(ControlPlan(schedule=[JOB], leases=[GRANT], exports=[WINDOW]), dry_run=True)
            self.assertEqual([step.line for step in report.steps], [JOB.to_line(), GRANT.to_line(), WINDOW.to_line()])
            self.assertEqual({step.state for step in report.steps}, {"planned"})
            self.assertEqual(orchestrator.backend.read_text("/queen/lease/ctl"), "")

    def test_a_plan_is_carried_out_in_order(self) -> None:
        with CohesixOrchestrator(MockBackend(self.root)) as orchestrator:
            report = orchestrator.execute_plan(ControlPlan(schedule=[JOB], leases=[QUOTA, GRANT], exports=[WINDOW]))
            self.assertTrue(report.ok)
            self.assertEqual([(step.id, step.state, step.entry) for step in report.steps],
                             [("j1", "done", 1), ("queen:gpu0", "done", 2), ("l1", "done", 3), ("w1", "done", 4)])  # fmt: skip
            self.assertEqual(json.loads(report.to_json())["ok"], True)

    def test_what_was_done_is_taken_back_when_a_step_fails(self) -> None:
        with CohesixOrchestrator(MockBackend(self.root)) as orchestrator:
            report = orchestrator.execute_plan(ControlPlan(schedule=[JOB], leases=[QUOTA, GRANT, BAD], exports=[WINDOW]))
            self.assertFalse(report.ok)
            self.assertEqual(report.error and report.error.code, "not-found")
            self.assertEqual([step.state for step in report.steps], ["undone", "undone", "undone", "failed", "skipped"])
            self.assertEqual([step.id for step in report.undone], ["l1", "queen:gpu0", "j1"])
            for path in ("/proc/lease/active", "/proc/schedule/queue", "/proc/export/windows", "/proc/lease/quotas"):
                self.assertEqual(orchestrator.backend.read_text(path), "", path)

    def test_what_cannot_be_taken_back_is_told(self) -> None:
        with CohesixOrchestrator(MockBackend(self.root)) as orchestrator:
            orchestrator.apply_leases([GRANT])
            renew = LeaseRenew(id="l1", ttl_s=90)
            report = orchestrator.execute_plan(ControlPlan(leases=[renew, BAD]))
            self.assertEqual([(step.id, step.state) for step in report.left], [("l1", "done")])
            self.assertEqual(report.undone, ())

    def test_a_step_whose_answer_was_lost_is_taken_back_whether_it_happened_or_not(self) -> None:
        for is_taken in (True, False):
            backend = Lossy(self.root / str(is_taken), '"op":"grant"', is_taken=is_taken)
            with self.subTest(is_taken), CohesixOrchestrator(backend) as orchestrator:
                report = orchestrator.execute_plan(ControlPlan(schedule=[JOB], leases=[GRANT]))
                self.assertFalse(report.ok)
                self.assertTrue(report.error is not None and report.error.is_unknown)
                self.assertEqual(backend.read_text("/proc/lease/active"), "")
                self.assertEqual(backend.read_text("/proc/schedule/queue"), "")
                self.assertEqual([step.id for step in report.undone], ["l1", "j1"] if is_taken else ["j1"])

    def test_a_step_that_cannot_be_taken_back_now_is_left_with_its_reason(self) -> None:
        backend = Lossy(self.root, '"op":"cancel"', is_taken=False)
        with CohesixOrchestrator(backend) as orchestrator:
            report = orchestrator.execute_plan(ControlPlan(schedule=[JOB], leases=[BAD]))
            self.assertEqual([(step.id, step.state) for step in report.left], [("j1", "not-undone")])
            self.assertIn("timeout", json.dumps(report.as_dict()["left"]))

    def test_plans_are_bounded_and_checked(self) -> None:
        with self.assertRaises(CohesixError):
            ControlPlan(leases=[GRANT] * 1025)
        with self.assertRaises(CohesixError):
            ApprovalRequest(approval_id="a b", target_path="/queen/ctl", line="x")
        with self.assertRaises(CohesixError):
            K8sRbacIntent(id="t", verb="delete", node="n")  # type: ignore[arg-type]

    def test_keys_of_kubernetes_intents(self) -> None:
        ticket = K8sRbacIntent(id="t2", verb="cordon", node="n1").to_ticket()
        self.assertEqual((ticket.idempotency_key, ticket.action, ticket.target), ("k8s579e5e0c", "k8s.cordon", "n1"))

    def test_the_audit_is_bounded_and_counts_what_it_drops(self) -> None:
        audit = CohesixAudit(lines_max=2)
        for number in range(5):
            audit.breadcrumb(f"step\n{number}")
        self.assertEqual((audit.lines, audit.dropped), (["# step 0", "# step 1"], 3))

    def test_a_snapshot_says_what_it_cannot_read(self) -> None:
        with CohesixOrchestrator(MockBackend(self.root)) as orchestrator:
            found = orchestrator.read_proc_snapshot(["/proc/lifecycle/state", "/proc/none"])
            self.assertEqual(found, {"/proc/lifecycle/state": "state=ONLINE\n", "/proc/none": {"error": "invalid-path"}})


class Environment(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def test_the_order_of_the_contract(self) -> None:
        everything = {
            "COHESIX_MOCK": "1",
            "COHESIX_MOCK_ROOT": str(self.root / "mock"),
            "COHESIX_MOUNT_ROOT": str(self.root),
            "COH_REST_URL": "http://127.0.0.1:1",
            "COH_TCP_HOST": "127.0.0.1",
            "COH_TCP_PORT": "1",
            "COH_TICKET": "t",
            "COHESIX_MAX_RETRIES": "1",
        }
        self.assertEqual(connect_from_env(everything).door, "mock")
        del everything["COHESIX_MOCK"]
        self.assertEqual(connect_from_env(everything).door, "filesystem")
        del everything["COHESIX_MOUNT_ROOT"]
        self.assertEqual(connect_from_env(everything).door, "rest")
        del everything["COH_REST_URL"]
        for more in ({}, {"COH_AUTH_TOKEN": "word"}):
            with self.assertRaises(CohesixError) as caught:
                connect_from_env({**everything, **more})
            self.assertEqual(caught.exception.code, "unreachable")
        with self.assertRaises(CohesixError) as caught:
            connect_from_env({"COH_DATA": str(self.root)})
        self.assertIn("COHESIX_MOCK=1", caught.exception.detail)
        with self.assertRaises(CohesixError):
            connect_from_env({**everything, "COHESIX_TIMEOUT_S": "soon"})


class Pieces(unittest.TestCase):
    BOUNDS = {"max_record_bytes": 200, "max_bytes_per_segment": 2000}

    def test_a_text_is_cut_where_records_are_full_and_never_in_a_character(self) -> None:
        text = "é\u2028😀x" * 60
        records = inline_records(text, "text/plain", self.BOUNDS)
        self.assertEqual("".join(json.loads(one)["payload"] for one in records), text)
        self.assertEqual([json.loads(one)["seq"] for one in records], list(range(1, len(records) + 1)))
        self.assertTrue(all(len(one.encode()) + 1 <= 200 for one in records))
        self.assertTrue(all(len(one.encode()) + 1 > 180 for one in records[:-1]))

    def test_what_no_segment_holds_is_too_big(self) -> None:
        for text, bounds in (("x" * 5000, self.BOUNDS), ("x", {**self.BOUNDS, "max_record_bytes": 20})):
            with self.assertRaises(CohesixError) as caught:
                inline_records(text, "text/plain", bounds)
            self.assertEqual(caught.exception.code, "too-big")

    def test_batches_fit_an_append_and_keep_records_whole(self) -> None:
        records = [str(number) * 1000 for number in range(10)] * 3
        made = batches(records)
        self.assertEqual("".join(made).split("\n")[:-1], records)
        self.assertTrue(all(len(one.encode()) <= 8168 for one in made))
        self.assertLess(len(made), 6)

    def test_numbers_are_written_as_ecmascript_does(self) -> None:
        for value, text in (
            (0.91, "0.91"), (1200, "1200"), (2e-5, "0.00002"), (1.5e-9, "1.5e-9"), (1e21, "1e+21"), (0, "0"), (-0.0, "0"),
            (123456789012345680000.0, "123456789012345680000"), (0.000001, "0.000001"), (1.25e-7, "1.25e-7"),
            (-0.00001234, "-0.00001234"), (1e-7, "1e-7"), (0.1 + 0.2, "0.30000000000000004"), (-1.5, "-1.5"),
        ):  # fmt: skip
            self.assertEqual(number_text(value), text)


def weights(tensors: dict[str, Any], data: bytes) -> bytes:
    header = json.dumps(tensors).encode()
    return struct.pack("<Q", len(header)) + header + data


class Registry(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def test_weights_that_are_not_what_they_say_are_refused(self) -> None:
        good = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
        self.assertEqual(check_safetensors(weights(good, b"\0\0\x80\x3f")).parameters, 1)
        nan, infinite = struct.pack("<f", float("nan")), struct.pack("<f", float("inf"))
        hole = {**good, "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}
        lying = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}
        for data, why in (
            (weights(good, nan), "NaN"),
            (weights(good, infinite), "NaN or an infinity"),
            (weights(good, b"\0" * 5), "its tensors have 4 bytes"),
            (weights(hole, b"\0" * 12), "begins at 8"),
            (weights(lying, b"\0" * 4), "its shape wants 8"),
            (weights({}, b""), "no tensor"),
            (b"PK\x03\x04" + b"x" * 20, "zip"),
            (b"\x80\x04" + b"x" * 20, "pickle"),
            (struct.pack("<Q", 2**40), "header would have"),
            (b"\0" * 3, "shorter"),
            (struct.pack("<Q", 20) + b"[" * 20, "no JSON object"),
        ):
            with self.subTest(why), self.assertRaises(CohesixError) as caught:
                check_safetensors(data)
            self.assertIn(why, caught.exception.detail)

    def roundtrip(self) -> tuple[CohesixClient, Path]:
        backend = MockBackend(self.root / "hive")
        CohesixOrchestrator(backend).apply_exports([ExportOpen(id="job_8932", ttl_s=60)])
        client = CohesixClient(backend)
        adapter_files(self.root / "adapter")
        client.peft_export("job_8932", self.root / "jobs")
        return client, self.root / "registry"

    def imported(self, client: CohesixClient, model: str) -> dict[str, Any]:
        return client.peft_import(
            model, adapter=self.root / "adapter", job="job_8932", exported=self.root / "jobs", registry=self.root / "registry"
        )

    def test_an_import_that_the_hive_refuses_leaves_nothing(self) -> None:
        client, registry = self.roundtrip()
        self.imported(client, "edge-1")
        (registry / "available" / "edge-1").rename(registry / "elsewhere")
        with self.assertRaises(CohesixError) as caught:
            self.imported(client, "edge-1")
        self.assertEqual(caught.exception.code, "exists")
        self.assertEqual(list((registry / "available").iterdir()), [])

    def test_a_model_that_was_changed_is_not_activated(self) -> None:
        client, registry = self.roundtrip()
        self.imported(client, "edge-1")
        self.assertEqual(verify(registry, "edge-1"), "llama3-8b")
        (registry / "available" / "edge-1" / "lora.json").write_text("{}")
        with self.assertRaises(CohesixError) as caught:
            client.peft_activate("edge-1", registry=registry)
        self.assertEqual(caught.exception.code, "stale")
        self.assertFalse((registry / "active").exists())

    def test_an_activation_that_was_cut_off_is_finished_by_the_same_call(self) -> None:
        client, registry = self.roundtrip()
        self.imported(client, "edge-1")
        client.peft_activate("edge-1", registry=registry)
        (registry / "active").unlink()
        self.assertEqual(client.peft_activate("edge-1", registry=registry)["entry"], None)
        self.assertEqual((registry / "active").read_text(), "edge-1\n")

    def test_names_do_not_lead_out_of_the_registry(self) -> None:
        client, registry = self.roundtrip()
        for model in ("..", ".", "a/b", "", "x" * 129):
            with self.subTest(model), self.assertRaises(CohesixError):
                self.imported(client, model)
            with self.subTest(model), self.assertRaises(CohesixError):
                client.peft_activate(model, registry=registry)


class Gpus(unittest.TestCase):
    def test_a_program_runs_only_under_a_lease_that_holds(self) -> None:
        with tempfile.TemporaryDirectory() as folder, CohesixClient(MockBackend(folder)) as client:
            with self.assertRaises(CohesixError) as caught:
                client.run_command("GPU-0", ["true"], worker="worker-1")
            self.assertEqual(caught.exception.code, "denied")
            worker = client.gpu_lease("GPU-0", mem_mb=1024, ttl_s=60).reply["id"]
            program = ["sh", "-c", "echo $COH_GPU_WORKER; head -c 3000 /dev/zero; exit 3"]
            done = client.run_command("GPU-0", program, worker=worker, output_bytes_max=100)
            self.assertEqual((done.exit_code, done.ended_by, done.stdout[:9], len(done.stdout)), (3, "itself", b"worker-1\n", 100))
            self.assertEqual(done.dropped_bytes, 3009 - 100)
            self.assertEqual(client.run_command("GPU-0", ["/no/such"], worker=worker).exit_code, 127)
            crumbs = [json.loads(line) for line in client.backend.read_text("/gpu/GPU-0/status").splitlines()]
            self.assertEqual([crumb["event"] for crumb in crumbs], ["START", "EXIT", "START", "EXIT"])

    def test_a_program_is_ended_with_its_lease_and_at_its_time(self) -> None:
        with tempfile.TemporaryDirectory() as folder, CohesixClient(MockBackend(folder)) as client:
            worker = client.gpu_lease("GPU-0", mem_mb=1024, ttl_s=60).reply["id"]
            late = client.run_command("GPU-0", ["sleep", "60"], worker=worker, timeout_s=0.1)
            self.assertEqual((late.ended_by, late.exit_code), ("timeout", 128 + 15))
            code = (  # the program itself gives the lease back
                "import sys; sys.path.insert(0, sys.argv[1]);"
                "from cohesix import MockBackend, CohesixClient;"
                f"CohesixClient(MockBackend({folder!r})).gpu_release('GPU-0', {worker!r});"
                "import time; time.sleep(60)"
            )
            path = str(Path(__file__).resolve().parents[1])
            lost = client.run_command("GPU-0", [sys.executable, "-c", code, path], worker=worker, timeout_s=50)
            self.assertEqual(lost.ended_by, "lease")

    def test_a_ticket_in_a_command_is_not_told(self) -> None:
        with tempfile.TemporaryDirectory() as folder, CohesixClient(MockBackend(folder)) as client:
            worker = client.gpu_lease("GPU-0", mem_mb=1024, ttl_s=60).reply["id"]
            client.run_command("GPU-0", ["true", "--ticket=coh2.ABCDEF_-x", "\x1b[2J" + "é" * 300], worker=worker)
            status = client.backend.read_text("/gpu/GPU-0/status")
            self.assertNotIn("ABCDEF", status)
            self.assertNotIn("\\u001b", status)
            command = json.loads(status.splitlines()[0])["command"]
            self.assertLessEqual(len(command.encode()), 256)


@unittest.skipIf(MISSING is not None, MISSING or "")
class Approvals(unittest.TestCase):
    """With the policy that hives have by default: lines of /queen/ctl need somebody else."""

    hive: HiveProcess

    @classmethod
    def setUpClass(cls) -> None:
        cls.hive = HiveProcess('schema = "cohesix-hive/1"\n')
        cls.addClassCleanup(cls.hive.stop)

    def test_nobody_approves_their_own_line(self) -> None:
        with self.hive.connect("9p") as backend:
            client = CohesixClient(backend)
            with self.assertRaises(CohesixError) as caught:
                client.worker_spawn("heartbeat", ticks=5)
            self.assertEqual(caught.exception.code, "needs-approval")
            own = CohesixClient(backend, approver=backend)
            with self.assertRaises(CohesixError) as caught:
                own.worker_spawn("heartbeat", ticks=5)
            self.assertIn(caught.exception.code, ("denied", "needs-approval"))

    def test_a_second_session_approves_exactly_the_line(self) -> None:
        for door in ("9p", "rest", "console"):
            with self.subTest(door), self.hive.connect(door) as backend:
                with self.hive.connect("9p", ticket=self.hive.approver_ticket, role="approver") as approver:
                    client = CohesixClient(backend, approver=approver)
                    worker = client.worker_spawn("heartbeat", ticks=1_000_000)
                    self.assertEqual(client.worker_wait_ready(worker, 30.0)["state"], "running")
                    self.assertIsNotNone(client.worker_teardown(worker))
                    self.assertIsNone(client.worker_teardown(worker))

    def test_an_unanswered_request_is_given_up(self) -> None:
        with self.hive.connect("9p") as backend:
            client = CohesixClient(backend, approval_wait_s=0.3)
            with self.assertRaises(CohesixError) as caught:
                client.queen_kill("worker-1")
            self.assertEqual(caught.exception.code, "needs-approval")
            self.assertIn("Nobody approved", caught.exception.detail)

    def test_a_plan_with_its_approval_in_it(self) -> None:
        with self.hive.connect("9p", ticket=self.hive.approver_ticket, role="approver") as approver:
            line = '{"budget":{"ops":77}}'
            given = ApprovalRequest(approval_id="plan-1", target_path="/queen/ctl", line=line, decision="approve")
            CohesixOrchestrator(approver).queue_approvals([given])
        with self.hive.connect("9p") as backend:
            self.assertGreater(backend.write_append("/queen/ctl", line), 0)

    def test_the_local_hive_is_found_without_being_named(self) -> None:
        with CohesixOrchestrator(connect_from_env({"COH_DATA": str(self.hive.data)})) as orchestrator:
            self.assertEqual(orchestrator.read_proc_snapshot()["/proc/lifecycle/state"], "state=ONLINE\n")


if __name__ == "__main__":
    unittest.main()
