#!/usr/bin/env python3
"""Checks a packed transparency log, or the proof of one record; a second, independent implementation.

It shares no code with the hive that writes the log: only the Python 3.11 standard library, this one file, and the
published formats. Trust in a log then needs trust in one of two programs, not in both.

A pack is a directory in the layout of C2SP tlog-tiles:

    checkpoint                  signed note: origin, size, base64 root; cosignatures may follow in the same note
    cosigned                    the same, of a size that witnesses have cosigned: as large or smaller; may be missing
    key                         the log's verifier key, `<name>+<key ID>+<base64>`; only used when no other is given
    tile/<L>/<N>[.p/<W>]        hashes[32 each], 256 in a full tile; level 0 holds the leaves
    tile/entries/<N>[.p/<W>]    entries: size[2, big-endian] entry[size]

A proof is one text (C2SP tlog-proof): the record, its index, the hashes that lead to the root, and a checkpoint.

Invariants: each file is read once and in pieces, so what was checked is what was read; memory is one tile a level and
one record; nothing in the input causes recursion, an unbounded loop or an exception that is not a finding.
What a file may do wrong is a value (a finding); `NotAPack` is raised only where there is nothing to judge.

Sources: c2sp.org/tlog-tiles, c2sp.org/tlog-checkpoint@v1.0.0, c2sp.org/signed-note@v1.0.0, c2sp.org/tlog-cosignature,
c2sp.org/tlog-proof@v1;
RFC 6962 section 2.1 and RFC 9162 sections 2.1.3.2 and 2.1.4.2 (Merkle trees); RFC 8032 section 5.1 (Ed25519).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256, sha512
from typing import Any, BinaryIO, NoReturn

HASH_SIZE = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT  # hashes in a full tile, entries in a full bundle
TILE_SIZE = TILE_WIDTH * HASH_SIZE
ENTRY_LENGTH_SIZE = 2
JSON_SPACE = " \t\r"
READ_SIZE = 1 << 16

NOTE_SIZE_MAX = 1_000_000  # as in golang.org/x/mod/sumdb/note
SIGNATURE_COUNT_MAX = 100  # the same; the specification asks for 16 at least
KEY_SIZE_MAX = 4_096
LOG_SIZE_MAX = 2**63 - 1
COSIGNATURE_TIME_MAX = 2**63 - 1
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
PROOF_HASH_COUNT_MAX = 63  # levels of the largest tree
PROOF_SIZE_MAX = NOTE_SIZE_MAX + 100_000  # a record of 65,535 bytes in base64, and the hashes
FINDINGS_PER_KIND_MAX = 8  # more of one kind are counted, not kept
EXCERPT_SIZE = 80

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()

KEY_ID_SIZE = 4
PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64
TIMESTAMP_SIZE = 8

KEY_TYPE_LOG = 0x01  # Ed25519 over the text of the note
KEY_TYPE_WITNESS = 0x04  # Ed25519 over a time and the text of the note
KEY_TYPES = {KEY_TYPE_LOG: "a log", KEY_TYPE_WITNESS: "a witness"}

REPORT_UNKNOWN = ("size", "root", "origin", "key_from", "key_id", "signed_by", "continues")  # None until known

EXIT_OK = 0
EXIT_TAMPERED = 1
EXIT_NOT_A_PACK = 2


class NotAPack(Exception):
    """There is nothing to judge: no directory, no checkpoint, no usable key, or an option that does not parse."""


class Malformed(ValueError):
    """A key, note or checkpoint is not of its form. The text says what was expected and what was found."""


@dataclass(frozen=True)
class NoteKey:
    """A verifier key of a signed note. `text` is the form it was parsed from."""

    text: str
    name: str
    key_id: bytes
    kind: int
    public_key: bytes


@dataclass(frozen=True)
class NoteSignature:
    """One signature line. `blob` is what follows the key ID: its form depends on the key's type."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True)
class Checkpoint:
    """A tree head as a note. `text` is what is signed, with its final newline."""

    text: bytes
    signatures: tuple[NoteSignature, ...]
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Proof:
    """That an entry is in a log. `entry` is the extra data, which nothing but the proof vouches for."""

    index: int
    entry: bytes | None
    hashes: tuple[bytes, ...]
    checkpoint: bytes


@dataclass
class Findings:
    """What is wrong, in the order it was met; of one kind the first few are kept and the others counted."""

    kept: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, where: str, expected: object, found: object) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if self.counts[what] <= FINDINGS_PER_KIND_MAX:
            self.kept.append({"what": what, "where": where, "expected": _text_of(expected), "found": _text_of(found)})

    @property
    def count(self) -> int:
        return sum(self.counts.values())


# --- The check of a pack ----------------------------------------------------------------------------------------------


