"""9P2000.L on a connected socket: an attached session, one request at a time, and what is done with its fids.

Messages: `size[4] type[1] tag[2] ...`, little-endian, size counts itself (Linux, include/net/9p/9p.h). Rlerror carries an errno.
"""

from __future__ import annotations

import struct

from ..errors import CohesixError
from ..refusals import CODE_OF_ERRNO
from .base import LIST_NAMES_MAX, FileStat, components_of, content_too_big, sorted_names
from .sockets import Wire

RLERROR = 7
TLOPEN, TGETATTR, TREADDIR, TVERSION, TATTACH, TWALK, TREAD, TWRITE, TCLUNK = 12, 24, 40, 100, 104, 110, 116, 118, 120
NOTAG, NOFID, NONUNAME = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
O_RDONLY, O_WRONLY, O_FOLLOW_STREAM = 0, 1, 0x80000000
OFFSET_AT_END = 0xFFFFFFFFFFFFFFFF  # an append goes where the file ends, wherever that is
VERSION = b"9P2000.L"
HEADER_BYTES, IO_HEADER_BYTES = 7, 24
WALK_NAMES_MAX = 8
MSIZE, MSIZE_MIN = 8192, 256
GETATTR_ALL = 0x3FFF
QTDIR, QTAPPEND = 0x80, 0x40
KINDS = ("", "directory", "view", "control", "stream", "blob")  # by `gen` of Rgetattr
REPLY_BYTES_MIN = {TVERSION: 6, TATTACH: 13, TWALK: 2, TLOPEN: 17, TREAD: 4, TWRITE: 4, TREADDIR: 4, TGETATTR: 153}
TAG = 1
ROOT_FID = 0


class Lerror(Exception):
    """An Rlerror, until it is told as a refusal."""

    def __init__(self, errno: int) -> None:
        self.code = CODE_OF_ERRNO.get(errno, "internal")
        super().__init__(self.code)


class NinePSession:
    """One attached connection."""

    def __init__(self, wire: Wire, role: str, subject: str | None, ticket: str, msize: int) -> None:
        self.wire = wire
        self.msize = msize
        self._next_fid = 1
        reply = self.call(TVERSION, struct.pack("<I", msize) + _text(VERSION), tag=NOTAG)
        self.msize, told = struct.unpack_from("<I", reply)[0], reply[6:]
        if told != VERSION or not MSIZE_MIN <= self.msize <= msize:
            raise CohesixError("unsupported", f"The server speaks {told[:16]!r} with an msize of {self.msize}.")
        uname = role if subject is None else f"{role}:{subject}"
        aname = _text(ticket.encode("utf-8"))
        self.call(TATTACH, struct.pack("<II", ROOT_FID, NOFID) + _text(uname.encode("utf-8")) + aname + struct.pack("<I", NONUNAME))

    def call(self, kind: int, body: bytes, *, tag: int = TAG, deadline: bool = True) -> bytes:
        """One request and its answer without the header; `Lerror` for an Rlerror."""
        self.wire.send(struct.pack("<IBH", HEADER_BYTES + len(body), kind, tag) + body)
        size, got, got_tag = struct.unpack("<IBH", self.wire.read(HEADER_BYTES, deadline=deadline))
        if not HEADER_BYTES <= size <= max(self.msize, HEADER_BYTES + 4) or got_tag != tag:
            raise self.broken(f"a message of {size} bytes with tag {got_tag}")
        reply = self.wire.read(size - HEADER_BYTES)
        if got == RLERROR and len(reply) == 4:
            raise Lerror(struct.unpack("<I", reply)[0])
        if got != kind + 1 or len(reply) < REPLY_BYTES_MIN.get(kind, 0):
            raise self.broken(f"type {got} with {len(reply)} bytes answers {kind}")
        return reply

    def broken(self, what: str) -> CohesixError:
        """Ends the connection: nothing that comes over it can be relied on."""
        self.wire.close()
        return CohesixError("invalid-frame", f"The server broke the protocol: {what}.")

    def walk(self, names: list[str]) -> tuple[int, bytes]:
        """A new fid at a path, and its qid."""
        fid = self._next_fid
        self._next_fid = self._next_fid % 0x7FFFFFFF + 1
        at, left, qid = ROOT_FID, names, b"\x80" + b"\0" * 12
        while True:
            step, left = left[:WALK_NAMES_MAX], left[WALK_NAMES_MAX:]
            body = struct.pack("<IIH", at, fid, len(step)) + b"".join(_text(name.encode("utf-8")) for name in step)
            try:
                reply = self.call(TWALK, body)
            except Lerror:
                if at == fid:
                    self.clunk(fid)
                raise
            count = struct.unpack_from("<H", reply)[0]
            if count != len(step):
                if at == fid:
                    self.clunk(fid)
                raise Lerror(2)  # how far it came is how a 9P server says that a name is missing
            if len(reply) != 2 + 13 * count:
                raise self.broken("Rwalk of another length")
            qid = reply[-13:] if count else qid
            at = fid
            if not left:
                return fid, qid

    def open(self, fid: int, flags: int) -> int:
        """Opens a walked fid; how many bytes one read or write of it carries."""
        reply = self.call(TLOPEN, struct.pack("<II", fid, flags))
        iounit = struct.unpack_from("<I", reply, 13)[0]
        most = self.msize - IO_HEADER_BYTES
        return most if iounit == 0 else min(iounit, most)

    def read(self, fid: int, offset: int, count: int, *, deadline: bool = True) -> bytes:
        reply = self.call(TREAD, struct.pack("<IQI", fid, offset, count), deadline=deadline)
        size = struct.unpack_from("<I", reply)[0]
        if size > count or size != len(reply) - 4:
            raise self.broken("Rread with more bytes than asked")
        return reply[4:]

    def clunk(self, fid: int) -> None:
        try:
            self.call(TCLUNK, struct.pack("<I", fid))
        except Lerror:
            pass  # The server has forgotten it either way.


