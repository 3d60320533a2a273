"""What the host that runs this says of itself, and two kits for what follows: evidence for CI, records for a SIEM.

A probe never raises and always ends: it is `ok` with items, or `unknown` with a reason. Nothing of Docker, Kubernetes or
NVIDIA is ever imported in the process that asks; an SDK is asked in one of its own. Nothing at all is imported until it is named.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PLACES = {
    "CiEvidence": "ci_evidence",
    "ci_evidence_pack": "ci_evidence",
    "probe_docker": "docker",
    "probe_kubernetes": "kubernetes",
    "probe_nvidia": "nvidia",
    "probe_peft": "peft",
    "Probe": "probe",
    "ProbeBounds": "probe",
    "SiemReport": "siem",
    "safe_record": "siem",
    "siem_export_ndjson": "siem",
    "HostSnapshot": "snapshot",
    "ProbeChoice": "snapshot",
    "collect_host_snapshot": "snapshot",
    "snapshot_to_ndjson": "snapshot",
    "probe_systemd": "systemd",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{place}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
