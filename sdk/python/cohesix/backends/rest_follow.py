"""A stream over REST: server-sent events (HTML, section 9.2), gone on with by cursor when the connection breaks."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import CohesixError
from ..refusals import REFUSALS
from .base import Follow
from .lines import whole_lines
from .rest_wire import ANSWER_BYTES_MAX, BACKOFF_S, Answer, query_text

if TYPE_CHECKING:
    from .rest import RestBackend

EVENT_BYTES_MAX = 1 << 22


class RestFollow(Follow):
    """Server-sent events, resumed by cursor when the connection breaks."""

    def __init__(self, backend: RestBackend, path: str, from_cursor: int | None) -> None:
        self._backend = backend
        self._path = path
        self._cursor = from_cursor
        self._last_id: str | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._response: http.client.HTTPResponse | None = None
        self._is_closed = False
        self._open()

    def _open(self) -> None:
        query: dict[str, object] = {"path": self._path, "follow": 1}
        if self._cursor is not None:
            query["from"] = self._cursor
        headers = {**self._backend.ticket_headers(), "Accept": "text/event-stream"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        connection = self._backend.connect(self._backend.timeout_s)
        try:
            connection.request("GET", f"{self._backend.prefix}/v1/fs/tail?{query_text(query)}", headers=headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise CohesixError("unreachable", f"The gateway cannot be reached: {type(error).__name__}.") from None
        if response.status != 200 or not response.headers.get("content-type", "").startswith("text/event-stream"):
            told = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, told, response.read(ANSWER_BYTES_MAX))
            connection.close()
            self._backend.judged(self._path, answer)
            raise CohesixError("unsupported", "The gateway does not stream this.", path=self._path)
        if connection.sock is not None:
            connection.sock.settimeout(None)
        self._connection, self._response = connection, response

    def __iter__(self) -> Iterator[bytes]:
        return whole_lines(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        failures = 0
        while not self._is_closed:
            try:
                for event in self._events():
                    failures = 0
                    chunk = self._taken(event)
                    if chunk is None:
                        self.close()
                        return
                    if chunk:
                        yield chunk
            except (OSError, http.client.HTTPException, ValueError):
                pass  # A break: below it is gone on with from the cursor.
            if self._is_closed:
                return
            failures = self._again(failures)

    def _again(self, failures: int) -> int:
        """Connects again; how often that failed in a row."""
        while not self._is_closed:
            failures += 1
            if failures > self._backend.attempts:
                self.close()
                raise CohesixError("unreachable", "The stream broke and cannot be gone on with.", path=self._path)
            time.sleep(BACKOFF_S * 2 ** (failures - 1))
            try:
                self._open()
                return failures
            except CohesixError as error:
                if error.code not in ("unreachable", "timeout"):
                    self.close()
                    raise
        return failures

    def _events(self) -> Iterator[dict[str, str]]:
        """Events of the stream as fields; the data lines joined by line feeds (HTML, server-sent events)."""
        response = self._response
        if response is None:
            return
        event: dict[str, str] = {}
        data: list[str] = []
        while True:
            raw = response.readline(EVENT_BYTES_MAX)
            if not raw:
                return
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if line == "":
                if event or data:
                    yield {**event, "data": "\n".join(data)}
                event, data = {}, []
            elif not line.startswith(":"):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "data":
                    data.append(value)
                else:
                    event[name] = value

    def _taken(self, event: Mapping[str, str]) -> bytes | None:
        """The bytes of an event, none for one without; None at the end in order. Raises what ended it otherwise."""
        kind, data = event.get("event", "message"), event.get("data", "")
        if kind == "end":
            told = _object(data)
            code = told.get("code")
            if isinstance(code, str) and code in REFUSALS:
                self.close()
                raise CohesixError(code, str(told.get("detail") or "") or None, path=self._path)
            return None
        identity = event.get("id")
        if identity is not None:
            self._last_id = identity
            if identity.isdigit():
                self._cursor = int(identity)
        return _bytes_of(kind, data)

    def close(self) -> None:
        self._is_closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            if connection.sock is not None:
                try:
                    connection.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # Gone already.
            connection.close()


def _bytes_of(kind: str, data: str) -> bytes:
    """The bytes that an event stands for: a line, other bytes, or the marker of a loss."""
    if kind == "message":
        return f"{data}\n".encode()
    if kind == "bytes":
        return _base64(data)
    if kind == "gap":
        told = _object(data)
        return _base64(str(told["base64"])) if "base64" in told else str(told.get("text") or "").encode()
    return b""


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise CohesixError("invalid-frame", "The gateway sent an event that is no base64.") from None


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
