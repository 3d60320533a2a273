"""What a probe gives: `ok` with sorted items, or `unknown` with a reason. Bounded, and the same for the same host."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bounded import NotRun, Ran, run_bounded
from .text import clipped

DETAIL_LENGTH_MAX = 256
FIELD_LENGTH_MAX = 128  # so that an item, all escaped, fits into a telemetry record of 4096 bytes

Item = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class ProbeBounds:
    """What one probe may cost. A probe with an SDK and a command has the time once for each of the two."""

    timeout_s: float = 5.0
    output_bytes_max: int = 1 << 20
    items_max: int = 64


DEFAULT_BOUNDS = ProbeBounds()


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer. `reason` is empty when `ok`, else `not-installed`, `denied`, `timeout`, `too-big`, `exit-status`,
    `garbage`, `failed` or `not-asked`; `source` is who answered; `dropped` counts items beyond the bound."""

    name: str
    state: str
    source: str
    reason: str = ""
    detail: str = ""
    items: tuple[Item, ...] = ()
    dropped: int = 0

    def to_object(self) -> dict[str, Any]:
        """The probe as JSON values, its items included."""
        return {**self.head(), "items": [dict(item) for item in self.items]}

    def head(self) -> dict[str, Any]:
        """The same without its items, but their number."""
        return {
            "probe": self.name,
            "state": self.state,
            "source": self.source,
            "reason": self.reason,
            "detail": self.detail,
            "count": len(self.items),
            "dropped": self.dropped,
        }


def known(name: str, source: str, items: Iterable[Item], bounds: ProbeBounds) -> Probe:
    """A probe that was answered; its items are cleaned, sorted by their fields from the first, and cut to the bound."""
    clean = sorted((_clean(item) for item in items), key=_order)
    kept = clean[: bounds.items_max]
    return Probe(name, "ok", source, items=tuple(kept), dropped=len(clean) - len(kept))


def unknown(name: str, source: str, reason: str, detail: str) -> Probe:
    """A probe that was not answered, and why."""
    return Probe(name, "unknown", source, reason, clipped(detail, DETAIL_LENGTH_MAX))


def not_asked(name: str, why: str) -> Probe:
    """A probe that was left out on purpose."""
    return unknown(name, "none", "not-asked", why)


def ask_command(name: str, argv: Sequence[str], bounds: ProbeBounds) -> str | Probe:
    """What a program printed, or the probe that says why that is not known."""
    ran = run_bounded(argv, timeout_s=bounds.timeout_s, output_bytes_max=bounds.output_bytes_max)
    return _output_of(name, Path(argv[0]).name, ran)


def ask_sdk(name: str, arguments: Mapping[str, Any], bounds: ProbeBounds) -> list[Item] | Probe:
    """Items from an SDK, asked in a process of its own: one that hangs or crashes in a driver is then only an answer that
    did not come. `not-installed` when this Python has no such SDK."""
    package_root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(one for one in (package_root, os.environ.get("PYTHONPATH", "")) if one != "")
    request = json.dumps({**arguments, "timeout_s": bounds.timeout_s, "items_max": bounds.items_max})
    # -P: an import must not find a docker.py in the folder that this was started in.
    argv = [sys.executable, "-B", "-P", "-m", "cohesix.integrations.sdk_process", name, request]
    ran = run_bounded(
        argv,
        timeout_s=bounds.timeout_s,
        output_bytes_max=bounds.output_bytes_max,
        environment={"PYTHONPATH": path},
    )
    source = f"{name}-sdk"
    output = _output_of(name, source, ran)
    if isinstance(output, Probe):
        return output
    answer = parsed_json(output)
    if not isinstance(answer, dict) or not (isinstance(answer.get("items"), list) or "reason" in answer):
        return unknown(name, source, "garbage", output)
    if "reason" in answer:
        return unknown(name, source, str(answer["reason"]), str(answer.get("detail", "")))
    return [item for item in answer["items"] if isinstance(item, dict)]


def first_known(name: str, sdk: list[Item] | Probe, command: Any, bounds: ProbeBounds) -> Probe:
    """The items of the SDK, else what `command()` gives. Of two failures the one that says more is told."""
    if not isinstance(sdk, Probe):
        return known(name, f"{name}-sdk", sdk, bounds)
    probe: Probe = command()
    is_better = probe.state == "ok" or sdk.reason == "not-installed"
    return probe if is_better or probe.reason != "not-installed" else sdk


def parsed_json(text: str) -> Any:
    """The JSON value of a text; None for what is none, and for what nests too deeply to be an answer."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _output_of(name: str, source: str, ran: Ran | NotRun) -> str | Probe:
    if isinstance(ran, NotRun):
        return unknown(name, source, ran.reason, ran.detail)
    if ran.status != 0:
        said = ran.error.strip() or ran.output[-DETAIL_LENGTH_MAX:].decode("utf-8", "replace").strip()
        return unknown(name, source, "exit-status", f"status {ran.status}: {said.splitlines()[-1] if said else 'no word'}")
    try:
        return ran.output.decode("utf-8")
    except UnicodeDecodeError:
        return unknown(name, source, "garbage", "the answer is not UTF-8")


def _order(item: Item) -> list[tuple[bool, bool, str]]:
    """Fields as something that compares, whatever they are: numbers by their size, then texts, then what is not known."""
    return [
        (value is None, isinstance(value, str), f"{value:020d}" if isinstance(value, int) else str(value))
        for value in item.values()
    ]


def _clean(item: Item) -> Item:
    return {key: clipped(value, FIELD_LENGTH_MAX) if isinstance(value, str) else value for key, value in item.items()}
