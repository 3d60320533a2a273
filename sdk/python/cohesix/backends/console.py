"""A hive over its line console: `size[4] line` frames, AUTH with the console's token, ATTACH with a ticket, one command at a time.

A command is answered by `OK VERB ...` or `ERR VERB reason=... detail=<code> ...`; what streams (`cat`, `ls`, `follow`) sends lines until
`END`. Content that is no plain text comes as `b64:` lines (hive/wire/src/content-lines.ts). Source: contracts-1, 2.1 to 2.4.
"""

from __future__ import annotations

import base64
import binascii
import re
import ssl
import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

from ..errors import CohesixError
from ..refusals import CODE_OF_ERRNO, REFUSALS
from .base import (
    LIST_NAMES_MAX,
    READ_BYTES_MAX,
    REFUSAL_PATH,
    RETRIES,
    TIMEOUT_S,
    UNTOLD,
    Backend,
    FileStat,
    Follow,
    components_of,
    content_too_big,
    lines_to_append,
    sentence_of,
    sorted_names,
    unknown_write,
)
from .lines import whole_lines
from .sockets import Wire, dial, parse_address, with_retries

FRAME_BYTES_MAX = 8192
PATH_BYTES_MAX = 1024
ERR_DETAIL = re.compile(
    r"reason=([a-z-]+)(?: detail=([a-z-]+))?(?: delay_ms=[0-9]{1,15})?(?: path=(.*?))?(?: error=([A-Za-z0-9 ]+))?", re.S
)
ACK = re.compile(r"(OK|ERR) ([A-Z][A-Z0-9_-]*)(?: (.*))?", re.S)
TRANSPORT_VERBS = frozenset({"PARSE", "FRAME", "AUTH", "CONSOLE"})
CODE_OF_REASON = {
    "invalid-length": "too-big",
    "expected-token": "unauthenticated",
    "invalid-token": "unauthenticated",
    "timeout": "timeout",
    "policy": "denied",
    "quota": "exhausted",
    "busy": "busy",
    "cut": "closed",
}
ERRNO_OF_NAME = {row.errno_name: row.errno for row in REFUSALS.values()}
CARRIED_PATH = re.compile(r"[^\s\u0000-\u001f\u007f-\u009f]+")

_T = TypeVar("_T")


