#!/usr/bin/env python3
"""Fetches the log that a hive or any other host serves as C2SP tlog-tiles into a directory, for `verify.py` to check.

    python3 mirror.py https://hive.example:5641/audit DIRECTORY [--ticket FILE] [--ca FILE]
    python3 verify.py DIRECTORY --key VKEY

Only the Python 3.11 standard library, and this one file; it believes nothing, since the verifier judges what it brought.
What a tile or a bundle once was it stays for ever, so full ones that are there already are not fetched again.

Bounds: every answer has a size and a time, and a log of more records than `--records-max` is not begun. A redirect is not
followed, so that a ticket goes to the host that was named and to no other.

Source: c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import argparse
import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

TILE_WIDTH = 256
HASH_SIZE = 32
NOTE_SIZE_MAX = 1_000_000
KEY_SIZE_MAX = 4_096
TILE_SIZE_MAX = TILE_WIDTH * HASH_SIZE
BUNDLE_SIZE_MAX = TILE_WIDTH * (2 + 65_535)
RECORDS_MAX = 10_000_000
TIMEOUT_S = 30

EXIT_OK = 0
EXIT_FAILED = 1


class MirrorError(Exception):
    """The log cannot be fetched; the text says what and why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect is an answer like any other that is no success."""


class Host:
    """The files below a URL."""

    def __init__(self, url: str, ticket: str | None = None, ca: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise MirrorError("a log is at a URL like https://host/path, without user, query or fragment")
        self._root = url.rstrip("/") + "/"
        self._headers = {} if ticket is None else {"Authorization": f"Bearer {ticket}"}
        context = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
        handlers = [_NoRedirect()] + ([urllib.request.HTTPSHandler(context=context)] if context else [])
        self._opener = urllib.request.build_opener(*handlers)

    def read(self, path: str, size_max: int) -> bytes | None:
        """One file; None when there is none."""
        request = urllib.request.Request(self._root + path, headers=self._headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                content = answer.read(size_max + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                return None
            raise MirrorError(f"{path}: HTTP status {error.code}") from None
        except (OSError, HTTPException) as error:
            raise MirrorError(f"{path}: {error}") from None
        if len(content) > size_max:
            raise MirrorError(f"{path}: more than {size_max} bytes")
        return content


def mirror(host: Host, directory: Path, records_max: int = RECORDS_MAX) -> int:
    """Fetches the log at its present checkpoint; returns the number of its records. Raises `MirrorError`."""
    note = host.read("checkpoint", NOTE_SIZE_MAX)
    if not note:
        raise MirrorError("checkpoint: there is none (yet)")
    size = _size_in(note)
    if size > records_max:
        raise MirrorError(f"checkpoint: {size} records; at most {records_max} are fetched (--records-max)")
    for path, size_max in _paths(size):
        if ".p/" in path or not (directory / path).exists():
            _fetch(host, directory, path, size_max)
    key = host.read("key", KEY_SIZE_MAX)
    if key:
        _write(directory / "key", key)
    # Last: a directory with a checkpoint has everything that the checkpoint speaks of.
    _write(directory / "checkpoint", note)
    return size


def _size_in(note: bytes) -> int:
    lines = note.split(b"\n", 2)
    if len(lines) < 3 or not lines[1].isdigit() or len(lines[1]) > 19:
        raise MirrorError("checkpoint: it has no size in its second line")
    return int(lines[1])


def _paths(size: int) -> Iterator[tuple[str, int]]:
    """Paths of all bundles and tiles of a tree, and how large each may be."""
    yield from ((path, BUNDLE_SIZE_MAX) for path in _row("tile/entries", size))
    level, count = 0, size
    while count > 0:
        yield from ((path, TILE_SIZE_MAX) for path in _row(f"tile/{level}", count))
        level, count = level + 1, count // TILE_WIDTH


def _row(prefix: str, count: int) -> Iterator[str]:
    full, rest = divmod(count, TILE_WIDTH)
    for index in range(full):
        yield f"{prefix}/{_index_path(index)}"
    if rest > 0:
        yield f"{prefix}/{_index_path(full)}.p/{rest}"


def _index_path(index: int) -> str:
    """Three digits a component, all but the last begin with x: 1234067 is x001/x234/067."""
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def _fetch(host: Host, directory: Path, path: str, size_max: int) -> None:
    content = host.read(path, size_max)
    if content is None:
        raise MirrorError(f"{path}: it is missing; if the log has just grown, try again")
    _write(directory / path, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status: 0 fetched, 1 not, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="mirror.py", description="Fetches a log (C2SP tlog-tiles) for verify.py.")
    parser.add_argument("url", metavar="URL", help="where the log is: https://host:port/audit")
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="where it goes; made when missing")
    parser.add_argument("--ticket", metavar="FILE", help="a ticket that may read /audit, when the log is not public")
    parser.add_argument("--ca", metavar="FILE", help="authorities to believe, PEM; default: those of this machine")
    parser.add_argument("--records-max", metavar="N", type=int, default=RECORDS_MAX, help="a larger log is not fetched")
    options = parser.parse_args(arguments)
    try:
        ticket = None if options.ticket is None else Path(options.ticket).read_text().strip()
        size = mirror(Host(options.url, ticket, options.ca), options.directory, options.records_max)
    except (MirrorError, OSError) as error:
        print(f"mirror: {error}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{size} records: {options.directory}")
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