def verify_pack(
    path: str | os.PathLike[str],
    key: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    witnesses: Sequence[str] = (),
    parse: bool = True,
) -> dict[str, Any]:
    """Checks the pack at `path` and returns what was found; `ok` is true only when nothing was.

    `key` is the log's verifier key; without it the one in the pack is used, which proves consistency but not origin
    (`key_from` is then "pack"). `checkpoint` is the path of an older signed checkpoint kept elsewhere: the log must
    contain it. Each of `witnesses` (verifier keys of type 4) must have cosigned, the checkpoint or the one in
    `cosigned`, which the log must contain as well. `parse=False` leaves the records as bytes. Raises `NotAPack` where there is nothing to judge.

    The result: ok, size, root (base64), origin, key_from, key_id (hex), signed_by (None when no signature holds),
    continues (size of the older checkpoint, or None), witnesses [{name, key_id, time, size}], notes [text],
    findings [{what, where, expected, found}] and findings_left_out (how many more there were).
    """
    directory = os.fspath(path)
    witness_keys = [_option_key(text, KEY_TYPE_WITNESS, "--witness") for text in witnesses]
    older = None if checkpoint is None else _older_checkpoint(os.fspath(checkpoint))
    log_key = None if key is None else _option_key(key, KEY_TYPE_LOG, "--key")
    cosigned = _cosigned_bytes(directory)  # first: what is read later is not behind it
    data = _checkpoint_bytes(directory)
    run = _Run(directory, Findings(), [], [])
    run.report["key_from"] = "pack" if log_key is None else "option"
    log_key = log_key or run.key_of_pack()
    run.report["key_id"] = None if log_key is None else log_key.key_id.hex()
    head = run.head(data)
    if head is not None:
        earlier = run.cosigned(cosigned)
        _check_head(run, [("checkpoint", head), *earlier], log_key, witness_keys)
        if older is not None and log_key is not None:
            _check_signature(run.findings, older[1], log_key, older[0])
        _check_contents(run, head, [*earlier, *([] if older is None else [older])], parse)
        if older is not None and run.findings.count == 0:
            run.report["continues"] = older[1].size
    return run.finish()


def verify_proof(path: str | os.PathLike[str], key: str, witnesses: Sequence[str] = ()) -> dict[str, Any]:
    """Checks the proof of a record in the file `path` against the log's verifier key; `ok` only when it holds.

    Each of `witnesses` must have cosigned its checkpoint. Raises `NotAPack` when the file or a key cannot be used; what
    is wrong with the proof is a finding.

    The result: as of `verify_pack` without `continues`, and record (its number, from 1) and body (its bytes as text;
    None unless `ok`).
    """
    witness_keys = [_option_key(text, KEY_TYPE_WITNESS, "--witness") for text in witnesses]
    log_key = _option_key(key, KEY_TYPE_LOG, "--key")
    try:
        data = _read_small(os.fspath(path), PROOF_SIZE_MAX)
    except OSError as error:
        raise NotAPack(f"--proof {os.fspath(path)}: {error.strerror}") from None
    run = _Run("", Findings(), [], [])
    run.report.update(key_from="option", key_id=log_key.key_id.hex(), record=None, body=None)
    try:
        proof = parse_proof(data)
    except Malformed as error:
        run.findings.add("malformed proof", "proof", "a proof of a record", error)
        return run.finish()
    head = run.head(proof.checkpoint)
    if head is not None:
        _check_head(run, [("checkpoint", head)], log_key, witness_keys)
        _check_inclusion(run, head, proof)
    report = run.finish()
    if report["ok"] and proof.entry is not None:
        report.update(record=proof.index + 1, body=proof.entry.decode("utf-8", "backslashreplace"))
    return report


def _check_inclusion(run: _Run, head: Checkpoint, proof: Proof) -> None:
    if proof.entry is None:
        run.findings.add("no record in the proof", "proof", "a line `extra` with the record", "none")
    elif not verify_inclusion(leaf_hash(proof.entry), proof.index, head.size, proof.hashes, head.root):
        where = f"record {proof.index + 1} of {head.size}"
        run.findings.add("record is not in the signed tree", where, _base64(head.root), "another root")


@dataclass
class _Run:
    """One check: where, what was found, what to tell."""

    directory: str
    findings: Findings
    notes: list[str]
    witnesses: list[dict[str, Any]]
    report: dict[str, Any] = field(default_factory=lambda: {"ok": False, **dict.fromkeys(REPORT_UNKNOWN)})

    def key_of_pack(self) -> NoteKey | None:
        """The key in the pack, or a finding. A pack without one cannot be judged unless a key is given."""
        try:
            data = _read_small(os.path.join(self.directory, "key"), KEY_SIZE_MAX)
        except OSError as error:
            raise NotAPack(f"no key: give --key, or put one into the pack ({error.strerror})") from None
        try:
            return parse_key(_utf8(data).removesuffix("\n"), KEY_TYPE_LOG)
        except Malformed as error:
            self.findings.add("malformed key", "key", "a verifier key", error)
            return None

    def head(self, data: bytes) -> Checkpoint | None:
        try:
            head = parse_checkpoint(data)
        except Malformed as error:
            self.findings.add("malformed checkpoint", "checkpoint", "a signed checkpoint", error)
            return None
        self.report.update(size=head.size, root=_base64(head.root), origin=head.origin)
        return head

    def cosigned(self, data: bytes | None) -> list[tuple[str, Checkpoint]]:
        """The checkpoint in `cosigned`, if there is one; one that is malformed is a finding."""
        if data is None:
            return []
        try:
            return [("cosigned", parse_checkpoint(data))]
        except Malformed as error:
            self.findings.add("malformed checkpoint", "cosigned", "a signed checkpoint", error)
            return []

    def finish(self) -> dict[str, Any]:
        kept = self.findings.kept
        self.report.update(ok=not kept, witnesses=self.witnesses, notes=self.notes, findings=kept)
        self.report["findings_left_out"] = self.findings.count - len(kept)
        return self.report


