"""cohesix_parity: what this package writes and reads is, byte for byte, what `coh` does for the same acts.

`coh` carries the acts out on one hive, this package on another one for each door, each hive new. Then the control files are compared:
their lines, the order of them and what the hive gave back; and the views, the files of an export and of a registry, and the
refusals. Only what differs between any two runs is taken out before: moments (`…_ms`, `at`), fingerprints of tickets, and numbers of
journal entries, because receipts of workers come between when they come. `python3 -m pytest -k cohesix_parity`.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

from hive_process import DOORS, MISSING, HiveProcess

from cohesix import CohesixClient, CohesixError, CohesixOrchestrator, MockBackend
from cohesix.backends import Backend
from cohesix.models import (
    ExportClose,
    ExportOpen,
    HostTicket,
    LeaseGrant,
    LeasePreempt,
    LeaseQuota,
    LeaseRelease,
    LeaseRenew,
    ScheduleRequest,
)
from cohesix.plan import K8sRbacIntent

CONTROLS = (
    "/queen/lease/ctl",
    "/queen/schedule/ctl",
    "/queen/export/ctl",
    "/host/tickets/spec",
    "/queen/ctl",
    "/gpu/GPU-0/ctl",
    "/queen/telemetry/cam-1/ctl",
    "/gpu/models/ctl",
    "/queen/export/lora_jobs/ctl",
)
VIEWS = (
    "/proc/lease/active",
    "/proc/lease/quotas",
    "/proc/lease/preemptions",
    "/proc/lease/summary",
    "/proc/schedule/queue",
    "/proc/schedule/jobs",
    "/proc/schedule/summary",
    "/proc/export/windows",
    "/proc/host-tickets/active",
    "/proc/lora_jobs",
    "/gpu/GPU-0/lease",
    "/gpu/models/active",
    "/queen/telemetry/cam-1/status",
    "/queen/telemetry/cam-1/seg/seg-000001",
)
# Refused acts: the words of `coh`, and the line of this package.
REFUSED = (
    (("lease", "renew", "nobody", "--ttl", "60s"), LeaseRenew(id="nobody", ttl_s=60)),
    (("lease", "grant", "gpu0", "--id", "keep", "--subject", "queen", "--ttl", "60s"),
     LeaseGrant(id="keep", subject="queen", resource="gpu0", ttl_s=60)),
    (("window", "close", "nobody", "--reason", "x"), ExportClose(id="nobody", reason="x")),
    (("job", "queue", "--id", "job-2", "--role", "gpu", "--priority", "1", "--ticks", "1", "--budget", "1s"),
     ScheduleRequest(id="job-2", role="gpu", priority=1, ticks=1, budget_ms=1000)),
    (("host-ticket", "send", "no.such.action", "--id", "t9"), HostTicket(id="t9", idempotency_key="t9", action="no.such.action")),
)  # fmt: skip
TEXT = "\n".join(f'{{"n":{n},"text":"Grüße \u2028 {n}"}}' for n in range(400)) + "\n"
NUMBERS = re.compile(r'(^\{"seq":|\bentry=|"entry":)\d+', re.M)
MOMENTS = re.compile(r'(_ms"?[=:]|"at":)(?:\d+)')
TICKETS = re.compile(r'("ticket":"|ticket=)[0-9a-f]{16}')


def adapter_files(folder: Path) -> None:
    """What a training run left: two tensors, how they were made, how good they are."""
    header = {
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [8, 12]},
    }
    raw = json.dumps(header).encode()
    data = struct.pack("<Q", len(raw)) + raw + struct.pack("<2f", 1.5, -2.0) + b"\x80\x3f\x00\x40"
    folder.mkdir()
    (folder / "adapter.safetensors").write_bytes(data)
    (folder / "lora.json").write_text('{"base_model_name_or_path":"llama3-8b","r":8}', "utf-8")
    metrics = {"loss": 0.42, "accuracy": 0.91, "steps": 1200, "lr": 0.00002, "tiny": 1.5e-9, "big": 1e21, "name": "x"}
    (folder / "metrics.json").write_text(json.dumps(metrics), "utf-8")


def setup_words(folder: Path) -> list[tuple[str, ...]]:
    """What both hives get from `coh`, because this package has no such act."""
    (folder / "telemetry.cbor").write_bytes(b"\xa1\x61n\x01")
    (folder / "policy.toml").write_text('[policy]\nname = "p"\n', "utf-8")
    publish = ("peft", "publish", "job_8932", "--base", "llama3-8b", "--telemetry", "telemetry.cbor", "--policy", "policy.toml")
    return [("gpu", "publish", "--mock", "--once"), publish]


def coh_words(folder: Path) -> list[tuple[str, ...]]:
    """The acts, as somebody types them."""
    (folder / "records.ndjson").write_text(TEXT, "utf-8")
    registry = ("--registry", "registry")
    return [
        ("lease", "quota", "queen", "gpu0", "--max-active", "2", "--max-preemptions", "4"),
        ("lease", "grant", "gpu0", "--id", "lease-1", "--subject", "queen", "--ttl", "600s", "--priority", "6"),
        ("lease", "renew", "lease-1", "--ttl", "900s"),
        ("lease", "release", "lease-1"),
        ("lease", "grant", "gpu0", "--id", "lease-2", "--subject", "queen", "--ttl", "60s"),
        ("lease", "preempt", "lease-2", "--reason", "maintenance"),
        ("lease", "grant", "gpu0", "--id", "keep", "--subject", "queen", "--ttl", "3600s"),
        ("job", "queue", "--id", "job-1", "--role", "lora", "--priority", "8", "--ticks", "8", "--budget", "2s"),
        ("job", "queue", "--id", "job-2", "--role", "gpu", "--priority", "7", "--ticks", "9", "--budget", "10s",
         "--deadline", "1h", "--retries", "2"),
        ("job", "dequeue", "job-1"),
        ("job", "queue", "--id", "job-3", "--role", "gpu", "--priority", "1", "--ticks", "1", "--budget", "1s"),
        ("job", "cancel", "job-3"),
        ("window", "open", "other", "--ttl", "900s"),
        ("window", "close", "other", "--reason", "done"),
        ("host-ticket", "send", "systemd.restart", "--id", "t1", "--key", "k1", "--target", "web.service", "--arg", "why=now"),
        ("host-ticket", "send", "k8s.cordon", "--id", "t2", "--key", "k8s579e5e0c", "--target", "n1"),
        ("host-ticket", "send", "systemd.stop", "--id", "t3", "--key", "k3", "--target", "db.service", "--from", "east", "--at", "west"),
        ("spawn", "heartbeat", "ticks=4000000000", "ttl_s=3600", "ops=50"),
        ("gpu", "lease", "GPU-0", "--mem-mb", "1024", "--streams", "1", "--ttl", "600s", "--priority", "3",
         "--budget-ttl", "500s", "--budget-ops", "9"),
        ("gpu", "release", "GPU-0", "worker-3", "--reason", "done"),
        ("kill", "worker-2"),
        ("telemetry", "push", "records.ndjson", "--device", "cam-1"),
        ("window", "open", "job_8932", "--ttl", "3600s"),
        ("peft", "export", "job_8932", "--out", "jobs"),
        ("peft", "import", "--model", "edge-1", "--from", "adapter", "--job", "job_8932", "--export", "jobs", *registry, "--publish"),
        ("peft", "activate", "--model", "edge-1", *registry),
        ("peft", "import", "--model", "edge-2", "--from", "adapter", "--job", "job_8932", "--export", "jobs", *registry, "--publish"),
        ("peft", "activate", "--model", "edge-2", *registry),
        ("peft", "rollback", *registry),
    ]  # fmt: skip


def sdk_acts(folder: Path) -> list[Callable[[CohesixOrchestrator, CohesixClient], object]]:
    """The same acts of this package, in the same order."""
    registry, adapter, jobs = folder / "registry", folder / "adapter", folder / "jobs"
    host = HostTicket(id="t1", idempotency_key="k1", action="systemd.restart", target="web.service", args={"why": "now"})
    far = HostTicket(id="t3", idempotency_key="k3", action="systemd.stop", target="db.service")

    def imported(client: CohesixClient, model: str) -> object:
        return client.peft_import(model, adapter=adapter, job="job_8932", exported=jobs, registry=registry)

    return [
        lambda o, c: o.apply_leases([
            LeaseQuota(subject="queen", resource="gpu0", max_active=2, max_preemptions=4),
            LeaseGrant(id="lease-1", subject="queen", resource="gpu0", ttl_s=600, priority=6),
            LeaseRenew(id="lease-1", ttl_s=900),
            LeaseRelease(id="lease-1"),
            LeaseGrant(id="lease-2", subject="queen", resource="gpu0", ttl_s=60),
            LeasePreempt(id="lease-2", reason="maintenance"),
            LeaseGrant(id="keep", subject="queen", resource="gpu0", ttl_s=3600),
        ]),
        lambda o, c: o.enqueue_schedule([
            ScheduleRequest(id="job-1", role="lora", priority=8, ticks=8, budget_ms=2000),
            ScheduleRequest(id="job-2", role="gpu", priority=7, ticks=9, budget_ms=10_000, deadline_ms=3_600_000, retries=2),
        ]),
        lambda o, c: o.dequeue_schedule(["job-1"]),
        lambda o, c: o.enqueue_schedule([ScheduleRequest(id="job-3", role="gpu", priority=1, ticks=1, budget_ms=1000)]),
        lambda o, c: o.cancel_schedule(["job-3"]),
        lambda o, c: o.apply_exports([ExportOpen(id="other", ttl_s=900), ExportClose(id="other", reason="done")]),
        lambda o, c: o.enqueue_host_tickets([host]),
        lambda o, c: o.enqueue_k8s_rbac_tickets([K8sRbacIntent(id="t2", verb="cordon", node="n1")]),
        lambda o, c: o.enqueue_federated_host_tickets([far], source_hive="east", target_hive="west"),
        lambda o, c: c.worker_spawn("heartbeat", ticks=4_000_000_000, budget={"ttl_s": 3600, "ops": 50}),
        lambda o, c: c.gpu_lease("GPU-0", mem_mb=1024, streams=1, ttl_s=600, priority=3, budget_ttl_s=500, budget_ops=9),
        lambda o, c: c.gpu_release("GPU-0", "worker-3", "done"),
        lambda o, c: c.queen_kill("worker-2"),
        lambda o, c: c.telemetry_push("cam-1", TEXT, name="records.ndjson"),
        lambda o, c: o.apply_exports([ExportOpen(id="job_8932", ttl_s=3600)]),
        lambda o, c: c.peft_export("job_8932", jobs),
        lambda o, c: imported(c, "edge-1"),
        lambda o, c: c.peft_activate("edge-1", registry=registry),
        lambda o, c: imported(c, "edge-2"),
        lambda o, c: c.peft_activate("edge-2", registry=registry),
        lambda o, c: c.peft_rollback(registry=registry),
    ]  # fmt: skip


def comparable(text: str) -> str:
    """Without what differs between any two runs."""
    return NUMBERS.sub(r"\g<1>0", TICKETS.sub(r"\1-", MOMENTS.sub(r"\g<1>0", text)))


def state_of(hive: HiveProcess) -> dict[str, str]:
    """The control files and the views, read through one door whoever wrote them."""
    with hive.connect("9p") as backend:
        return {path: comparable(backend.read_text(path)) for path in (*CONTROLS, *VIEWS)}


def files_of(folder: Path) -> dict[str, str]:
    """Files by name, as hashes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("registry", "jobs")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file()
    }


