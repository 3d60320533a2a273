"""Servers for tests that do what no hive does: answer nothing, a byte at a time, too much, something else, or go away."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable

Script = Callable[[socket.socket], None]


class FakeServer:
    """Gives each connection to the next script; the last one serves all that follow."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._open.append(peer)
            threading.Thread(target=self._run, args=(script, peer), daemon=True).start()

    def _run(self, script: Script, peer: socket.socket) -> None:
        try:
            script(peer)
        except (OSError, EOFError):
            pass  # the client went first
        finally:
            peer.close()

    def close(self) -> None:
        """Ends everything, also an accept that waits."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed before
        self._socket.close()
        for peer in self._open:
            peer.close()


def exactly(peer: socket.socket, count: int) -> bytes:
    """So many bytes; `EOFError` when they do not come."""
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def frame(peer: socket.socket) -> bytes:
    """A frame of 9P or of the console, without its size."""
    return exactly(peer, struct.unpack("<I", exactly(peer, 4))[0] - 4)


def send_frame(peer: socket.socket, body: bytes) -> None:
    """The same the other way."""
    peer.sendall(struct.pack("<I", len(body) + 4) + body)


def ninep(*answers: bytes | Script, version: bytes = b"9P2000.L", msize: int = 8192) -> Script:
    """Answers Tversion and Tattach, then each request with the next answer: type and body, or whatever a script does."""

    def run(peer: socket.socket) -> None:
        frame(peer)
        send_frame(peer, b"\x65\xff\xff" + struct.pack("<IH", msize, len(version)) + version)
        frame(peer)
        send_frame(peer, b"\x69\x01\x00" + b"\x80" + b"\0" * 12)
        for answer in answers:
            if callable(answer):
                answer(peer)
            else:
                frame(peer)
                send_frame(peer, answer[:1] + b"\x01\x00" + answer[1:])
        while True:
            frame(peer)

    return run


def console(*answers: Iterable[str] | Script) -> Script:
    """Answers AUTH and ATTACH, then each command with the lines of the next answer."""

    def run(peer: socket.socket) -> None:
        for verb in ("AUTH", "ATTACH role=queen"):
            frame(peer)
            send_frame(peer, f"OK {verb}".encode())
        for answer in answers:
            if callable(answer):
                answer(peer)
                continue
            frame(peer)
            for line in answer:
                send_frame(peer, line.encode())
        while True:
            frame(peer)

    return run


def http_request(peer: socket.socket) -> tuple[str, dict[str, str], bytes]:
    """The request line, the headers and the body of one request."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        part = peer.recv(65_536)
        if not part:
            raise EOFError
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return first, headers, body + exactly(peer, int(headers.get("content-length", "0")) - len(body))


def http_answer(status: int, body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    """One answer."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body