def _check_head(
    run: _Run, heads: Sequence[tuple[str, Checkpoint]], key: NoteKey | None, witnesses: Sequence[NoteKey]
) -> None:
    """The signatures on the checkpoint, the first of `heads`, and the log's on the others; each wanted witness's on one.

    Other signatures are unknown, so ignored.
    """
    where, head = heads[0]
    for place, each in heads:
        if key is not None and _check_signature(run.findings, each, key, place) is not None and each is head:
            run.report["signed_by"] = key.name
    for witness in witnesses:
        _check_witness(run, heads, witness)
    known = {(each.name, each.key_id) for each in (key, *witnesses) if each is not None}
    others = sum((each.name, each.key_id) not in known for each in head.signatures)
    if others > 0:
        run.notes.append(f"{others} more signature(s) on the {where}, by keys not given: not checked")


def _check_witness(run: _Run, heads: Sequence[tuple[str, Checkpoint]], witness: NoteKey) -> None:
    """The largest head that the witness cosigned; every line it has on any of them must hold."""
    own = [(where, head) for where, head in heads if any(_is_by(line, witness) for line in head.signatures)]
    if not own:
        _check_signature(run.findings, heads[0][1], witness, heads[0][0])
        return
    times = [(head.size, _check_signature(run.findings, head, witness, where)) for where, head in own]
    held = [(size, time) for size, time in times if time is not None]
    if held:
        size, time = max(held)
        run.witnesses.append({"name": witness.name, "key_id": witness.key_id.hex(), "time": time, "size": size})


def _check_contents(
    run: _Run, head: Checkpoint, earlier: Sequence[tuple[str, Checkpoint]], parse: bool
) -> None:
    """Records, tiles and roots; then the earlier checkpoints against the roots the log had at their sizes."""
    roots = _check_tree(run, head.size, {head.size, *(old.size for _, old in earlier)}, parse)
    found = roots.get(head.size)
    if found is not None and found != head.root:
        run.findings.add("root differs from checkpoint", "checkpoint", _base64(head.root), _base64(found))
    for older in earlier:
        _check_older(run, head, older, roots.get(older[1].size))


def _check_older(run: _Run, head: Checkpoint, older: tuple[str, Checkpoint], root: bytes | None) -> None:
    """The log must be the one of the older checkpoint, grown: same origin, no smaller, same root then."""
    where, old = older
    if old.origin != head.origin:
        run.findings.add("another log", where, old.origin, head.origin)
    if head.size < old.size:
        run.findings.add("rolled back", where, f"{old.size} records or more", f"{head.size} records")
    # With equal sizes the signed heads themselves must agree, whatever the files say.
    found = head.root if head.size == old.size else root
    if found is not None and found != old.root:
        at = f"{where} at {old.size} records"
        run.findings.add("history was rewritten", at, _base64(old.root), _base64(found))


def _is_by(line: NoteSignature, key: NoteKey) -> bool:
    return line.name == key.name and line.key_id == key.key_id


def _check_signature(findings: Findings, head: Checkpoint, key: NoteKey, where: str) -> int | None:
    """The time of `key`'s valid signature on `head` (0 for a log's, which has none), or None and a finding.

    A note may have several lines of one key; signed-note asks to reject it as soon as one of them fails.
    """
    lines = [each for each in head.signatures if _is_by(each, key)]
    wanted = f"{key.name} key {key.key_id.hex()}"
    word = "signed" if key.kind == KEY_TYPE_LOG else "cosigned"
    if not lines:
        others = ", ".join(f"{each.name} key {each.key_id.hex()}" for each in head.signatures)
        findings.add(f"not {word} by the key", where, wanted, others)
        return None
    times = [time for line in lines if (time := _time_of_valid(line, head.text, key)) is not None]
    if len(times) < len(lines):
        findings.add(f"not validly {word}", where, f"a valid signature of {wanted}", "one that does not verify")
        return None
    return max(times)


def _time_of_valid(line: NoteSignature, text: bytes, key: NoteKey) -> int | None:
    """None when the signature does not hold; else its time, or 0 for a log's signature, which has none."""
    if key.kind == KEY_TYPE_LOG:
        return 0 if ed25519_verify(key.public_key, text, line.blob) else None
    # tlog-cosignature: timestamp[8, big-endian] signature[64]
    time = int.from_bytes(line.blob[:TIMESTAMP_SIZE], "big")
    message = b"cosignature/v1\ntime %d\n" % time + text
    is_valid = time <= COSIGNATURE_TIME_MAX and ed25519_verify(key.public_key, message, line.blob[TIMESTAMP_SIZE:])
    return time if is_valid else None


# --- Records and tiles ------------------------------------------------------------------------------------------------


