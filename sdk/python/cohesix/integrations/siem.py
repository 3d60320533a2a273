"""Audit records as NDJSON for a SIEM: redacted, and with nothing in them that a terminal, a spreadsheet or a page acts on.

Each line is `{"schema", "index", "sha256", "record"}`: the record's place in the pack (or in the input) and the hash of its
bytes, so that a line can be proven later (`coh audit prove`). In every string, keys included:

    control and hidden characters   become \\xNN or \\uNNNN       (a terminal that shows the line)
    < > &                           become &lt; &gt; &amp;       (a page that shows a field)
    = + - @ at the start            get a ' before them          (a spreadsheet that imports the file)

Values of keys that name a secret become "<redacted>", also in JSON inside a string (contracts-2, 10.4). A line that is no
JSON object is not left out: it becomes `{"unparsed": text}`, and is counted.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, TextIO

from ..verify import NotAPack, verify_pack
from .pack_records import PackRecords
from .probe import parsed_json
from .text import visible

SCHEMA = "cohesix-siem/v1"
DEPTH_MAX = 32
UNPARSED_LENGTH_MAX = 4_096
LINE_BYTES_MAX = 1 << 16  # of input that is not a pack: no record of a log is longer
REDACTED = "<redacted>"

_SECRET = re.compile(r"token|authorization|secret|password|signing_key|api_key", re.IGNORECASE)
_SECRET_NAMES = frozenset({"auth", "auth_ref"})
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class SiemReport:
    """What was exported. `ok` when every record was JSON."""

    records: int
    redacted: int
    unparsed: int

    @property
    def ok(self) -> bool:
        return self.unparsed == 0


def siem_export_ndjson(records: Iterable[bytes], out: TextIO) -> SiemReport:
    """Writes one line for each record, in their order. Memory is one record."""
    count = redacted = unparsed = 0
    for index, data in enumerate(records):
        value = parsed_json(data.decode("utf-8", "replace"))
        if isinstance(value, dict):
            record, hidden = safe_record(value)
            redacted += hidden
        else:
            record = {"unparsed": safe_text(data.decode("utf-8", "replace")[:UNPARSED_LENGTH_MAX])}
            unparsed += 1
        line = {"schema": SCHEMA, "index": index, "sha256": sha256(data).hexdigest(), "record": record}
        out.write(json.dumps(line, separators=(",", ":")) + "\n")
        count += 1
    return SiemReport(count, redacted, unparsed)


def safe_record(record: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The record made harmless, and how many values were redacted. What nests deeper than 32 becomes the text `...`."""
    cleaning = _Cleaning()
    return cleaning.object(record, 0), cleaning.redacted


def safe_text(text: str) -> str:
    """One string made harmless."""
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret (contracts-2, 10.4)."""
    return name.lower() in _SECRET_NAMES or _SECRET.search(name) is not None


class _Cleaning:
    """One record: cleans it and counts what it hid."""

    def __init__(self) -> None:
        self.redacted = 0

    def object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        return {safe_text(key): self._field(key, one, depth + 1) for key, one in value.items()}

    def _field(self, key: str, value: Any, depth: int) -> Any:
        if is_secret_name(key) and value is not None:
            self.redacted += 1
            return REDACTED
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if depth > DEPTH_MAX:
            return "..."
        if isinstance(value, dict):
            return self.object(value, depth)
        if isinstance(value, list):
            return [self._value(one, depth + 1) for one in value]
        return self._string(value, depth) if isinstance(value, str) else value

    def _string(self, text: str, depth: int) -> str:
        """Lines of control files are JSON in a string; what they hide is hidden there too."""
        inner = parsed_json(text) if text.lstrip().startswith(("{", "[")) else None
        if not isinstance(inner, (dict, list)):
            return safe_text(text)
        before = self.redacted
        cleaned = self._value(inner, depth + 1)
        return safe_text(text) if self.redacted == before else json.dumps(cleaned, separators=(",", ":"))


def main(arguments: Sequence[str] | None = None) -> int:
    """`python3 -m cohesix.integrations.siem`: exit status 0; 1 for a record that is no JSON object, or a pack that does not
    verify; 2 when there is nothing to export."""
    options = _parser().parse_args(arguments)
    try:
        return _export_pack(options) if options.pack is not None else _export_lines(options)
    except BrokenPipeError:  # who reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, NotAPack, ValueError) as error:
        print(f"siem: {visible(str(error))}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m cohesix.integrations.siem",
        description="Exports audit records as NDJSON for a SIEM.",
        epilog="examples:\n"
        "  coh audit export evidence && python3 -m cohesix.integrations.siem --pack evidence --key VKEY -o audit.ndjson\n"
        "  coh cat /audit/journal | python3 -m cohesix.integrations.siem\n\n"
        "exit status: 0 exported; 1 exported with lines that are no JSON, cut off, or the pack does not verify;\n"
        "2 nothing to export",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pack = "a pack of coh audit export; what is exported is what was verified"
    parser.add_argument("--pack", metavar="DIR", help=pack)
    parser.add_argument("--key", metavar="VKEY", help="the key of the log; default: that in the pack")
    parser.add_argument("-o", "--out", metavar="FILE", help="file to write when all is well; default: stdout")
    return parser


def _export_pack(options: argparse.Namespace) -> int:
    verdict = verify_pack(options.pack, key=options.key)
    if not verdict["ok"]:
        first = verdict["findings"][0]
        why = f"{first['what']} ({first['where']})"
        print(f"siem: {options.pack} does not verify: {visible(why)}", file=sys.stderr)
        return 1
    records = PackRecords(options.pack, verdict["size"])
    return _write(options.out, records, lambda: records.root == base64.b64decode(verdict["root"]))


def _export_lines(options: argparse.Namespace) -> int:
    return _write(options.out, _lines_of_input(), lambda: True)


def _lines_of_input() -> Iterable[bytes]:
    read = sys.stdin.buffer.readline
    while line := read(LINE_BYTES_MAX):
        if len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
            raise ValueError(f"a line has more than {LINE_BYTES_MAX} bytes")
        if line.strip():
            yield line.rstrip(b"\r\n")


def _write(path: str | None, records: Iterable[bytes], is_same: Any) -> int:
    """A file gets its name only when it is whole."""
    if path is None:
        return _told(siem_export_ndjson(records, sys.stdout), is_same())
    partial = f"{path}.partial"
    with open(partial, "w", encoding="ascii", newline="\n") as out:
        report = siem_export_ndjson(records, out)
    if not is_same():
        os.unlink(partial)
        return _told(report, False)
    os.replace(partial, path)
    return _told(report, True)


def _told(report: SiemReport, is_same: bool) -> int:
    if not is_same:
        print("siem: the pack changed while it was read; nothing of this holds", file=sys.stderr)
        return 1
    print(json.dumps(asdict(report)), file=sys.stderr)
    return 0 if report.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
