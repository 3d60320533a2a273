"""The nine playbooks, as data (contracts-2, section 12.4). Adding one is adding a row.

Two things are other than in the source system. `tick_ms` of a job is what one tick may take beside the second between two
ticks: there it was the time of the whole job, which a worker that ticks once a second cannot keep. And a job that nobody
starts within a quarter of an hour expires, so that jobs for executors that a hive does not have do not pile up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

RESOURCE = "gpu0"
SUBJECT = "queen"
ALL_PROBES = ("docker", "kubernetes", "nvidia", "peft", "systemd")


@dataclass(frozen=True, slots=True)
class Job:
    """A job for the schedule: who does it, how urgent it is, how many ticks, and milliseconds for each."""

    role: str
    priority: int
    ticks: int
    tick_ms: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A grant of the resource for `ttl_s` seconds."""

    ttl_s: int
    priority: int


@dataclass(frozen=True, slots=True)
class Preempt:
    """Takes the lease away that this playbook was granted before."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quota:
    """What the subject may hold of the resource."""

    max_active: int
    max_preemptions: int


@dataclass(frozen=True, slots=True)
class Playbook:
    """One playbook. `key` begins the ids of what it asks for; `export_s` 0 opens no window; `namespace` and `selector` are
    what the Kubernetes probe looks at."""

    id: str
    key: str
    summary: str
    jobs: tuple[Job, ...]
    device: str
    leases: tuple[Lease | Preempt | Quota, ...] = ()
    export_s: int = 0
    probes: tuple[str, ...] = ALL_PROBES
    namespace: str = "default"
    selector: str = ""


_ALL = (
    Playbook(
        id="mac-release-factory",
        key="release",
        summary="release builds on Macs: two checks of the line, and what runs beside them",
        jobs=(Job("heartbeat", 4, 10, 250), Job("heartbeat", 5, 12, 300)),
        probes=("docker", "systemd"),
        device="mac-release-audit",
    ),
    Playbook(
        id="mac-private-peft-grid",
        key="peft-grid",
        summary="fine-tuning on a private grid: a training job, its GPU, and a window for the adapter to leave by",
        jobs=(Job("lora", 6, 8, 200),),
        leases=(Lease(600, 6),),
        export_s=900,
        namespace="ml",
        selector="app=trainer",
        device="mac-peft-audit",
    ),
    Playbook(
        id="mac-endpoint-compliance",
        key="compliance",
        summary="compliance of endpoints: a check, and a quota on what they may hold",
        jobs=(Job("heartbeat", 5, 6, 180),),
        leases=(Quota(2, 4),),
        probes=("systemd",),
        device="mac-compliance-audit",
    ),
    Playbook(
        id="jetson-traffic-safety",
        key="traffic",
        summary="traffic cameras at the edge: inference under a short lease",
        jobs=(Job("gpu", 7, 8, 160),),
        leases=(Lease(300, 7),),
        probes=("docker", "kubernetes", "nvidia"),
        namespace="edge",
        selector="app=traffic",
        device="jetson-traffic-audit",
    ),
    Playbook(
        id="jetson-manufacturing-safety",
        key="factory",
        summary="safety on a factory floor: inference under a lease, and a quota that leaves room",
        jobs=(Job("gpu", 8, 10, 190),),
        leases=(Lease(420, 8), Quota(8, 8)),
        probes=("docker", "nvidia"),
        device="jetson-factory-audit",
    ),
    Playbook(
        id="jetson-critical-infra",
        key="infra",
        summary="critical infrastructure: the most urgent inference, and a window for its report",
        jobs=(Job("gpu", 9, 12, 220),),
        leases=(Lease(480, 9),),
        export_s=1200,
        probes=("docker", "kubernetes", "nvidia"),
        namespace="infra",
        selector="tier=critical",
        device="jetson-infra-audit",
    ),
    Playbook(
        id="mixed-closed-loop-ai-factory",
        key="loop",
        summary="a closed loop of training and checks: a GPU job and a check, one lease, one window",
        jobs=(Job("gpu", 6, 9, 210), Job("heartbeat", 5, 9, 180)),
        leases=(Lease(540, 6),),
        export_s=900,
        namespace="ai",
        selector="pipeline=closed-loop",
        device="mixed-closed-loop-audit",
    ),
    Playbook(
        id="mixed-medical-edge-ai",
        key="medical",
        summary="medical inference at the edge: a lease and a narrow quota, and a long window for review",
        jobs=(Job("gpu", 9, 6, 160),),
        leases=(Lease(360, 9), Quota(2, 2)),
        export_s=1800,
        namespace="medical",
        selector="compliance=hipaa",
        device="mixed-medical-audit",
    ),
    Playbook(
        id="mixed-logistics-digital-twin",
        key="twin",
        summary="a digital twin of a warehouse: a check and a GPU job, a lease that maintenance takes away again",
        jobs=(Job("heartbeat", 6, 7, 175), Job("gpu", 7, 7, 175)),
        leases=(Lease(420, 7), Preempt("maintenance")),
        probes=("docker", "kubernetes", "nvidia"),
        namespace="logistics",
        selector="app=digital-twin",
        device="mixed-logistics-audit",
    ),
)

PLAYBOOKS: Mapping[str, Playbook] = MappingProxyType({playbook.id: playbook for playbook in _ALL})
"""By id, in the order of the contract."""