def _check_tree(run: _Run, size: int, wanted_sizes: set[int], parse: bool) -> dict[int, bytes]:
    """Reads all bundles and tiles for `size` records, in order, and returns the roots at the wanted sizes.

    Every relation is checked where it is met: record with leaf hash, full tile with its hash one level up. What goes
    up is the hash that the tile has, so that one changed file gives one or two findings, not one a level.
    """
    records = _Records(run.findings) if parse else None
    bundles = _Bundles(run, records)
    edge = _Edge(run, size)
    roots = {0: EMPTY_ROOT}
    for index in range(-(-size // TILE_WIDTH)):
        start = index * TILE_WIDTH
        width = min(TILE_WIDTH, size - start)
        hashes = bundles.check(index, width)
        if hashes is None:
            run.notes.append(f"stopped at record {start}: neither its bundle nor its tile can be used")
            return roots
        for wanted in wanted_sizes:
            if start < wanted < start + TILE_WIDTH and wanted <= size:
                roots[wanted] = edge.root(hashes[: (wanted - start) * HASH_SIZE])
        if width == TILE_WIDTH:
            edge.append(perfect_root(hashes))
            if start + TILE_WIDTH in wanted_sizes:
                roots[start + TILE_WIDTH] = edge.root(b"")
    return roots


class _Bundles:
    """Entry bundles beside their tiles of level 0."""

    def __init__(self, run: _Run, records: _Records | None) -> None:
        self._run = run
        self._records = records

    def check(self, index: int, width: int) -> bytes | None:
        """The leaf hashes of one bundle: the tile's, or without a tile those of the entries; None without both."""
        leaves = self._leaves(index, width)
        tile = _read_tile(self._run, 0, index, width)
        if tile is None:
            return leaves if len(leaves) == width * HASH_SIZE else None
        compared = min(len(leaves), len(tile))
        if leaves[:compared] != tile[:compared]:
            self._report_first(index, leaves, tile)
        return tile

    def _report_first(self, index: int, leaves: bytes, tile: bytes) -> None:
        for at in range(0, min(len(leaves), len(tile)), HASH_SIZE):
            expected, found = tile[at : at + HASH_SIZE], leaves[at : at + HASH_SIZE]
            if expected != found:
                where = f"record {index * TILE_WIDTH + at // HASH_SIZE} in {tile_path('entries', index)}"
                self._run.findings.add("record differs from its leaf hash", where, expected.hex(), found.hex())
                return

    def _leaves(self, index: int, width: int) -> bytes:
        """Leaf hashes of the first `width` entries, fewer when the bundle has fewer; each entry is checked."""
        opened = _open_tile(self._run, "entries", index, width)
        if opened is None:
            return b""
        name, file = opened
        try:
            with file:
                return self._read(name, file, index, width)
        except OSError as error:
            self._run.findings.add("unreadable", name, "a readable file", error.strerror)
            return b""

    def _read(self, name: str, file: BinaryIO, index: int, width: int) -> bytes:
        """size[2] entry[size], `width` times: SHA-256(0x00 || entry) of each (RFC 6962, section 2.1)."""
        read, records, first = file.read, self._records, index * TILE_WIDTH
        leaves: list[bytes] = []
        for at in range(width):
            prefix = read(ENTRY_LENGTH_SIZE)
            size = int.from_bytes(prefix, "big")
            entry = read(size)
            if len(prefix) < ENTRY_LENGTH_SIZE or len(entry) < size:
                where = f"record {first + at} in {name}"
                self._run.findings.add("bundle is cut off", where, f"{width} entries", f"{at} whole entries")
                break
            leaves.append(sha256(LEAF_PREFIX + entry).digest())
            if records is not None:
                records.check(first + at, entry)
        else:
            _check_end(self._run, name, file, width, f"{TILE_WIDTH} entries")
        return b"".join(leaves)


class _Records:
    """Entries as journal records: one JSON object each in one line of UTF-8, `seq` increasing strictly."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._decode = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode
        self._seq: int | None = None

    def check(self, index: int, entry: bytes) -> None:
        try:
            text = entry.decode("utf-8").strip(JSON_SPACE)
            record, end = self._decode(text)
        except (ValueError, RecursionError) as error:
            self._refuse(index, entry, error)
            return
        if type(record) is not dict or end != len(text) or b"\n" in entry:
            self._refuse(index, entry, "something else, or more")
        elif "seq" in record:
            self._check_seq(index, record["seq"])

    def _refuse(self, index: int, entry: bytes, reason: object) -> None:
        found = f"{reason}: {entry[:EXCERPT_SIZE]!r}"
        self._findings.add("not a JSON object", f"record {index}", "one JSON object in one line of UTF-8", found)

    def _check_seq(self, index: int, seq: object) -> None:
        if type(seq) is not int:  # bool is a subclass of int, and no sequence number
            self._findings.add("seq is not an integer", f"record {index}", "an integer", type(seq).__name__)
            return
        if self._seq is not None and seq <= self._seq:
            self._findings.add("seq does not increase", f"record {index}", f"more than {self._seq}", seq)
        self._seq = seq


class _Edge:
    """The tiles of levels 1 and up under construction: the right edge of the tree, one tile a level.

    `append` takes the roots of the full tiles of level 0 in order. `root` gives the root of the tree whose leaves are
    those of all tiles appended and the given leaf hashes after them.
    """

    def __init__(self, run: _Run, size: int) -> None:
        self._levels: list[_Level] = []
        while size >> (TILE_HEIGHT * (len(self._levels) + 1)) > 0:
            self._levels.append(_Level(run, len(self._levels) + 1, size))

    def append(self, tile_root: bytes) -> None:
        carried: bytes | None = tile_root
        for level in self._levels:
            if carried is None:
                return
            carried = level.append(carried)

    def root(self, leaf_hashes: bytes) -> bytes:
        root = fold_right(leaf_hashes, None)
        for level in self._levels:
            root = fold_right(level.hashes(), root)
        return EMPTY_ROOT if root is None else root


class _Level:
    """The current tile of one level, checked hash by hash against the roots of the tiles below."""

    def __init__(self, run: _Run, level: int, size: int) -> None:
        self._run = run
        self._level = level
        self._width = size >> (TILE_HEIGHT * level)  # hashes that this level has in all
        self._count = 0
        self._tile: bytes | None = None
        self._computed = bytearray()

    def append(self, expected: bytes) -> bytes | None:
        """Compares the next hash with the root below it; the root of this tile when it is full now, else None."""
        index, at = divmod(self._count, TILE_WIDTH)
        if at == 0:
            self._computed.clear()
            width = min(TILE_WIDTH, self._width - self._count)
            self._tile = _read_tile(self._run, self._level, index, width)
        self._computed += expected
        self._compare(index, at, expected)
        self._count += 1
        return perfect_root(self._hashes()) if at == TILE_WIDTH - 1 else None

    def hashes(self) -> bytes:
        """Those of the current tile up to now; none right after it was full."""
        return self._hashes() if self._count % TILE_WIDTH > 0 else b""

    def _hashes(self) -> bytes:
        return self._tile[: len(self._computed)] if self._tile is not None else bytes(self._computed)

    def _compare(self, index: int, at: int, expected: bytes) -> None:
        if self._tile is None:
            return
        found = self._tile[at * HASH_SIZE : (at + 1) * HASH_SIZE]
        if found != expected:
            below = self._level - 1
            where = f"{tile_path(self._level, index)} hash {at}, of {tile_path(below, index * TILE_WIDTH + at)}"
            self._run.findings.add("tile hash differs from the tile below", where, expected.hex(), found.hex())


# --- Files ------------------------------------------------------------------------------------------------------------


def tile_path(level: int | str, index: int) -> str:
    """tile/<L>/<N>: N in groups of three digits, all but the last with an x before it (tlog-tiles, "Merkle Tree").

    >>> tile_path(0, 1234067)
    'tile/0/x001/x234/067'
    """
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(reversed(groups))}"


def _read_tile(run: _Run, level: int, index: int, width: int) -> bytes | None:
    """The first `width` hashes of a tile, or None and a finding."""
    opened = _open_tile(run, level, index, width)
    if opened is None:
        return None
    name, file = opened
    try:
        with file:
            hashes = file.read(width * HASH_SIZE)
            if len(hashes) == width * HASH_SIZE:
                _check_end(run, name, file, width, f"{TILE_SIZE} bytes")
                return hashes
    except OSError as error:
        run.findings.add("unreadable", name, "a readable file", error.strerror)
        return None
    run.findings.add("tile is cut off", name, f"{width * HASH_SIZE} bytes", f"{len(hashes)} bytes")
    return None


def _check_end(run: _Run, name: str, file: BinaryIO, width: int, expected: str) -> None:
    """Nothing may follow in a full file. A partial one may have grown since the checkpoint: told, but not judged."""
    if not file.read(1):
        return
    if width == TILE_WIDTH:
        run.findings.add("longer than a full tile", name, expected, "more")
    else:
        run.notes.append(f"{name} goes on after the checkpoint: the rest was not looked at")


def _open_tile(run: _Run, level: int | str, index: int, width: int) -> tuple[str, BinaryIO] | None:
    """The first file there is that may have `width` hashes or entries, or None and a finding."""
    path = tile_path(level, index)
    for name in _tile_names(run.directory, path, width):
        try:
            return name, _open_regular(os.path.join(run.directory, name))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            run.findings.add("unreadable", name, "a readable file", error.strerror)
            return None
    wanted = path if width == TILE_WIDTH else f"{path}.p/{width} or longer"
    run.findings.add("missing", path, wanted, "no such file")
    return None


def _tile_names(directory: str, path: str, width: int) -> Iterator[str]:
    """Names by which `width` hashes or entries may be had: just these, the full tile, then the least wider part."""
    if width < TILE_WIDTH:
        yield f"{path}.p/{width}"
    yield path
    if width < TILE_WIDTH:
        parts = _entries_of(os.path.join(directory, f"{path}.p"))
        wider = (int(part) for part in parts if re.fullmatch(r"[1-9][0-9]{0,2}", part))
        yield from (f"{path}.p/{part}" for part in sorted(wider) if width < part < TILE_WIDTH)


def _entries_of(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _open_regular(path: str) -> BinaryIO:
    """Opens a regular file for reading; never blocks on a pipe or a device. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file", path)
    return os.fdopen(descriptor, "rb", buffering=READ_SIZE)


def _read_small(path: str, size_max: int) -> bytes:
    """A whole small file. Raises OSError, also when it is larger than `size_max` bytes."""
    with _open_regular(path) as file:
        data = file.read(min(os.fstat(file.fileno()).st_size, size_max) + 1)
    if len(data) > size_max:
        raise OSError(0, f"larger than {size_max} bytes", path)
    return data


def _checkpoint_bytes(directory: str) -> bytes:
    if not os.path.isdir(directory):
        raise NotAPack(f"{directory} is not a directory")
    try:
        return _read_small(os.path.join(directory, "checkpoint"), NOTE_SIZE_MAX)
    except OSError as error:
        raise NotAPack(f"{directory} is no pack: checkpoint: {error.strerror}") from None


def _cosigned_bytes(directory: str) -> bytes | None:
    """What lies in `cosigned`; None without it, and of an empty one: nobody has cosigned yet."""
    try:
        return _read_small(os.path.join(directory, "cosigned"), NOTE_SIZE_MAX) or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise NotAPack(f"{directory}: cosigned: {error.strerror}") from None


def _older_checkpoint(path: str) -> tuple[str, Checkpoint]:
    try:
        return path, parse_checkpoint(_read_small(path, NOTE_SIZE_MAX))
    except (OSError, Malformed) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NotAPack(f"--checkpoint {path}: {reason}") from None


def _option_key(text: str, kind: int, option: str) -> NoteKey:
    try:
        return parse_key(text.strip(), kind)
    except Malformed as error:
        raise NotAPack(f"{option}: {error}") from None


# --- Keys, notes, checkpoints -----------------------------------------------------------------------------------------


def parse_key(text: str, kind: int) -> NoteKey:
    """`<name>+<key ID, 8 hex digits>+<base64(type[1] public_key[32])>` of the wanted type (signed-note).

    The key ID must be SHA-256(name || 0x0A || type || public key)[:4]. Raises Malformed.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not _is_key_name(parts[0]) or re.fullmatch(r"[0-9a-f]{8}", parts[1]) is None:
        raise Malformed(f"expected <name>+<8 hex digits>+<base64>, found {text[:EXCERPT_SIZE]!r}")
    name, key_id, material = parts[0], bytes.fromhex(parts[1]), _from_base64(parts[2])
    if len(material) != 1 + PUBLIC_KEY_SIZE or material[0] != kind:
        raise Malformed(f"expected the Ed25519 key of {KEY_TYPES[kind]} (type {kind}), found another in {name!r}")
    computed = sha256(name.encode() + b"\n" + material).digest()[:KEY_ID_SIZE]
    if computed != key_id:
        raise Malformed(f"expected key ID {computed.hex()} for this key of {name!r}, found {key_id.hex()}")
    return NoteKey(text, name, key_id, kind, material[1:])


def parse_note(data: bytes) -> tuple[bytes, tuple[NoteSignature, ...]]:
    """Splits a signed note into its text (with the final newline) and its signatures. Raises Malformed."""
    note = _utf8(data)
    if re.search(r"[\x00-\x09\x0b-\x1f]", note) is not None:
        raise Malformed("expected no control characters but newlines")
    text, separator, lines = note.rpartition("\n\n")
    if separator == "" or not lines.endswith("\n"):
        raise Malformed("expected a text, an empty line, and signature lines")
    signatures = lines.removesuffix("\n").split("\n")
    if len(signatures) > SIGNATURE_COUNT_MAX:
        raise Malformed(f"expected {SIGNATURE_COUNT_MAX} signatures at most, found {len(signatures)}")
    return (text + "\n").encode(), tuple(_parse_signature(line) for line in signatures)


def _parse_signature(line: str) -> NoteSignature:
    """Em dash, space, key name, space, base64(key_id[4] signature)."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not _is_key_name(parts[1]):
        raise Malformed(f"expected a signature line, found {line[:EXCERPT_SIZE]!r}")
    blob = _from_base64(parts[2])
    if len(blob) <= KEY_ID_SIZE:
        raise Malformed(f"expected a key ID and a signature of {parts[1]!r}, found {len(blob)} bytes")
    return NoteSignature(parts[1], blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:])


def parse_checkpoint(data: bytes) -> Checkpoint:
    """origin, size in decimal, base64 root, one a line; extension lines may follow (tlog-checkpoint).

    Only the form is checked here, not the signatures. Raises Malformed.
    """
    text, signatures = parse_note(data)
    lines = text.decode().removesuffix("\n").split("\n")
    if len(lines) < 3 or "" in lines:
        raise Malformed("expected three lines or more, none of them empty")
    origin, size, root = lines[:3]
    if re.fullmatch(r"0|[1-9][0-9]{0,18}", size) is None or int(size) > LOG_SIZE_MAX:
        raise Malformed(f"expected a size in decimal, found {size[:EXCERPT_SIZE]!r}")
    root_hash = _from_base64(root)
    if len(root_hash) != HASH_SIZE:
        raise Malformed(f"expected a root of {HASH_SIZE} bytes, found {len(root_hash)}")
    return Checkpoint(text, signatures, origin, int(size), root_hash)


def parse_proof(data: bytes) -> Proof:
    """header, `extra` in base64 if any, `index` in decimal, hashes in base64, empty line, checkpoint (tlog-proof).

    Only the form is checked here, and of the checkpoint nothing. Raises Malformed.
    """
    head, separator, checkpoint = _utf8(data).partition("\n\n")
    if separator == "":
        raise Malformed("expected lines, an empty line and a checkpoint")
    header, *lines = head.split("\n")
    if header != PROOF_HEADER:
        raise Malformed(f"expected {PROOF_HEADER}, found {header[:EXCERPT_SIZE]!r}")
    has_entry = bool(lines) and lines[0].startswith("extra ")
    entry = _from_base64(lines.pop(0).removeprefix("extra ")) if has_entry else None
    index = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines.pop(0) if lines else "")
    if index is None:
        raise Malformed("expected a line `index` with a decimal")
    if len(lines) > PROOF_HASH_COUNT_MAX:
        raise Malformed(f"expected {PROOF_HASH_COUNT_MAX} hashes at most, found {len(lines)}")
    hashes = tuple(_from_base64(line) for line in lines)
    if any(len(each) != HASH_SIZE for each in hashes):
        raise Malformed(f"expected hashes of {HASH_SIZE} bytes")
    return Proof(int(index[1]), entry, hashes, checkpoint.encode())


