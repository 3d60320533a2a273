"""All probes of one host at one time, as one value and as NDJSON. The same answers give the same bytes."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .docker import probe_docker
from .kubernetes import probe_kubernetes
from .nvidia import probe_nvidia
from .peft import probe_peft
from .probe import DEFAULT_BOUNDS, Probe, ProbeBounds
from .systemd import probe_systemd

SCHEMA = "cohesix-host-snapshot/v1"
NDJSON_BYTES_MAX = 98_304  # fits into a telemetry segment of the default manifest, 128 KiB
PROBES = ("docker", "kubernetes", "nvidia", "peft", "systemd")


@dataclass(frozen=True, slots=True)
class ProbeChoice:
    """Which probes are asked, and for what."""

    names: tuple[str, ...] = PROBES
    namespace: str = "default"
    selector: str = ""
    units: tuple[str, ...] = ("*.service",)


@dataclass(frozen=True, slots=True)
class HostSnapshot:
    """What a host said of itself. `taken_ms` is Unix time; probes are in the order of their names."""

    taken_ms: int
    host: dict[str, str]
    probes: tuple[Probe, ...] = field(default=())

    def to_object(self) -> dict[str, Any]:
        """The snapshot as JSON values."""
        return {
            "schema": SCHEMA,
            "taken_ms": self.taken_ms,
            "host": self.host,
            "probes": [probe.to_object() for probe in self.probes],
        }


def collect_host_snapshot(
    choice: ProbeChoice | None = None, *, bounds: ProbeBounds = DEFAULT_BOUNDS, now_ms: int | None = None
) -> HostSnapshot:
    """Asks the probes, all at a time. Takes at most twice `bounds.timeout_s` and a second; never raises for what a host
    answers. `ValueError` for a probe that there is not."""
    chosen = choice or ProbeChoice()
    wrong = sorted(set(chosen.names) - set(PROBES))
    if wrong:
        raise ValueError(f"no probe {wrong[0]!r}; there are {', '.join(PROBES)}")
    ask = {
        "docker": lambda: probe_docker(bounds),
        "kubernetes": lambda: probe_kubernetes(chosen.namespace, chosen.selector, bounds),
        "nvidia": lambda: probe_nvidia(bounds),
        "peft": lambda: probe_peft(bounds),
        "systemd": lambda: probe_systemd(chosen.units, bounds),
    }
    names = sorted(set(chosen.names))
    with ThreadPoolExecutor(max_workers=len(PROBES)) as pool:
        probes = tuple(pool.map(lambda name: ask[name](), names))
    taken_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return HostSnapshot(taken_ms, host_facts(), probes)


def host_facts() -> dict[str, str]:
    """What this Python knows of its host without asking anybody."""
    return {
        "machine": platform.machine(),
        "node": platform.node(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def snapshot_to_ndjson(snapshot: HostSnapshot, *, bytes_max: int = NDJSON_BYTES_MAX) -> str:
    """One JSON line for the host, then for each probe one and one for each of its items; ASCII, keys sorted. Lines beyond
    `bytes_max` bytes are left out, and a last line says how many."""
    lines = [_line(record) for record in _records(snapshot)]
    kept, size = 0, 0
    while kept < len(lines) and size + len(lines[kept]) <= bytes_max:
        size += len(lines[kept])
        kept += 1
    cut = [] if kept == len(lines) else [_line({"kind": "cut", "lines": len(lines) - kept})]
    return "".join([*lines[:kept], *cut])


def _records(snapshot: HostSnapshot) -> Iterator[dict[str, Any]]:
    yield {"kind": "host", "taken_ms": snapshot.taken_ms, **snapshot.host}
    for probe in snapshot.probes:
        yield {"kind": "probe", **probe.head()}
        for item in probe.items:
            yield {"kind": "item", "probe": probe.name, "item": dict(item)}


def _line(record: dict[str, Any]) -> str:
    return json.dumps({"schema": SCHEMA, **record}, sort_keys=True, separators=(",", ":")) + "\n"
