"""Chunks of bytes as chunks of whole lines: what a door delivers may end in the middle of a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LINE_HELD_MAX = 1 << 16
"""Longest unfinished line that is held back; a longer one is passed on in pieces."""


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut after line feeds; what is unfinished at the end comes last. CBOR frames have no lines: they pass."""
    held = b""
    is_frames: bool | None = None
    for chunk in chunks:
        if is_frames is None:
            # UTF-8 does not begin with 0x80 to 0xbf; a frame is a CBOR map, whose head is 0xa0 to 0xbb (RFC 8949, section 3).
            is_frames = chunk[:1] != b"" and chunk[0] & 0xC0 == 0x80
        if is_frames:
            yield chunk
            continue
        cut = chunk.rfind(b"\n") + 1
        if cut > 0:
            yield held + chunk[:cut]
            held = chunk[cut:]
        elif len(held) + len(chunk) > LINE_HELD_MAX:
            yield held + chunk
            held = b""
        else:
            held += chunk
    if held:
        yield held