def _is_key_name(name: str) -> bool:
    return name != "" and "+" not in name and not any(character.isspace() for character in name)


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"expected UTF-8, found another byte at {error.start}") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    """RFC 4648 section 4, one text for one value: padded, no other characters, unused bits zero. Raises Malformed."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    if text == "" or _base64(data) != text:
        raise Malformed(f"expected base64, found {text[:EXCERPT_SIZE]!r}")
    return data


def _text_of(value: object) -> str:
    text = str(value)
    return text if len(text) <= 4 * EXCERPT_SIZE else text[: 4 * EXCERPT_SIZE] + "…"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# --- Merkle trees -----------------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry) (RFC 6962, section 2.1)."""
    return sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right) (RFC 6962, section 2.1)."""
    return sha256(NODE_PREFIX + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    """The root over 2^k hashes, given as one run of bytes. Two hashes side by side are just what a node hashes."""
    assert len(hashes) >= HASH_SIZE and (len(hashes) // HASH_SIZE).bit_count() == 1
    pair = 2 * HASH_SIZE
    while len(hashes) > HASH_SIZE:
        hashes = b"".join([sha256(NODE_PREFIX + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)])
    return hashes


def fold_right(hashes: bytes, right: bytes | None) -> bytes | None:
    """The root over `hashes`, cut into the largest complete subtrees from the left, and `right` after them."""
    end = len(hashes)
    while end > 0:
        count = end // HASH_SIZE
        start = end - (count & -count) * HASH_SIZE
        left = perfect_root(hashes[start:end])
        right = left if right is None else node_hash(left, right)
        end = start
    return right


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf hash `leaf` is at `index` of the tree of `size` leaves with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(each) != HASH_SIZE for each in (leaf, root, *proof)):
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            fn, sn = _skip_levels(fn, sn)
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def verify_consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size2` leaves continues the one of `size1` (RFC 9162, 2.1.4.2).

    Beyond the RFC: equal sizes need equal roots, the empty tree needs its root; both an empty proof.
    """
    if not 0 <= size1 <= size2 or any(len(each) != HASH_SIZE for each in (root1, root2, *proof)):
        return False
    if size1 == size2 or size1 == 0:
        return not proof and root1 == (root2 if size1 == size2 else EMPTY_ROOT)
    if not proof:
        return False
    path = list(proof) if size1.bit_count() > 1 else [root1, *proof]
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            fn, sn = _skip_levels(fn, sn)
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == root1 and sr == root2


