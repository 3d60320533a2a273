"""A hive over its REST gateway (`/v1/fs/*`, contracts-2 section 7), with nothing but the standard library.

The ticket goes into `Authorization`, never into a URL, a message or a repr. What the hive answers is status 200 with OK or ERR;
problems of the gateway are `application/problem+json`. Each write has an idempotency key, so one whose answer was lost is sent again
without doubling; without an answer after that it is told to be unknown.
"""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from ..errors import CohesixError
from ..refusals import REFUSALS
from .base import (
    READ_BYTES_MAX,
    RETRIES,
    Accepted,
    Backend,
    FileStat,
    Follow,
    components_of,
    content_too_big,
    lines_to_append,
    unknown_write,
)
from .rest_follow import RestFollow
from .rest_wire import ANSWER_BYTES_MAX, BACKOFF_S, Answer, query_text

TIMEOUT_S = 10.0
RETRY_AFTER_MAX_S = 5.0
CODE_OF_STATUS = {
    400: "invalid-payload",
    401: "unauthenticated",
    403: "denied",
    404: "not-found",
    413: "too-big",
    422: "invalid-payload",
    429: "rate-limited",
    503: "unreachable",
    504: "timeout",
}
BYTES_TYPE = "application/octet-stream"


class RestBackend(Backend):
    """A gateway at `http://host:port` or `https://host:port`."""

    door = "rest"

    def __init__(
        self,
        base_url: str,
        *,
        ticket: str,
        timeout_s: float = TIMEOUT_S,
        max_retries: int = RETRIES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        url = urllib.parse.urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.username or url.password:
            raise CohesixError("invalid-payload", "A gateway is http://host:port or https://host:port.")
        if any(not "!" <= mark <= "~" for mark in ticket) or not ticket:
            raise CohesixError("invalid-claims", "A ticket is one word of visible ASCII.")
        self._url = url
        self._prefix = url.path.rstrip("/")
        self._ticket = ticket
        self._timeout_s = timeout_s
        self._attempts = max(1, max_retries)
        self._tls = tls
        self._connection: http.client.HTTPConnection | None = None
        # A session of one's own: what /proc/self says is of it, and nobody else's writes are between.
        self._session = secrets.token_hex(12)
        self._instance: str | None = None
        self._settled: str | None = None
        self._is_closed = False

    def __repr__(self) -> str:
        return f"RestBackend({self._url.scheme}://{self._url.netloc}{self._prefix})"

    def list_dir(self, path: str) -> list[str]:
        return [str(name) for name in self._operation("ls", path, {}).get("lines", [])]

    def read_file(self, path: str, max_bytes: int = READ_BYTES_MAX) -> bytes:
        components_of(path)
        asked = min(max_bytes, READ_BYTES_MAX)
        answer = self._get("cat", {"path": path, "max_bytes": asked}, BYTES_TYPE)
        if answer.type == BYTES_TYPE:
            if len(answer.body) > max_bytes:
                raise content_too_big(path, max_bytes)
            return answer.body
        fields = self.judged(path, answer)
        return "".join(f"{line}\n" for line in fields.get("lines", [])).encode("utf-8")

    def write_append(self, path: str, data: bytes | str, *, key: str | None = None) -> int:
        return int(self._written(path, data, key)["bytes"])

    def write_line(self, path: str, line: str, *, key: str | None = None) -> Accepted:
        fields = self._written(path, line, key)
        entry, reply = fields.get("seq"), fields.get("reply")
        told = reply if isinstance(reply, dict) else {}
        return Accepted(path, line, int(fields["bytes"]), entry if isinstance(entry, int) else None, told)

    def _written(self, path: str, data: bytes | str, key: str | None) -> dict[str, Any]:
        components_of(path)
        raw = lines_to_append(path, data)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise CohesixError("unsupported", "REST carries lines of text here; use 9P.", path=path) from None
        body = json.dumps({"path": path, "text": text}, ensure_ascii=False).encode("utf-8")
        own = secrets.token_hex(16) if key is None else key
        headers = {"Content-Type": "application/json", "Idempotency-Key": own}
        if self._settled is not None:
            headers["x-cohesix-settled"] = self._settled
        try:
            answer = self._exchange("POST", "/v1/fs/echo", headers, body)
        except CohesixError as error:
            if error.is_unknown:
                raise unknown_write(path, error) from None
            raise
        fields = self.judged(path, answer, is_write=True)
        # The answer is here, so the gateway need not keep it; a key that somebody chose stays theirs.
        self._settled = own if key is None else self._settled
        return {**fields, "bytes": len(raw)}

    def follow(self, path: str, from_cursor: int | None = None) -> Follow:
        components_of(path)
        return RestFollow(self, path, from_cursor)

    def stat(self, path: str) -> FileStat:
        fields = self._operation("stat", path, {})
        told = fields.get("stat")
        try:
            row: dict[str, Any] = told if isinstance(told, dict) else {}
            return FileStat(
                str(row["kind"]), int(row["mode"]), int(row["size"]), int(row["qid_path"]), int(row["qid_version"])
            )
        except (KeyError, TypeError, ValueError):
            raise CohesixError("invalid-frame", "The gateway's answer lacks a field of stat.", path=path) from None

    def ping(self) -> None:
        self.judged("/", self._exchange("GET", f"/v1/fs/stat?{query_text({'path': '/'})}", {}, None))

    def close(self) -> None:
        if self._is_closed:
            return
        if self._instance is not None:
            try:
                self._once("POST", "/v1/session/close", {}, b"")
            except CohesixError:
                pass  # The gateway ends it when it is idle.
        self._is_closed = True
        self._drop()

    def _operation(self, verb: str, path: str, query: Mapping[str, object]) -> dict[str, Any]:
        components_of(path)
        return self.judged(path, self._get(verb, {"path": path, **query}, "application/json"))

    def _get(self, verb: str, query: Mapping[str, object], accept: str) -> Answer:
        return self._exchange("GET", f"/v1/fs/{verb}?{query_text(query)}", {"Accept": f"{accept}, application/json;q=0.5"}, None)

    def judged(self, path: str, answer: Answer, *, is_write: bool = False) -> dict[str, Any]:
        """The fields of a good answer; else the refusal, by its code and not by its words."""
        fields = answer.fields()
        if answer.status == 200 and fields.get("status") == "OK":
            return fields
        code = fields.get("code")
        if not isinstance(code, str) or code not in REFUSALS:
            code = "internal" if answer.status == 200 else CODE_OF_STATUS.get(answer.status, "internal")
        detail = fields.get("detail")
        is_unknown = is_write and (answer.status in (412, 504) or fields.get("outcome") == "unknown")
        raise CohesixError(code, detail if isinstance(detail, str) else None, path=path, is_unknown=is_unknown)

    def _exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """One exchange. What has no effect, or an idempotency key, is tried again: after a break, and when the gateway says later."""
        if self._is_closed:
            raise CohesixError("closed")
        for made in range(self._attempts):
            is_last = made + 1 == self._attempts
            # A gateway that was started since knows no key of the first attempt: it must not take the second for new.
            expected = {"x-cohesix-expect-instance": self._instance} if made > 0 and self._instance is not None else {}
            try:
                answer = self._once(method, target, {**headers, **expected}, body)
            except CohesixError as error:
                error.is_unknown = method == "POST" and not isinstance(error.__cause__, ConnectionRefusedError)
                # Without having met the gateway there is no telling which one answers the second attempt.
                is_blind = error.is_unknown and self._instance is None
                if is_last or is_blind or error.code != "unreachable":
                    raise
                time.sleep(BACKOFF_S * 2**made)
                continue
            self._instance = answer.instance or self._instance
            wait = _wait_s(answer)
            if made == 0 and _is_closed(answer):
                # An ended session stays so under its name: the hive was started again, or whoever may ended it.
                self._session = secrets.token_hex(12)
                wait = 0.0
            if wait is None or is_last:
                return answer
            time.sleep(wait)
        raise AssertionError("every attempt returns or raises")

    def _once(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        connection = self._connection or self.connect(self._timeout_s)
        self._connection = connection
        try:
            own = {**self.ticket_headers(), "x-cohesix-session": self._session}
            connection.request(method, f"{self._prefix}{target}", body=body, headers={**own, **headers})
            response = connection.getresponse()
            raw = response.read(ANSWER_BYTES_MAX + 1)
        except TimeoutError:
            self._drop()
            raise CohesixError("timeout", f"No answer within {self._timeout_s} s.") from None
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise CohesixError("unreachable", f"The gateway cannot be reached: {type(error).__name__}.") from error
        if len(raw) > ANSWER_BYTES_MAX:
            self._drop()
            raise CohesixError("too-big", "The gateway's answer is over the bound.")
        if response.will_close:
            self._drop()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, raw)

    def connect(self, timeout_s: float | None) -> http.client.HTTPConnection:
        """A fresh connection; it is opened with the first request."""
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=self._tls or ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def ticket_headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self._ticket}"}

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def prefix(self) -> str:
        """Path in front of every route."""
        return self._prefix

    @property
    def timeout_s(self) -> float:
        """Seconds an answer may take."""
        return self._timeout_s

    @property
    def attempts(self) -> int:
        """How often something is tried."""
        return self._attempts


def _wait_s(answer: Answer) -> float | None:
    """How long to wait before the same request again; None: it is answered."""
    if answer.status not in (429, 503):
        return None
    told = answer.retry_after or ""
    return min(float(told), RETRY_AFTER_MAX_S) if told.isdigit() else BACKOFF_S


def _is_closed(answer: Answer) -> bool:
    """Whether the session at the gateway was over before anything was done."""
    if b'"closed"' not in answer.body[:4096]:
        return False
    fields = answer.fields()
    return fields.get("code") == "closed" and fields.get("outcome") != "unknown"
