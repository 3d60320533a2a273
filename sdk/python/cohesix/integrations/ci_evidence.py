"""Evidence for a build: one JSON summary and one exit status, from a verified log, playbook reports and hashed artefacts."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from ..verify import NotAPack, verify_pack
from .probe import parsed_json
from .text import visible

SCHEMA = "cohesix-ci-evidence/v1"
ARTEFACTS_MAX = 10_000
REPORT_BYTES_MAX = 4 << 20


@dataclass(frozen=True, slots=True)
class CiEvidence:
    """The summary as JSON values; `exit_code` is 0 all holds, 1 something does not, 2 there was no pack to judge."""

    exit_code: int
    summary: dict[str, Any]


def ci_evidence_pack(
    pack: str | os.PathLike[str],
    *,
    key: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    witnesses: Sequence[str] = (),
    artefacts: str | os.PathLike[str] | None = None,
    reports: Sequence[str | os.PathLike[str]] = (),
) -> CiEvidence:
    """Verifies the pack (`coh audit export`), reads the reports, hashes the files below `artefacts`. A report that is not ok,
    or none, fails it. The same files give the same summary. `ValueError` beyond 10,000 artefacts."""
    log = _log_of(pack, key, checkpoint, witnesses)
    told = [_report_of(path) for path in reports]
    is_ok = log["ok"] is True and all(report["ok"] is True for report in told)
    exit_code = 2 if log["ok"] is None else 0 if is_ok else 1
    files = [] if artefacts is None else list(_hashed(Path(artefacts)))
    summary = {"schema": SCHEMA, "ok": is_ok, "exit_code": exit_code, "log": log, "reports": told, "artefacts": files}
    return CiEvidence(exit_code, summary)


def _log_of(pack: Any, key: Any, checkpoint: Any, witnesses: Sequence[str]) -> dict[str, Any]:
    """What the verifier found; `ok` is None where there was nothing to judge."""
    try:
        return verify_pack(pack, key=key, checkpoint=checkpoint, witnesses=witnesses)
    except NotAPack as error:
        return {"ok": None, "error": visible(str(error))}


def _report_of(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(REPORT_BYTES_MAX + 1)
    except OSError as error:
        return {"path": os.fspath(path), "ok": None, "error": visible(str(error.strerror))}
    value = parsed_json(data.decode("utf-8", "replace")) if len(data) <= REPORT_BYTES_MAX else None
    if not isinstance(value, dict):
        return {"path": os.fspath(path), "ok": None, "error": "not a JSON object, or too large"}
    wanted = ("schema", "playbook", "run", "ok")
    return {"path": os.fspath(path), "ok": None, **{name: value[name] for name in wanted if name in value}}


def _hashed(folder: Path) -> Iterator[dict[str, Any]]:
    """Regular files below a folder by their paths; links are not followed, so that nothing outside is taken for evidence."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if len(found) > ARTEFACTS_MAX:
        raise ValueError(f"{folder} has {len(found)} files; at most {ARTEFACTS_MAX} are evidence")
    for path in found:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            yield {"path": path.relative_to(folder).as_posix(), "bytes": file.tell(), "sha256": digest}


def main(arguments: Sequence[str] | None = None) -> int:
    """`python3 -m cohesix.integrations.ci_evidence`: prints or writes the summary; the exit status is that of the evidence."""
    options = _parser().parse_args(arguments)
    try:
        evidence = ci_evidence_pack(
            options.pack,
            key=options.key,
            checkpoint=options.checkpoint,
            witnesses=options.witness,
            artefacts=options.artefacts,
            reports=options.report,
        )
        text = json.dumps(evidence.summary, indent=2, sort_keys=True) + "\n"
        if options.out is None:
            sys.stdout.write(text)
        else:
            Path(options.out).write_text(text, encoding="ascii")
    except (OSError, ValueError) as error:
        print(f"ci_evidence: {visible(str(error))}", file=sys.stderr)
        return 2
    return evidence.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m cohesix.integrations.ci_evidence",
        description="Verifies a pack of the audit log and sums up what a build has to show.",
        epilog="example:\n"
        "  coh audit export evidence\n"
        "  python3 -m cohesix.integrations.ci_evidence evidence --key VKEY --report out/report.json --artefacts out\n\n"
        "exit status: 0 all holds; 1 the log or a report does not; 2 no pack to judge, or wrong usage",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("pack", metavar="PACK", help="folder of coh audit export")
    parser.add_argument("--key", metavar="VKEY", help="the key of the log; without it the pack proves consistency only")
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint kept elsewhere that the log must contain")
    parser.add_argument("--witness", metavar="VKEY", action="append", default=[], help="must have cosigned; repeatable")
    parser.add_argument("--report", metavar="FILE", action="append", default=[], help="report of a playbook; repeatable")
    parser.add_argument("--artefacts", metavar="DIR", help="folder whose files are hashed")
    parser.add_argument("--out", metavar="FILE", help="file for the summary; default: stdout")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