def _skip_levels(fn: int, sn: int) -> tuple[int, int]:
    """Right-shifts both until fn is odd or 0: the levels where the node has no sibling yet."""
    while fn & 1 == 0 and fn != 0:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


# --- Ed25519 ----------------------------------------------------------------------------------------------------------

P = 2**255 - 19  # the field
L = 2**252 + 27742317777372353535851937790883648493  # order of the base point
D = -121665 * pow(121666, -1, P) % P  # of the curve -x^2 + y^2 = 1 + d x^2 y^2
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
COFACTOR = 8

Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T: x = X/Z, y = Y/Z, x*y = T/Z
IDENTITY: Point = (0, 1, 1, 0)


def ed25519_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (R[32] S[32], little-endian) is `public_key`'s over `message` (RFC 8032, section 5.1.7).

    Strict: S < L; key and R in their only canonical encoding; no key of small order, which would sign anything; and
    [S]B = R + [k]A without the factor 8, which implies the equation with it. Not in constant time: nothing is secret.
    """
    if len(public_key) != PUBLIC_KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    key = _decode_point(public_key)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= L or _is_identity(_multiply(COFACTOR, key, 0)):
        return False
    challenge = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % L
    # R is compared as bytes: only the canonical encoding of [S]B - [k]A is equal to it.
    return _encode_point(_multiply(challenge, _negate(key), scalar)) == signature[:32]


def _decode_point(data: bytes) -> Point | None:
    """RFC 8032, section 5.1.3; None where y >= p, where no x fits, and for x = 0 with the sign bit set."""
    encoded = int.from_bytes(data, "little")
    sign, y = encoded >> 255, encoded & ((1 << 255) - 1)
    if y >= P:
        return None
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _recover_x(y: int, sign: int) -> int | None:
    """x with x^2 = (y^2 - 1) / (d y^2 + 1) and the wanted lowest bit."""
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == P - u:
        x = x * SQRT_MINUS_1 % P
    if v * x * x % P != u or (x == 0 and sign == 1):
        return None
    return x if x & 1 == sign else P - x


def _encode_point(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _add(p: Point, q: Point) -> Point:
    """RFC 8032, section 5.1.4; complete, so also right for doubling."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(k: int, point: Point, s: int) -> Point:
    """[k]point + [s]B, both at once: one doubling a bit, one addition where a bit is set."""
    sums = (IDENTITY, point, BASE, _add(point, BASE))
    result = IDENTITY
    for bit in range(max(k.bit_length(), s.bit_length()) - 1, -1, -1):
        result = _add(result, result)
        chosen = (k >> bit & 1) | (s >> bit & 1) << 1
        if chosen:
            result = _add(result, sums[chosen])
    return result


