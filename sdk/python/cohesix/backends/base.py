"""Backend: what a hive is to this package, whichever door it is reached through.

One behaviour for all doors: the same call gives the same bytes, or a `CohesixError` with the same code. A write is sent once; only
a door with idempotency keys (REST) may send one again. Everything is bounded: bytes of an answer, names of a directory, attempts,
seconds. A backend is for one thread at a time.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import CohesixError

READ_BYTES_MAX = 1 << 20
"""Bytes that `read_file` takes unless told otherwise."""
APPEND_BYTES_MAX = 8192 - 24
"""Bytes of one append: a 9P message of the usual 8192 less what is around the data."""
LIST_NAMES_MAX = 65_536
REFUSAL_PATH = "/proc/self/refusal"
RESULTS_PATH = "/proc/self/results"
TIMEOUT_S = 2.0
RETRIES = 3
"""Attempts to connect; the waits between them are 0.2 s, doubling to 2 s (contracts-1, 2.6)."""

_Self = TypeVar("_Self", bound="Backend")


@dataclass(frozen=True, slots=True)
class FileStat:
    """What `stat` tells. `size`: bytes; of a stream its absolute end cursor."""

    kind: str
    mode: int
    size: int
    qid_path: int
    qid_version: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A line that the hive took. `entry`: its journal entry, None where the door cannot tell; `reply`: what it gave back."""

    path: str
    line: str
    bytes: int
    entry: int | None
    reply: Mapping[str, Any]


class Follow(ABC):
    """A stream that is followed: iterate over chunks of whole lines; `close` ends it from outside the loop."""

    @abstractmethod
    def __iter__(self) -> Iterator[bytes]: ...

    @abstractmethod
    def close(self) -> None:
        """Ends it; idempotent."""

    def __enter__(self) -> Follow:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Backend(ABC):
    """A session with a hive, or a tree of files that stands for one. Every method raises `CohesixError`."""

    door: str = ""

    @abstractmethod
    def list_dir(self, path: str) -> list[str]:
        """Names in a directory, in byte order."""

    @abstractmethod
    def read_file(self, path: str, max_bytes: int = READ_BYTES_MAX) -> bytes:
        """Whole content, of a stream what it retains; more than `max_bytes` is `too-big`."""

    @abstractmethod
    def write_append(self, path: str, data: bytes | str, *, key: str | None = None) -> int:
        """Appends whole lines, all or nothing; how many bytes. `key`: idempotency key, where the door has them."""

    @abstractmethod
    def follow(self, path: str, from_cursor: int | None = None) -> Follow:
        """Follows a stream from an absolute cursor; None is its end. Waits without end for what comes."""

    @abstractmethod
    def stat(self, path: str) -> FileStat:
        """What is at a path."""

    @abstractmethod
    def ping(self) -> None:
        """A round trip without effect."""

    @abstractmethod
    def close(self) -> None:
        """Ends the session; idempotent."""

    def write_line(self, path: str, line: str, *, key: str | None = None) -> Accepted:
        """Appends one line of a control file, and tells what the hive gave back."""
        count = self.write_append(path, line, key=key)
        entry, reply = self._reply(path)
        return Accepted(path, line, count, entry, reply)

    def read_text(self, path: str, max_bytes: int = READ_BYTES_MAX) -> str:
        """Content as text; what is no UTF-8 is shown as U+FFFD."""
        return self.read_file(path, max_bytes).decode("utf-8", "replace")

    def read_json_lines(self, path: str, max_bytes: int = READ_BYTES_MAX) -> list[dict[str, Any]]:
        """The JSON objects of a file, one a line; other lines are left out."""
        return json_lines(self.read_text(path, max_bytes))

    def _reply(self, path: str) -> tuple[int | None, dict[str, Any]]:
        """Journal entry and reply of the line that this session just wrote; nothing where they cannot be read."""
        try:
            rows = self.read_json_lines(RESULTS_PATH)
        except CohesixError:
            return None, {}
        row = rows[0] if rows else {}
        if row.get("result") != "accepted" or row.get("path") != path:
            return None, {}
        entry, reply = row.get("entry"), row.get("reply")
        return (entry if isinstance(entry, int) else None), (reply if isinstance(reply, dict) else {})

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def components_of(path: str) -> list[str]:
    """The names of an absolute path; the root has none."""
    if not path.startswith("/"):
        raise CohesixError("invalid-path", f"A path starts with a slash; got {path[:64]!r}.", path=path)
    if "\0" in path:
        raise CohesixError("invalid-path", "A path holds no NUL.", path=path)
    return [] if path == "/" else path[1:].split("/")


def lines_to_append(path: str, data: bytes | str, max_bytes: int = APPEND_BYTES_MAX) -> bytes:
    """The bytes of one append: they end in exactly one line feed, and fit."""
    if isinstance(data, str):
        try:
            raw = data.encode("utf-8")
        except UnicodeEncodeError:
            raise CohesixError("invalid-payload", "The text has half a character (a lone surrogate).", path=path) from None
    else:
        raw = bytes(data)
    body = raw.rstrip(b"\n")
    if not body:
        raise CohesixError("invalid-payload", "There is nothing to append.", path=path)
    whole = body + b"\n"
    if len(whole) > max_bytes:
        raise CohesixError("too-big", f"An append is at most {max_bytes} bytes here; this one has {len(whole)}.", path=path)
    return whole


def content_too_big(path: str, max_bytes: int) -> CohesixError:
    """`too-big` for a content over `max_bytes`."""
    return CohesixError("too-big", f"{path} has more than {max_bytes} bytes; read it with a larger bound.", path=path)


def sorted_names(names: Iterator[str] | list[str] | set[str]) -> list[str]:
    """In the order of their bytes, which is that of their code points."""
    return sorted(names)


def json_lines(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a text, one a line."""
    found: list[dict[str, Any]] = []
    for line in text.split("\n"):
        try:
            value = json.loads(line) if line else None
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def sentence_of(text: str) -> str | None:
    """The sentence in `/proc/self/refusal`: `code=<code> path=<p> detail=<sentence>`."""
    line = text.split("\n", 1)[0]
    at = line.find(" detail=")
    return line[at + len(" detail=") :] if line.startswith("code=") and at >= 0 else None


def unknown_write(path: str, error: CohesixError) -> CohesixError:
    """A write whose answer did not come: it may have happened."""
    detail = f"The write may or may not have happened ({error.detail}); look at {path} before you send it again."
    return CohesixError("timeout", detail, path=path, is_unknown=True)


UNTOLD = frozenset({"rate-limited", "exhausted", "throttled", "unauthenticated", "closed"})
"""Refusals whose sentence is not asked for: asking would cost more of what there is too little of."""