def read_all(session: NinePSession, path: str, max_bytes: int) -> bytes:
    fid, _ = session.walk(components_of(path))
    try:
        most = session.open(fid, O_RDONLY)
        parts: list[bytes] = []
        total = 0
        while True:
            part = session.read(fid, total, most)
            if not part:
                return b"".join(parts)
            parts.append(part)
            total += len(part)
            if total > max_bytes:
                raise content_too_big(path, max_bytes)
    finally:
        if session.wire.is_open:
            session.clunk(fid)


def list_names(session: NinePSession, path: str) -> list[str]:
    fid, _ = session.walk(components_of(path))
    try:
        most = session.open(fid, O_RDONLY)
        names: set[str] = set()
        offset = 0
        while True:
            reply = session.call(TREADDIR, struct.pack("<IQI", fid, offset, most))
            data = reply[4:]
            if not data:
                return sorted_names(names)
            last = offset
            at = 0
            while at < len(data):
                end = at + 24 + struct.unpack_from("<H", data, at + 22)[0] if len(data) - at >= 24 else len(data) + 1
                if end > len(data):
                    raise session.broken("a cut entry")
                offset = struct.unpack_from("<Q", data, at + 13)[0]
                name, at = data[at + 24 : end], end
                if name not in (b".", b".."):
                    names.add(name.decode("utf-8", "replace"))
            if offset == last:
                raise session.broken("Rreaddir does not advance")
            if len(names) > LIST_NAMES_MAX:
                raise CohesixError("too-big", f"{path} has more than {LIST_NAMES_MAX} names.", path=path)
    finally:
        if session.wire.is_open:
            session.clunk(fid)


def stat_of(session: NinePSession, path: str) -> FileStat:
    fid, _ = session.walk(components_of(path))
    try:
        return attributes_of(session, fid)
    finally:
        if session.wire.is_open:
            session.clunk(fid)


def attributes_of(session: NinePSession, fid: int) -> FileStat:
    reply = session.call(TGETATTR, struct.pack("<IQ", fid, GETATTR_ALL))
    qid_type, version, qid_path, mode = struct.unpack_from("<BIQI", reply, 8)
    size = struct.unpack_from("<Q", reply, 49)[0]
    gen = struct.unpack_from("<Q", reply, 137)[0] & 0xFF
    return FileStat(_kind(qid_type, gen, mode), mode & 0o7777, size, qid_path, version)


def _kind(qid_type: int, gen: int, mode: int) -> str:
    if qid_type & QTDIR:
        return "directory"
    if 2 <= gen < len(KINDS):
        return KINDS[gen]
    if not qid_type & QTAPPEND:
        return "view"
    return "control" if mode & 0o222 else "stream"


def _text(raw: bytes) -> bytes:
    if len(raw) > 0xFFFF:
        raise CohesixError("invalid-path", "A name or a ticket has at most 65535 bytes.")
    return struct.pack("<H", len(raw)) + raw
