"""Views of a mock, in the formats of a hive's."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .._line import json_text

if TYPE_CHECKING:
    from .mock import MockState

FIXED: dict[str, str] = {
    "/proc/bounds": "telemetry_ingest.max_bytes_per_segment=131072\ntelemetry_ingest.max_record_bytes=4096\n",
    "/proc/boot": "mock=true\n",
    "/policy/rules": "",
}


LORA_JOB = "job_8932"
LORA_FILES = {
    "telemetry": ("telemetry.cbor", "a1 66 mock"),
    "base_model": ("base_model.ref", "llama3-8b\n"),
    "policy": ("policy.toml", "[policy]\nname = \"mock\"\n"),
}
"""The one LoRA job of a mock; its files are there while a window of its name is open."""


def lora_row() -> str:
    """The job in `/proc/lora_jobs`."""
    told = [f"id={LORA_JOB}", "base=llama3-8b"]
    for part, (_, text) in LORA_FILES.items():
        told += [f"{part}_sha256={hashlib.sha256(text.encode()).hexdigest()}", f"{part}_bytes={len(text.encode())}"]
    return " ".join(told) + "\n"


def mock_gpus(include_mig: bool) -> dict[str, dict[str, Any]]:
    """The GPUs of a mock by name."""
    rows = [
        {"id": "GPU-0", "name": "Mock 4090", "memory_mb": 24576, "sm_count": 144},
        {"id": "GPU-1", "name": "Mock Orin", "memory_mb": 8192, "sm_count": 16},
    ]
    if include_mig:
        rows.append({"id": "GPU-1-MIG-0", "name": "Mock Orin MIG 1g", "memory_mb": 4096, "sm_count": 8})
    return {str(row["id"]): {**row, "driver_version": "555.0", "runtime_version": "12.4"} for row in rows}


def views_of(state: MockState) -> dict[str, str]:
    """All views by path."""
    return {
        "/proc/lifecycle/state": f"state={state.lifecycle}\n",
        **_schedule(state),
        **_leases(state),
        "/proc/export/windows": _rows(state.windows.values(), ("id", "ttl_s", "opened_ms", "expires_ms", "entry")),
        "/proc/workers": f"workers total={len(state.workers)} running={len(state.workers)} max=10000\n",
        "/proc/host-tickets/active": "".join(
            f"id={name} action={row['line'].get('action')} state={row['state']}\n" for name, row in state.tickets.items()
        ),
        "/log/queen.log": "".join(f"line {number}\n" for number in range(1, state.seq + 1)),
        **{f"/worker/{name}/info": f"{json_text(row)}\n" for name, row in state.workers.items()},
        **{f"/actions/{name}/status": f"{json_text(row)}\n" for name, row in state.actions.items()},
        "/proc/lora_jobs": lora_row(),
        **_lora(state),
        **_gpus(state),
        **_telemetry(state),
    }


def _schedule(state: MockState) -> dict[str, str]:
    jobs = sorted(state.jobs.values(), key=lambda job: (-job["priority"], job["seq"]))
    queue = "".join(
        f"id={job['id']} role={job['role']} priority={job['priority']} ticks={job['ticks']} budget_ms={job['budget_ms']}"
        f" seq={job['seq']} state=queued attempt=0\n"
        for job in jobs
    )
    return {"/proc/schedule/summary": f"queue={len(jobs)} max_entries=64\n", "/proc/schedule/queue": queue}


def _leases(state: MockState) -> dict[str, str]:
    active = "".join(
        f"id={row['id']} subject={row['subject']} resource={row['resource']} ttl_s={row['ttl_s']}"
        f" priority={row.get('priority', 0)} state=active seq={row['seq']} fence={row['fence']} expires_ms={row['expires_ms']}\n"
        for row in state.leases.values()
    )
    summary = f"active={len(state.leases)} preemptions={len(state.preemptions)} quotas={len(state.quotas)} max_active=256\n"
    return {
        "/proc/lease/summary": summary,
        "/proc/lease/active": active,
        "/proc/lease/preemptions": _rows(state.preemptions, ("id", "subject", "resource", "fence", "reason")),
        "/proc/lease/quotas": _rows(state.quotas.values(), ("subject", "resource", "max_active", "max_preemptions")),
    }


def _lora(state: MockState) -> dict[str, str]:
    if LORA_JOB not in state.windows:
        return {}
    return {f"/queen/export/lora_jobs/{LORA_JOB}/{name}": text for name, text in LORA_FILES.values()}


def _gpus(state: MockState) -> dict[str, str]:
    files = {"/gpu/models/active": f"{state.models[-1]}\n" if state.models else ""}
    for name, info in state.gpus.items():
        lines = [json_text(row) for row in state.gpu_leases if row["gpu_id"] == name]
        files[f"/gpu/{name}/info"] = f"{json_text(info)}\n"
        files[f"/gpu/{name}/lease"] = "".join(f"{line}\n" for line in lines)
        files[f"/gpu/{name}/jobs"] = ""
        files[f"/gpu/{name}/ctl"] = ""
        files[f"/gpu/{name}/status"] = "".join(f"{line}\n" for line in state.breadcrumbs.get(name, []))
    return files


def _telemetry(state: MockState) -> dict[str, str]:
    files: dict[str, str] = {"/queen/telemetry/status": ""}
    for device, segments in state.segments.items():
        folder = f"/queen/telemetry/{device}"
        total = sum(len(text.encode()) for text in segments.values())
        latest = list(segments)[-1]
        lines = [f"device id={device} segments={len(segments)} segments_max=4 bytes={total} latest={latest}"]
        for name, text in segments.items():
            about = state.names[device][name]
            kind, count = ("records" if text else "empty"), text.count("\n")
            lines.append(
                f"segment id={name} kind={kind} bytes={len(text.encode())} records={count}"
                f" mime={_word(about['mime'])} name={_word(about['name'])} made_ms={about['made']}"
            )
            files[f"{folder}/seg/{name}"] = text
        files[f"{folder}/status"] = "".join(f"{line}\n" for line in lines)
        files[f"{folder}/latest"] = f"{latest}\n"
        files[f"{folder}/ctl"] = ""
        files["/queen/telemetry/status"] += f"{lines[0]}\n"
    return files


def _rows(rows: Any, fields: tuple[str, ...]) -> str:
    return "".join(" ".join(f"{name}={_word(row[name])}" for name in fields) + "\n" for row in rows)


def _word(value: object) -> str:
    text = "none" if value is None else str(value)
    is_plain = text != "" and all("!" <= one <= "~" and one != '"' for one in text)
    return text if is_plain else json_text(text)