class _Refused(Exception):
    """An ERR line, until it is told as a refusal."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        self.code = code
        self.detail = detail
        super().__init__(code)


class _Session:
    """One authenticated and attached connection."""

    def __init__(self, wire: Wire, console_token: str, role: str, ticket: str) -> None:
        self.wire = wire
        self.command(f"AUTH {console_token}")
        self.command(f"ATTACH {role} {ticket}")

    def send(self, line: str) -> None:
        raw = line.encode("utf-8")
        if len(raw) + 4 > FRAME_BYTES_MAX:
            raise CohesixError("too-big", "The command is longer than a console line may be.")
        self.wire.send(struct.pack("<I", len(raw) + 4) + raw)

    def line(self, *, deadline: bool = True) -> str:
        size = struct.unpack("<I", self.wire.read(4, deadline=deadline))[0]
        if not 4 <= size <= FRAME_BYTES_MAX:
            self.broken(f"a frame of {size} bytes")
        try:
            return self.wire.read(size - 4).decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise self.broken("a line that is not UTF-8") from None

    def command(self, line: str) -> str:
        """Sends a command; the detail of its OK. `_Refused` for an ERR."""
        self.send(line)
        verb = line.split(" ", 1)[0].upper()
        told = self.line()
        if told == "PONG":
            return "reply=pong"
        found = ACK.fullmatch(told)
        if found is None or found[2] not in TRANSPORT_VERBS | {verb}:
            raise self.broken("an answer to another command")
        detail = found[3] or ""
        if found[1] == "OK":
            return detail
        raise self.refused(found[2], detail)

    def refused(self, verb: str, detail: str) -> Exception:
        """What an ERR line says."""
        if verb == "CONSOLE":
            self.wire.close()
            return CohesixError("unreachable", "The hive closed the console: idle for too long.")
        if verb == "PARSE" and detail.startswith("reason=policy detail="):
            return _Refused("invalid-payload", detail[len("reason=policy detail=") :])
        found = ERR_DETAIL.fullmatch(detail)
        if found is None:
            return _Refused("internal", detail)
        reason, word, _, errno_name = found.groups()
        if word in REFUSALS:
            return _Refused(word)
        if errno_name in ERRNO_OF_NAME:
            return _Refused(CODE_OF_ERRNO[ERRNO_OF_NAME[errno_name]])
        return _Refused(CODE_OF_REASON.get(reason, "internal"))

    def content(self, max_bytes: int) -> bytes | None:
        """Data lines up to END; None when they are more than `max_bytes` (they are read all the same, to stay in step)."""
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.line()
            if line == "END":
                return b"".join(parts) if total <= max_bytes else None
            part = self.bytes_of(line)
            total += len(part)
            if total <= max_bytes:
                parts.append(part)

    def bytes_of(self, line: str) -> bytes:
        """The bytes that one data line stands for."""
        if not line.startswith("b64:"):
            return line.encode("utf-8") + b"\n"
        try:
            return base64.b64decode(line[4:], validate=True)
        except binascii.Error:
            raise self.broken("a b64: line that is no base64") from None

    def broken(self, what: str) -> CohesixError:
        self.wire.close()
        return CohesixError("invalid-frame", f"The server broke the protocol: {what}.")


class ConsoleBackend(Backend):
    """A session over the console. `url`: `console://host:port`, `consoles://host:port` (TLS) or `console+unix:/path`."""

    door = "console"

    def __init__(
        self,
        url: str,
        *,
        console_token: str,
        ticket: str,
        role: str = "queen",
        timeout_s: float = TIMEOUT_S,
        max_retries: int = RETRIES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        protocol, self._address = parse_address(url)
        if protocol != "console":
            raise CohesixError("invalid-payload", f"{url} is no door of a console.")
        if any(mark in f"{console_token}{role}{ticket}" for mark in " \r\n"):
            raise CohesixError("invalid-claims", "A token, a role and a ticket have no blanks.")
        self._url = url
        self._who = (console_token, role, ticket)
        self._timeout_s = timeout_s
        self._retries = max_retries
        self._tls = tls
        self._is_closed = False
        self._session: _Session | None = self._attach()

    def __repr__(self) -> str:
        return f"ConsoleBackend({self._url!r})"

    def _attach(self) -> _Session:
        def attempt() -> _Session:
            wire = Wire(dial(self._address, self._timeout_s, self._tls), self._timeout_s)
            try:
                return _Session(wire, *self._who)
            except _Refused as error:
                wire.close()
                raise CohesixError(error.code, error.detail) from None
            except CohesixError:
                wire.close()
                raise

        return with_retries(attempt, self._retries)

    def _ready(self) -> _Session:
        if self._is_closed:
            raise CohesixError("closed")
        if self._session is None or not self._session.wire.is_open:
            self._session = self._attach()
        return self._session

    def _with(self, path: str, act: Callable[[_Session], _T], *, is_read: bool = True) -> _T:
        """Runs an operation; one that changes nothing runs again over a new connection when the old one turns out dead."""
        try:
            return self._told(path, act, self._ready())
        except CohesixError as error:
            if error.code != "unreachable" or not is_read or self._is_closed:
                raise
            return self._told(path, act, self._ready())

    def _told(self, path: str, act: Callable[[_Session], _T], session: _Session) -> _T:
        try:
            return act(session)
        except _Refused as error:
            sentence = error.detail or self._sentence(session, path, error.code)
            raise CohesixError(error.code, sentence, path=path) from None
        except CohesixError as error:
            error.path = error.path or path
            raise

    def _sentence(self, session: _Session, path: str, code: str) -> str | None:
        if path == REFUSAL_PATH or code in UNTOLD:
            return None
        try:
            session.command(f"cat {REFUSAL_PATH}")
            return sentence_of((session.content(4096) or b"").decode("utf-8", "replace"))
        except (_Refused, CohesixError):
            return None

    def list_dir(self, path: str) -> list[str]:
        _carried(path)

        def act(session: _Session) -> list[str]:
            count = _field(session.command(f"ls {path}"), "entries")
            if count is None or not count.isdigit():
                raise session.broken("OK LS without a number of entries")
            names = [session.line() for _ in range(int(count))]
            if session.line() != "END":
                raise session.broken("more names than entries")
            if len(names) > LIST_NAMES_MAX:
                raise CohesixError("too-big", f"{path} has more than {LIST_NAMES_MAX} names.", path=path)
            return sorted_names(names)

        return self._with(path, act)

    def read_file(self, path: str, max_bytes: int = READ_BYTES_MAX) -> bytes:
        _carried(path)

        def act(session: _Session) -> bytes:
            session.command(f"cat {path}")
            content = session.content(max_bytes)
            if content is None:
                raise content_too_big(path, max_bytes)
            return content

        return self._with(path, act)

    def write_append(self, path: str, data: bytes | str, *, key: str | None = None) -> int:
        _carried(path)
        raw = lines_to_append(path, data)
        try:
            text = raw[:-1].decode("utf-8")  # the console adds the last line feed; those between lines travel inside the frame
        except UnicodeDecodeError:
            raise CohesixError("unsupported", "The console carries lines of text; use 9P.", path=path) from None
        sent = False

        def act(session: _Session) -> int:
            nonlocal sent
            sent = True
            session.command(f"echo {path} {text}")
            return len(raw)

        try:
            self._ready()
            return self._with(path, act, is_read=False)
        except CohesixError as error:
            if sent and error.code in ("unreachable", "timeout"):
                raise unknown_write(path, error) from None
            raise

    def follow(self, path: str, from_cursor: int | None = None) -> Follow:
        _carried(path)
        session = self._attach()  # a follow is a connection of its own
        try:
            cursor = "" if from_cursor is None else f" {from_cursor}"
            self._told(path, lambda one: one.command(f"follow {path}{cursor}"), session)
        except CohesixError:
            session.wire.close()
            raise
        return _ConsoleFollow(session, path)

    def stat(self, path: str) -> FileStat:
        _carried(path)

        def act(session: _Session) -> FileStat:
            detail = session.command(f"stat {path}")
            fields = {name: _field(detail, name) for name in ("kind", "mode", "size", "qid", "version")}
            try:
                numbers = [int(fields[name] or "") for name in ("size", "qid", "version")]
                return FileStat(fields["kind"] or "", int(fields["mode"] or "", 8), *numbers)
            except ValueError:
                raise session.broken("OK STAT lacks a field") from None

        return self._with(path, act)

    def ping(self) -> None:
        self._with("/", lambda session: session.command("ping"))

    def close(self) -> None:
        if self._session is not None and not self._is_closed and self._session.wire.is_open:
            try:
                self._session.command("quit")
            except (_Refused, CohesixError):
                pass  # The hive went first.
            self._session.wire.close()
        self._is_closed = True


class _ConsoleFollow(Follow):
    def __init__(self, session: _Session, path: str) -> None:
        self._session = session
        self._path = path
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return whole_lines(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while not self._is_closed:
            try:
                line = self._session.line(deadline=False)
            except CohesixError:
                if self._is_closed:
                    return
                self.close()
                raise
            found = ACK.fullmatch(line)
            if line == "END":
                self.close()
                return
            if found is not None and found[1] == "ERR":
                error = self._session.refused(found[2], found[3] or "")
                self.close()
                if isinstance(error, _Refused):
                    raise CohesixError(error.code, error.detail, path=self._path)
                raise error
            yield self._session.bytes_of(line)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._session.wire.close()


def _carried(path: str) -> None:
    components_of(path)
    if CARRIED_PATH.fullmatch(path) is None or len(path.encode("utf-8")) > PATH_BYTES_MAX:
        raise CohesixError("invalid-path", "The console carries no path with blanks or over its bound.", path=path)


def _field(detail: str, key: str) -> str | None:
    for field in re.split(r" (?=[a-z_]+=)", detail):
        if field.startswith(f"{key}="):
            return field[len(key) + 1 :]
    return None