def json_error(text: str) -> dict[str, str]:
    """The error of `coh --json`."""
    found = json.loads(text)["error"]
    return {"code": found["code"], "detail": found["sentence"]}


@unittest.skipIf(MISSING is not None, MISSING or "")
class CohesixParity(unittest.TestCase):
    """cohesix_parity"""

    folder: Path
    reference: dict[str, str]
    reference_files: dict[str, str]
    refusals: list[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls._temporary = tempfile.TemporaryDirectory(prefix="cohesix-parity-")
        cls.addClassCleanup(cls._temporary.cleanup)
        cls.folder = Path(cls._temporary.name) / "coh"
        hive = cls.hive_for(cls.folder)
        try:
            for words in coh_words(cls.folder):
                done = hive.coh(*words, cwd=cls.folder)
                assert done.returncode == 0, f"coh {' '.join(words)}: {done.stdout}{done.stderr}"
            cls.reference = state_of(hive)
            cls.reference_files = files_of(cls.folder)
            cls.refusals = [json_error(hive.coh("--json", *words, cwd=cls.folder).stdout) for words, _ in REFUSED]
        finally:
            hive.stop()

    @classmethod
    def hive_for(cls, folder: Path) -> HiveProcess:
        folder.mkdir()
        adapter_files(folder / "adapter")
        hive = HiveProcess()
        for words in setup_words(folder):
            done = hive.coh(*words, cwd=folder)
            assert done.returncode == 0, done.stderr
        return hive

    def assert_same_acts(self, door: str) -> None:
        folder = Path(self._temporary.name) / door
        hive = self.hive_for(folder)
        try:
            with hive.connect(door) as backend:
                orchestrator, client = CohesixOrchestrator(backend), CohesixClient(backend)
                for act in sdk_acts(folder):
                    act(orchestrator, client)
                found = state_of(hive)
                for path, text in self.reference.items():
                    self.assertNotEqual(text, "", f"{path}: a comparison of nothing")
                    self.assertEqual(found[path], text, path)
                self.assertEqual(files_of(folder), self.reference_files)
                self.assertEqual([self.refused(backend, line) for _, line in REFUSED], self.refusals)
        finally:
            hive.stop()

    def refused(self, backend: Backend, line: object) -> dict[str, str]:
        with self.assertRaises(CohesixError) as caught:
            backend.write_line(line.path(), line.to_line())  # type: ignore[attr-defined]
        return {"code": caught.exception.code, "detail": caught.exception.detail}

    def test_cohesix_parity_9p(self) -> None:
        self.assert_same_acts("9p")

    def test_cohesix_parity_console(self) -> None:
        self.assert_same_acts("console")

    def test_cohesix_parity_rest(self) -> None:
        self.assert_same_acts("rest")

    def test_cohesix_parity_reads(self) -> None:
        """Every door gives the same names and the same bytes."""
        hive = HiveProcess()
        try:
            backends = {door: hive.connect(door) for door in DOORS}
            for path in ("/", "/proc", "/queen", "/worker/worker-1"):
                found = {door: backend.list_dir(path) for door, backend in backends.items()}
                self.assertEqual(found, {door: found["9p"] for door in DOORS}, path)
            for path in ("/proc/bounds", "/proc/boot", "/worker/worker-1/info", "/proc/schedule/summary"):
                read = {door: backend.read_file(path) for door, backend in backends.items()}
                self.assertEqual(read, {door: read["9p"] for door in DOORS}, path)
                self.assertGreater(len(read["9p"]), 0)
            for backend in backends.values():
                backend.close()
        finally:
            hive.stop()

    def test_cohesix_parity_mock_lines(self) -> None:
        """The files of a mock have the same lines in the same order; what else a hive tells of them a mock cannot know."""
        folder = Path(self._temporary.name) / "mock"
        folder.mkdir()
        adapter_files(folder / "adapter")
        with MockBackend(folder / "root") as backend:
            orchestrator, client = CohesixOrchestrator(backend), CohesixClient(backend)
            for act in sdk_acts(folder)[:11]:
                act(orchestrator, client)
            for path in ("/queen/lease/ctl", "/queen/schedule/ctl", "/host/tickets/spec", "/queen/ctl"):
                mine = [json.loads(line)["line"] for line in backend.read_text(path).splitlines()]
                theirs = [json.loads(line)["line"] for line in self.reference[path].splitlines()]
                self.assertEqual(mine, theirs[: len(mine)], path)
                self.assertGreater(len(mine), 0, path)


if __name__ == "__main__":
    unittest.main()
