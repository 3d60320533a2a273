"""A hive over 9P2000.L: TCP, TLS or a unix socket. One request at a time, each operation with fids of its own.

An errno belongs to one code of a hive; the sentence is in `/proc/self/refusal`. A Twrite is sent once: when its answer does not come,
the write is told to be unknown.
"""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

from ..errors import CohesixError
from .base import (
    READ_BYTES_MAX,
    REFUSAL_PATH,
    RETRIES,
    TIMEOUT_S,
    UNTOLD,
    Backend,
    FileStat,
    Follow,
    components_of,
    lines_to_append,
    sentence_of,
    unknown_write,
)
from .lines import whole_lines
from .ninep_session import (
    GETATTR_ALL,
    IO_HEADER_BYTES,
    Lerror,
    MSIZE,
    NinePSession,
    OFFSET_AT_END,
    O_FOLLOW_STREAM,
    O_WRONLY,
    ROOT_FID,
    TGETATTR,
    TWRITE,
    attributes_of,
    list_names,
    read_all,
    stat_of,
)
from .sockets import Wire, dial, parse_address, with_retries

_T = TypeVar("_T")


class NinePBackend(Backend):
    """A session over 9P. `url`: `9p://host:port`, `9ps://host:port` (TLS) or `unix:/path`."""

    door = "9p"

    def __init__(
        self,
        url: str,
        *,
        ticket: str,
        role: str = "",
        subject: str | None = None,
        timeout_s: float = TIMEOUT_S,
        max_retries: int = RETRIES,
        msize: int = MSIZE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        protocol, self._address = parse_address(url)
        if protocol != "9p":
            raise CohesixError("invalid-payload", f"{url} is no door of 9P.")
        self._url = url
        self._who = (role, subject, ticket, msize)
        self._timeout_s = timeout_s
        self._retries = max_retries
        self._tls = tls
        self._is_closed = False
        self._session: NinePSession | None = self._attach()

    def __repr__(self) -> str:
        return f"NinePBackend({self._url!r})"

    def _attach(self) -> NinePSession:
        def attempt() -> NinePSession:
            wire = Wire(dial(self._address, self._timeout_s, self._tls), self._timeout_s)
            try:
                return NinePSession(wire, *self._who)
            except Lerror as error:
                wire.close()
                raise CohesixError(error.code) from None
            except CohesixError:
                wire.close()
                raise

        return with_retries(attempt, self._retries)

    def _ready(self) -> NinePSession:
        if self._is_closed:
            raise CohesixError("closed")
        if self._session is None or not self._session.wire.is_open:
            self._session = self._attach()
        return self._session

    def _with(self, path: str, act: Callable[[NinePSession], _T], *, is_read: bool = True) -> _T:
        """Runs an operation; one that changes nothing runs again over a new connection when the old one turns out dead."""
        try:
            return self._told(path, act, self._ready())
        except CohesixError as error:
            if error.code != "unreachable" or not is_read or self._is_closed:
                raise
            return self._told(path, act, self._ready())

    def _told(self, path: str, act: Callable[[NinePSession], _T], session: NinePSession) -> _T:
        try:
            return act(session)
        except Lerror as error:
            raise CohesixError(error.code, self._sentence(session, path, error.code), path=path) from None
        except CohesixError as error:
            error.path = error.path or path
            raise

    def _sentence(self, session: NinePSession, path: str, code: str) -> str | None:
        if path == REFUSAL_PATH or code in UNTOLD:
            return None
        try:
            return sentence_of(read_all(session, REFUSAL_PATH, 4096).decode("utf-8", "replace"))
        except (Lerror, CohesixError):
            return None

    def list_dir(self, path: str) -> list[str]:
        components_of(path)
        return self._with(path, lambda session: list_names(session, path))

    def read_file(self, path: str, max_bytes: int = READ_BYTES_MAX) -> bytes:
        components_of(path)
        return self._with(path, lambda session: read_all(session, path, max_bytes))

    def write_append(self, path: str, data: bytes | str, *, key: str | None = None) -> int:
        components_of(path)
        raw = lines_to_append(path, data, self._who[3] - IO_HEADER_BYTES)
        sent = False

        def act(session: NinePSession) -> int:
            nonlocal sent
            fid, _ = session.walk(components_of(path))
            try:
                most = session.open(fid, O_WRONLY)
                if len(raw) > most:
                    raise CohesixError("too-big", f"An append is at most {most} bytes here.", path=path)
                sent = True
                body = struct.pack("<IQI", fid, OFFSET_AT_END, len(raw)) + raw
                count = int(struct.unpack_from("<I", session.call(TWRITE, body))[0])
            finally:
                if session.wire.is_open:
                    session.clunk(fid)
            if count != len(raw):
                raise CohesixError("internal", f"The hive took {count} of {len(raw)} bytes.", path=path)
            return count

        try:
            return self._with(path, act, is_read=False)
        except CohesixError as error:
            if error.code in ("unreachable", "timeout"):
                if sent:
                    raise unknown_write(path, error) from None
                # The connection was dead before anything was written: nothing can be doubled.
                if error.code == "unreachable" and not self._is_closed:
                    return self._with(path, act, is_read=False)
            raise

    def follow(self, path: str, from_cursor: int | None = None) -> Follow:
        components_of(path)
        session = self._attach()  # of its own: a parked read must not hold up the others
        try:
            return self._told(path, lambda one: _NinePFollow(one, path, from_cursor), session)
        except CohesixError:
            session.wire.close()
            raise

    def stat(self, path: str) -> FileStat:
        components_of(path)
        return self._with(path, lambda session: stat_of(session, path))

    def ping(self) -> None:
        self._with("/", lambda session: session.call(TGETATTR, struct.pack("<IQ", ROOT_FID, GETATTR_ALL)))

    def close(self) -> None:
        if self._session is not None and not self._is_closed:
            session = self._session
            if session.wire.is_open:
                try:
                    session.clunk(ROOT_FID)
                except CohesixError:
                    pass  # The hive went first.
            session.wire.close()
        self._is_closed = True


class _NinePFollow(Follow):
    def __init__(self, session: NinePSession, path: str, from_cursor: int | None) -> None:
        self._session = session
        self._path = path
        self._is_closed = False
        self._fid, _ = session.walk(components_of(path))
        self._most = session.open(self._fid, O_FOLLOW_STREAM)
        found = attributes_of(session, self._fid)
        if found.kind != "stream":
            raise CohesixError("unsupported", "Only a stream can be followed.", path=path)
        self._cursor = found.size if from_cursor is None else min(from_cursor, found.size)

    def __iter__(self) -> Iterator[bytes]:
        return whole_lines(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while not self._is_closed:
            try:
                chunk = self._session.read(self._fid, self._cursor, self._most, deadline=False)
            except Lerror as error:
                self.close()
                raise CohesixError(error.code, path=self._path) from None
            except CohesixError:
                if self._is_closed:
                    return
                self.close()
                raise
            if not chunk:
                self.close()
                return
            self._cursor += len(chunk)
            yield chunk

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._session.wire.close()
