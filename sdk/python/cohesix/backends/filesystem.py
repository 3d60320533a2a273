"""A hive mounted in the file system (`coh mount`, or the kernel's 9P client), or any tree of files that stands for one.

Paths are taken below the root one name at a time, without following links out of it. An append is one write. The errno of a mount
belongs to one code of a hive; a plain tree has the usual ones.
"""

from __future__ import annotations

import errno as errnos
import os
import stat as stats
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import CohesixError
from ..refusals import CODE_OF_ERRNO
from .base import (
    LIST_NAMES_MAX,
    READ_BYTES_MAX,
    REFUSAL_PATH,
    Backend,
    FileStat,
    Follow,
    components_of,
    content_too_big,
    lines_to_append,
    sentence_of,
    sorted_names,
)
from .lines import whole_lines

POLL_S = 0.25
"""How often a followed file is looked at: a mount has no other way to wait for more."""
PART_BYTES = 1 << 16
CODE_OF_PLAIN_ERRNO = {errnos.ELOOP: "invalid-path", errnos.ENAMETOOLONG: "invalid-path", errnos.EFBIG: "too-big"}


class FilesystemBackend(Backend):
    """Files below `root`."""

    door = "filesystem"

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise CohesixError("unreachable", f"{self.root} is no directory; is the hive mounted there?")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    def list_dir(self, path: str) -> list[str]:
        where = self._where(path)
        try:
            names = sorted_names(os.listdir(where))
        except OSError as error:
            raise self._refusal(path, error) from None
        if len(names) > LIST_NAMES_MAX:
            raise CohesixError("too-big", f"{path} has more than {LIST_NAMES_MAX} names.", path=path)
        return names

    def read_file(self, path: str, max_bytes: int = READ_BYTES_MAX) -> bytes:
        try:
            file = os.open(self._where(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                return self._all(file, path, max_bytes)
            finally:
                os.close(file)
        except OSError as error:
            raise self._refusal(path, error) from None

    def _all(self, file: int, path: str, max_bytes: int) -> bytes:
        parts: list[bytes] = []
        total = 0
        while part := os.read(file, PART_BYTES):
            parts.append(part)
            total += len(part)
            if total > max_bytes:
                raise content_too_big(path, max_bytes)
        return b"".join(parts)

    def write_append(self, path: str, data: bytes | str, *, key: str | None = None) -> int:
        raw = lines_to_append(path, data)
        try:
            file = os.open(self._where(path), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                count = os.write(file, raw)
            finally:
                os.close(file)  # a mount may say only here that it refused
        except OSError as error:
            raise self._refusal(path, error) from None
        if count != len(raw):
            raise CohesixError("internal", f"The file took {count} of {len(raw)} bytes.", path=path)
        return count

    def follow(self, path: str, from_cursor: int | None = None) -> Follow:
        try:
            file = os.open(self._where(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise self._refusal(path, error) from None
        end = os.fstat(file).st_size
        return _FileFollow(self, file, path, end if from_cursor is None else min(from_cursor, end))

    def stat(self, path: str) -> FileStat:
        try:
            found = os.lstat(self._where(path))
        except OSError as error:
            raise self._refusal(path, error) from None
        mode = stats.S_IMODE(found.st_mode)
        if stats.S_ISDIR(found.st_mode):
            kind = "directory"
        else:
            kind = "control" if mode & 0o222 else "view"
        return FileStat(kind, mode, found.st_size, found.st_ino, found.st_mtime_ns & 0xFFFFFFFF)

    def ping(self) -> None:
        self.stat("/")

    def close(self) -> None:
        """Nothing is open between calls."""

    def _where(self, path: str) -> str:
        names = components_of(path)
        if any(name in ("", ".", "..") for name in names):
            raise CohesixError("invalid-path", "A path has no empty name, no `.` and no `..`.", path=path)
        where = self.root
        for name in names[:-1]:
            where = where / name
            if where.is_symlink():
                raise CohesixError("invalid-path", f"{name} is a link.", path=path)
        return str(where / names[-1] if names else where)

    def _refusal(self, path: str, error: OSError) -> CohesixError:
        number = error.errno or 0
        code = CODE_OF_PLAIN_ERRNO.get(number) or CODE_OF_ERRNO.get(number, "internal")
        return CohesixError(code, self._sentence(path), path=path)

    def _sentence(self, path: str) -> str | None:
        """Of a mount the hive's own; a plain tree has none."""
        if path == REFUSAL_PATH:
            return None
        try:
            with open(self._where(REFUSAL_PATH), "rb") as file:
                return sentence_of(file.read(4096).decode("utf-8", "replace"))
        except (OSError, CohesixError):
            return None


class _FileFollow(Follow):
    def __init__(self, backend: FilesystemBackend, file: int, path: str, cursor: int) -> None:
        self._backend = backend
        self._file: int | None = file
        self._path = path
        self._cursor = cursor

    def __iter__(self) -> Iterator[bytes]:
        return whole_lines(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while self._file is not None:
            try:
                chunk = os.pread(self._file, PART_BYTES, self._cursor)
            except OSError as error:
                self.close()
                raise self._backend._refusal(self._path, error) from None
            self._cursor += len(chunk)
            if chunk:
                yield chunk
            else:
                time.sleep(POLL_S)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
