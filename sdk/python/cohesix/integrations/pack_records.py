"""The records of a pack, one by one, and the root of just those bytes: what is used is then what was verified.

`verify_pack` has judged the pack before; this reads it again. A file that changed in between gives another root.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..verify import EMPTY_ROOT, ENTRY_LENGTH_SIZE, TILE_WIDTH, leaf_hash, node_hash, tile_path


class PackRecords:
    """Iterates over the first `size` records; afterwards `root` is their Merkle root (RFC 9162, 2.1.1). `OSError` for a
    file that cannot be read, `ValueError` for one that is cut off."""

    def __init__(self, directory: str | os.PathLike[str], size: int) -> None:
        self._directory = os.fspath(directory)
        self._size = size
        self._peaks: list[tuple[int, bytes]] = []  # (height, hash) of perfect subtrees, from the left

    def __iter__(self) -> Iterator[bytes]:
        for index in range(-(-self._size // TILE_WIDTH)):
            yield from self._bundle(index, min(TILE_WIDTH, self._size - index * TILE_WIDTH))

    @property
    def root(self) -> bytes:
        """Root of what was iterated over so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *left, (_, root) = self._peaks
        for _, peak in reversed(left):
            root = node_hash(peak, root)
        return root

    def _bundle(self, index: int, width: int) -> Iterator[bytes]:
        with open(self._name(index, width), "rb") as file:
            for _ in range(width):
                size = int.from_bytes(file.read(ENTRY_LENGTH_SIZE), "big")
                entry = file.read(size)
                if size == 0 or len(entry) < size:
                    raise ValueError(f"{file.name} is cut off")
                self._add(leaf_hash(entry))
                yield entry

    def _name(self, index: int, width: int) -> str:
        """The file with at least `width` records: just these, the full one, or the least wider part."""
        whole = os.path.join(self._directory, tile_path("entries", index))
        if width == TILE_WIDTH or not os.path.isdir(f"{whole}.p"):
            return whole
        wider = sorted(int(part) for part in os.listdir(f"{whole}.p") if part.isdecimal() and int(part) >= width)
        return os.path.join(f"{whole}.p", str(wider[0])) if wider else whole

    def _add(self, leaf: bytes) -> None:
        height, node = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            node = node_hash(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))
