"""GPUs of NVIDIA: NVML by pynvml, else nvidia-smi."""

from __future__ import annotations

from .probe import DEFAULT_BOUNDS, Item, Probe, ProbeBounds, ask_command, ask_sdk, first_known, known, unknown

# Columns of nvidia-smi and what they are called here.
_COLUMNS = {
    "index": "index",
    "uuid": "uuid",
    "name": "name",
    "driver_version": "driver",
    "memory.total": "memory_mib",
    "memory.used": "used_mib",
    "utilization.gpu": "busy_percent",
}
_NUMBERS = frozenset({"index", "memory_mib", "used_mib", "busy_percent"})


def probe_nvidia(bounds: ProbeBounds = DEFAULT_BOUNDS) -> Probe:
    """GPUs: `{index, uuid, name, driver, memory_mib, used_mib, busy_percent}` each; None is what a GPU does not tell."""
    return first_known("nvidia", ask_sdk("nvidia", {}, bounds), lambda: _by_command(bounds), bounds)


def _by_command(bounds: ProbeBounds) -> Probe:
    argv = ["nvidia-smi", f"--query-gpu={','.join(_COLUMNS)}", "--format=csv,noheader,nounits"]
    output = ask_command("nvidia", argv, bounds)
    if isinstance(output, Probe):
        return output
    items: list[Item] = []
    for line in output.splitlines():
        item = _item(line)
        if item is None:
            return unknown("nvidia", "nvidia-smi", "garbage", line)
        items.append(item)
    return known("nvidia", "nvidia-smi", items, bounds)


def _item(line: str) -> Item | None:
    values = [value.strip() for value in line.split(",")]
    if len(values) != len(_COLUMNS) or not values[0].isdigit():
        return None
    return {
        name: (int(value) if value.isdigit() else None) if name in _NUMBERS else value
        for name, value in zip(_COLUMNS.values(), values, strict=True)
    }
