"""Telemetry of a device as segments: a text in pieces that fit a record, sent where the hive does not have it yet.

`coh telemetry push` makes the same records of the same text. A repeat finds the segment that has the beginning of them and goes on
there, so a connection that breaks costs nothing and doubles nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from .backends.base import APPEND_BYTES_MAX, Backend
from .errors import CohesixError
from .models import SegmentNew
from .rows import row_of, rows_in
from .submit import Submitter

PUSH_SCHEMA = "cohsh-telemetry-push/v1"
BOUNDS = {"max_bytes_per_segment": 131_072, "max_record_bytes": 4096}
"""Of a hive that does not tell its own (a mock, a ticket that may not read them): the defaults of the manifest."""
DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ESCAPED = re.compile("[\u007f-\u009f\u2028\u2029]")
STATUS_BYTES_MAX = 1 << 20
SEGMENT_BYTES_MAX = 16 << 20


def push(submitter: Submitter, device: str, text: str, mime: str, name: str) -> str:
    """Sends a text; the id of its segment. Raises `CohesixError`."""
    _checked(device)
    backend = submitter.backend
    bounds = _bounds(backend)
    records = inline_records(text, mime, bounds)
    segment, have = _place(backend, device, records, mime, name)
    if segment is None:
        line = SegmentNew(mime=mime, name=name).to_line()
        accepted = submitter.submit(SegmentNew.path(device=device), line)
        told = accepted.reply.get("seg_id")
        segment = told if isinstance(told, str) else backend.read_text(f"{_folder(device)}/latest").strip()
    path = f"{_folder(device)}/seg/{segment}"
    for batch in batches(records[have:]):
        backend.write_append(path, batch)
    wanted = sum(len(record.encode("utf-8")) + 1 for record in records)
    if backend.stat(path).size != wanted:
        raise CohesixError("stale", f"{path} has not {wanted} bytes: somebody else writes it.", path=path)
    return segment


def pull(backend: Backend, device: str, segment: str | None) -> bytes:
    """The records of a segment; of the latest when none is named."""
    _checked(device)
    name = segment if segment is not None else backend.read_text(f"{_folder(device)}/latest").strip()
    return backend.read_file(f"{_folder(device)}/seg/{name}", SEGMENT_BYTES_MAX)


def payload_of(records: bytes) -> str:
    """The text that was pushed inline; `invalid-payload` when a record is another kind or out of order."""
    parts: list[str] = []
    for number, line in enumerate(records.decode("utf-8", "replace").split("\n")[:-1], 1):
        row = row_of(line)
        if row.get("schema") != PUSH_SCHEMA or row.get("seq") != number or not isinstance(row.get("payload"), str):
            raise CohesixError("invalid-payload", f"line {number} is no inline record with seq {number}.")
        parts.append(row["payload"])
    return "".join(parts)


def inline_records(text: str, mime: str, bounds: Mapping[str, int]) -> list[str]:
    """The records of a text: as much of it in each as one may have. `too-big` for what no segment holds."""
    if not text:
        raise CohesixError("invalid-payload", "There is nothing to push.")
    records: list[str] = []
    total = at = 0
    while at < len(text):
        end = _piece(text, at, len(records) + 1, mime, bounds["max_record_bytes"])
        if end == at:
            raise CohesixError("too-big", f"telemetry_ingest.max_record_bytes is {bounds['max_record_bytes']}.")
        records.append(_record(len(records) + 1, mime, text[at:end]))
        total += len(records[-1].encode("utf-8")) + 1
        if total > bounds["max_bytes_per_segment"]:
            raise CohesixError("too-big", f"telemetry_ingest.max_bytes_per_segment is {bounds['max_bytes_per_segment']}.")
        at = end
    return records


def batches(records: list[str]) -> list[str]:
    """Whole records together, as many as one append may have."""
    made: list[str] = []
    size = 0
    for record in records:
        more = len(record.encode("utf-8")) + 1
        if made and size + more <= APPEND_BYTES_MAX:
            made[-1] += f"{record}\n"
            size += more
        else:
            made.append(f"{record}\n")
            size = more
    return made


def _piece(text: str, at: int, seq: int, mime: str, bytes_max: int) -> int:
    """The end of the longest piece from `at` on whose record fits."""
    low, high = at, min(len(text), at + bytes_max)
    while low < high:
        middle = (low + high + 1) // 2
        if len(_record(seq, mime, text[at:middle]).encode("utf-8")) + 1 <= bytes_max:
            low = middle
        else:
            high = middle - 1
    return low


def _record(seq: int, mime: str, payload: str) -> str:
    plain = json.dumps(
        {"schema": PUSH_SCHEMA, "seq": seq, "mime": mime, "payload": payload}, ensure_ascii=False, separators=(",", ":")
    )
    return ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)


def _place(backend: Backend, device: str, records: list[str], mime: str, name: str) -> tuple[str | None, int]:
    """The newest segment of this name that has the beginning of the records, and how many it has."""
    try:
        rows = rows_in(backend.read_text(f"{_folder(device)}/status", STATUS_BYTES_MAX))[1:]
    except CohesixError as error:
        if error.code in ("invalid-path", "not-found"):
            return None, 0
        raise
    for row in reversed(rows):
        if row.get("name") != name or row.get("mime") != mime or row.get("kind") not in ("records", "empty"):
            continue
        segment = str(row["id"])
        have = backend.read_text(f"{_folder(device)}/seg/{segment}", SEGMENT_BYTES_MAX).split("\n")[:-1]
        if records[: len(have)] == have:
            return segment, len(have)
    return None, 0


def _bounds(backend: Backend) -> dict[str, int]:
    found = dict(BOUNDS)
    try:
        text = backend.read_text("/proc/bounds")
    except CohesixError:
        return found
    for line in text.split("\n"):
        name, _, value = line.removeprefix("telemetry_ingest.").partition("=")
        if line.startswith("telemetry_ingest.") and name in found and value.isdigit():
            found[name] = int(value)
    return found


def _checked(device: str) -> None:
    if DEVICE.fullmatch(device) is None:
        raise CohesixError("invalid-payload", f"{device[:64]!r} is no name of a device.")


def _folder(device: str) -> str:
    return f"/queen/telemetry/{device}"


__all__ = ["batches", "inline_records", "payload_of", "pull", "push"]