def _negate(point: Point) -> Point:
    return -point[0] % P, point[1], point[2], -point[3] % P


def _is_identity(point: Point) -> bool:
    return point[0] == 0 and point[1] == point[2]


def _base_point() -> Point:
    """B has y = 4/5 and an even x."""
    y = 4 * pow(5, -1, P) % P
    point = _decode_point(y.to_bytes(32, "little"))
    assert point is not None
    return point


BASE = _base_point()


# --- The command ------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status: 0 all fine, 1 a finding, 2 no pack or wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.path is None) == (options.proof is None):
        parser.error("a PATH or --proof FILE")
    if options.proof is not None and (options.key is None or options.checkpoint is not None):
        parser.error("--proof needs --key, and takes no --checkpoint")
    try:
        report = _report_of(options)
    except NotAPack as error:
        if options.json:
            print(json.dumps({"ok": False, "error": str(error)}))
        print(f"verify: {printable(str(error))}", file=sys.stderr)
        return EXIT_NOT_A_PACK
    lines = report_lines(report, options.parse or options.proof is not None)
    print(json.dumps(report) if options.json else printable("\n".join(lines)))
    return EXIT_OK if report["ok"] else EXIT_TAMPERED


def _report_of(options: argparse.Namespace) -> dict[str, Any]:
    if options.proof is not None:
        return verify_proof(options.proof, options.key, options.witness)
    return verify_pack(options.path, options.key, options.checkpoint, options.witness, options.parse)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="Checks a packed transparency log (C2SP tlog-tiles) from its records up to its signed head, "
        "or the proof of one record (C2SP tlog-proof).",
        epilog="Exit status: 0 all fine, 1 something was tampered with, 2 no pack or wrong usage.",
    )
    parser.add_argument("path", metavar="PATH", nargs="?", help="directory with checkpoint, key and tile/")
    parser.add_argument("--proof", metavar="FILE", help="the proof of a record, instead of a directory; needs --key")
    parser.add_argument("--key", metavar="VKEY", help="the log's verifier key, from somewhere else than the pack")
    parser.add_argument("--checkpoint", metavar="FILE", help="an older signed checkpoint that the log must contain")
    parser.add_argument("--witness", metavar="VKEY", action="append", default=[], help="must have cosigned; repeatable")
    parser.add_argument("--no-parse", dest="parse", action="store_false", help="do not look into the records")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


