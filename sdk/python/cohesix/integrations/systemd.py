"""Services of systemd, by `systemctl show`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .probe import DEFAULT_BOUNDS, Item, Probe, ProbeBounds, ask_command, known, unknown

_PROPERTIES = {"Id": "unit", "LoadState": "load", "ActiveState": "active", "SubState": "sub"}


def probe_systemd(units: Sequence[str] = ("*.service",), bounds: ProbeBounds = DEFAULT_BOUNDS) -> Probe:
    """State of the units that the names or patterns mean: `{unit, load, active, sub}` each."""
    argv = ["systemctl", "show", "--no-pager", f"--property={','.join(_PROPERTIES)}", "--", *units]
    output = ask_command("systemd", argv, bounds)
    if isinstance(output, Probe):
        return output
    items = list(_items(output))
    # A pattern that fits nothing gives no output; text without a single unit is something else than systemctl.
    if not items and output.strip() != "":
        return unknown("systemd", "systemctl", "garbage", output)
    return known("systemd", "systemctl", items, bounds)


def _items(output: str) -> Iterator[Item]:
    """Blocks of `Property=value`, an empty line between two."""
    for block in output.split("\n\n"):
        pairs = (line.split("=", 1) for line in block.splitlines() if "=" in line)
        fields = {_PROPERTIES[key]: value for key, value in pairs if key in _PROPERTIES}
        if "unit" in fields:
            yield {name: fields.get(name) for name in _PROPERTIES.values()}
