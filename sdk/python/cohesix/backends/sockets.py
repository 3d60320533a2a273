"""Sockets for the protocol backends: addresses of doors, TLS, connecting with bounded attempts, exact reads with a deadline."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import CohesixError

PORTS = {"9p": 5640, "9ps": 5640, "tcp": 5640, "console": 31_337, "consoles": 31_337}
"""Where a hive listens by default (contracts-1, 2.1)."""
BACKOFF_S = 0.2
BACKOFF_MAX_S = 2.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a socket leads. `path`: a unix socket; else host and port, with TLS when `tls` is set."""

    host: str = ""
    port: int = 0
    path: str | None = None
    tls: bool = False


def parse_address(url: str) -> tuple[str, Address]:
    """Protocol (`9p` or `console`) and address of `unix:/p`, `9p://h:p`, `9ps://h:p`, `tcp://h:p`, `console://h:p`, `console+unix:/p`."""
    unix = re.fullmatch(r"(console\+)?unix:(?://(?=/))?(.+)", url)
    if unix is not None:
        return ("console" if unix[1] else "9p"), Address(path=unix[2])
    found = re.fullmatch(r"([a-z0-9]+)://(\[[0-9a-fA-F:.]+\]|[^/:\[\]\s]+)(?::(\d{1,5}))?/?", url)
    if found is None or found[1] not in PORTS:
        raise CohesixError("invalid-payload", "A door is unix:/path, 9p://host:port, 9ps://host:port or console://host:port.")
    port = int(found[3]) if found[3] else PORTS[found[1]]
    if not 1 <= port <= 65_535:
        raise CohesixError("invalid-payload", f"A port is 1 to 65535; got {port}.")
    protocol = "console" if found[1].startswith("console") else "9p"
    return protocol, Address(found[2].strip("[]"), port, tls=found[1] in ("9ps", "consoles"))


def dial(address: Address, timeout_s: float, context: ssl.SSLContext | None = None) -> socket.socket:
    """Connects; `unreachable` or `timeout`. With TLS the certificate is checked against `context`, by default the system's."""
    try:
        if address.path is not None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(timeout_s)
            sock.connect(address.path)
            return sock
        sock = socket.create_connection((address.host, address.port), timeout_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not address.tls:
            return sock
        return (context or ssl.create_default_context()).wrap_socket(sock, server_hostname=address.host)
    except TimeoutError:
        raise CohesixError("timeout", "Nobody answered while connecting.") from None
    except (OSError, ssl.SSLError) as error:
        raise CohesixError("unreachable", f"Cannot connect: {error}.") from None


def with_retries(attempt: Callable[[], _T], attempts: int) -> _T:
    """Tries to connect until it works, is refused for good, or the attempts are used up. Connecting changes nothing."""
    for made in range(max(1, attempts)):
        if made > 0:
            time.sleep(min(BACKOFF_S * 2 ** (made - 1), BACKOFF_MAX_S))
        try:
            return attempt()
        except CohesixError as error:
            if error.code not in ("unreachable", "timeout") or made + 1 >= max(1, attempts):
                raise
    raise AssertionError("every attempt returns or raises")


class Wire:
    """A connected socket that reads exact counts. After a failure it is closed: what is half read cannot be gone on with."""

    def __init__(self, sock: socket.socket, timeout_s: float) -> None:
        self._sock = sock
        self.timeout_s = timeout_s
        self.is_open = True

    def send(self, data: bytes) -> None:
        """Sends all of it."""
        self._do(lambda: self._sock.sendall(data))

    def read(self, count: int, *, deadline: bool = True) -> bytes:
        """Exactly `count` bytes; without `deadline` it waits as long as it takes."""
        parts: list[bytes] = []
        left = count
        ends = time.monotonic() + self.timeout_s
        while left > 0:
            if deadline:
                # A peer that sends a byte now and then must not hold a call for ever.
                wait = ends - time.monotonic()
                if wait <= 0:
                    self.close()
                    raise CohesixError("timeout", f"No answer within {self.timeout_s} s.")
                self._sock.settimeout(wait)
            else:
                self._sock.settimeout(None)
            part = self._do(lambda: self._sock.recv(left))
            if not part:
                self.close()
                raise CohesixError("unreachable", "The hive closed the connection.")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _do(self, act: Callable[[], _T]) -> _T:
        if not self.is_open:
            raise CohesixError("closed", "The connection is closed.")
        try:
            return act()
        except TimeoutError:
            self.close()
            raise CohesixError("timeout", f"No answer within {self.timeout_s} s.") from None
        except OSError as error:
            self.close()
            raise CohesixError("unreachable", f"The connection broke: {error}.") from None

    def close(self) -> None:
        """Closes it, also from another thread, which ends a read there."""
        self.is_open = False
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # Not connected any more.
        self._sock.close()