def report_lines(report: dict[str, Any], parsed: bool = True) -> list[str]:
    """The result of `verify_pack` for people, one line each: ok, bad and note, the verdict last but for notes."""
    lines = [_finding_line(finding) for finding in report["findings"]]
    if report["findings_left_out"] > 0:
        lines.append(f"bad  {report['findings_left_out']} more findings like these")
    lines += [_witness_line(witness) for witness in report["witnesses"]]
    if report["continues"] is not None:
        lines.append(f"ok  continues the older checkpoint of size {report['continues']}")
    lines.append(_verdict(report))
    if report.get("record") is not None:
        # One line, whatever the record is: no second one of it can look like one of ours.
        lines += [f"ok  record {report['record']} of {report['size']}:", "\\n".join(report["body"].splitlines())]
    lines += [f"note  {note}" for note in report["notes"]]
    if not parsed:
        lines.append("note  the records were not parsed")
    if report["key_from"] == "pack":
        lines.append(
            "note  the key came with the pack: this proves that the pack agrees with itself, not who made it; "
            "give the log's key with --key"
        )
    return lines


def _finding_line(finding: dict[str, str]) -> str:
    return f"bad  {finding['what']}: {finding['where']}  expected {finding['expected']}  found {finding['found']}"


def _witness_line(witness: dict[str, Any]) -> str:
    at = f"at {_time_text(witness['time'])}, {witness['size']} records"
    return f"ok  cosigned by {witness['name']} key {witness['key_id']} {at}"


def _verdict(report: dict[str, Any]) -> str:
    origin = _quoted(report["origin"] or "")
    if report["ok"]:
        signer = f"signed by {report['signed_by']} key {report['key_id']}"
        return f"ok  records {report['size']}  root {report['root']}  origin {origin}  {signer}"
    count = len(report["findings"]) + report["findings_left_out"]
    claim = "" if report["size"] is None else f"  records {report['size']}  origin {origin}"
    return f"TAMPERED  {count} finding{'' if count == 1 else 's'}{claim}"


def _quoted(origin: str) -> str:
    """In quotes if it has spaces, so that it cannot look like the rest of the line."""
    return json.dumps(origin, ensure_ascii=False) if any(each.isspace() for each in origin) else origin


def _time_text(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s after 1970"


def printable(text: str) -> str:
    """Text for a terminal: what is not printable (control and bidirectional characters) or not ASCII is escaped."""
    shown = (each if each == "\n" or each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    encoding = sys.stdout.encoding or "ascii"
    return "".join(shown).encode(encoding, "backslashreplace").decode(encoding)


if __name__ == "__main__":
    sys.exit(main())
