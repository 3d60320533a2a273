"""Tests of cohesix.verify: published vectors, packs built here, and every kind of tampering with them.

The signer, the trees and the tiles here are written from the definitions (RFC 8032, RFC 6962, tlog-tiles) and share
nothing with the code they test. Random choices come from a printed seed: COHESIX_TEST_SEED=<seed> repeats a run.
"""

from __future__ import annotations

import base64
import contextlib
import doctest
import io
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
import unittest
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
COMMAND = ROOT / "cohesix" / "verify.py"
sys.path.insert(0, str(ROOT))

from cohesix import verify  # noqa: E402

SEED = int(os.environ.get("COHESIX_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
print(f"COHESIX_TEST_SEED={SEED}", file=sys.stderr)

SIZES = (1, 255, 256, 257, 70_000)
ORIGIN = "log.example/hive"
TIME = 1_700_000_000
FLIP_STEP = 13  # bits from one flip to the next: all eight of a byte in turn, and 20 ms each


# --- An Ed25519 signer: RFC 8032 in affine coordinates ----------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)


def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    cross = D * p[0] * q[0] * p[1] * q[1] % P
    x = (p[0] * q[1] + q[0] * p[1]) * pow(1 + cross, -1, P)
    y = (p[1] * q[1] + p[0] * q[0]) * pow(1 - cross, -1, P)
    return x % P, y % P


def multiply(k: int, point: tuple[int, int]) -> tuple[int, int]:
    result = (0, 1)
    for bit in bin(k)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point: tuple[int, int]) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


@dataclass(frozen=True)
class Signer:
    """A key with a name; `kind` 1 signs notes as a log, 4 as a witness."""

    name: str
    seed: bytes
    kind: int = 1

    @property
    def secret(self) -> tuple[int, bytes]:
        hashed = sha512(self.seed).digest()
        return int.from_bytes(hashed[:32], "little") & (1 << 254) - 8 | 1 << 254, hashed[32:]

    @property
    def public_key(self) -> bytes:
        return encode(multiply(self.secret[0], BASE))

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.kind]) + self.public_key)}"

    def sign(self, message: bytes, public_key: bytes | None = None) -> bytes:
        """`public_key`: another encoding of the key to hash, which no honest signer does."""
        scalar, prefix = self.secret
        r = int.from_bytes(sha512(prefix + message).digest(), "little") % L
        point = encode(multiply(r, BASE))
        k = int.from_bytes(sha512(point + (public_key or self.public_key) + message).digest(), "little") % L
        return point + ((r + k * scalar) % L).to_bytes(32, "little")

    def line(self, text: str, time: int = TIME) -> str:
        if self.kind == 1:
            return signature_line(self.name, self.key_id, self.sign(text.encode()))
        signed = self.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return signature_line(self.name, self.key_id, time.to_bytes(8, "big") + signed)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signature_line(name: str, key_id: bytes, signature: bytes) -> str:
    return f"\u2014 {name} {b64(key_id + signature)}\n"


LOG = Signer(ORIGIN, bytes(range(32)))
OTHER = Signer(ORIGIN, bytes(32))
WITNESS = Signer("witness.example/w1", b"w" * 32, kind=4)


# --- Trees and packs, by the definitions ------------------------------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def mth(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over leaf hashes: split at the largest power of two below n."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else sha256(b"").digest()
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def inclusion_path(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162, section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if m < k:
        return [*inclusion_path(m, hashes[:k]), mth(hashes[k:])]
    return [*inclusion_path(m - k, hashes[k:]), mth(hashes[:k])]


def consistency_path(m: int, hashes: Sequence[bytes], is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162, section 2.1.4.1."""
    if m == len(hashes):
        return [] if is_whole else [mth(hashes)]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if m <= k:
        return [*consistency_path(m, hashes[:k], is_whole), mth(hashes[k:])]
    return [*consistency_path(m - k, hashes[k:], False), mth(hashes[:k])]


def tile_name(level: int | str, index: int) -> str:
    digits = f"{index:0{3 * ((len(str(index)) + 2) // 3)}d}"
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return f"tile/{level}/" + "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def bundle(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def tile_files(entries: Sequence[bytes]) -> dict[str, bytes]:
    """All tiles and bundles of a log, by path; `<hash n of level l> = MTH(D[n * 256**l : (n + 1) * 256**l])`."""
    files = {}
    hashes = [leaf(entry) for entry in entries]
    for level in range(8):
        for at in range(0, len(hashes), 256):
            part = hashes[at : at + 256]
            suffix = "" if len(part) == 256 else f".p/{len(part)}"
            files[tile_name(level, at // 256) + suffix] = b"".join(part)
            if level == 0:
                files[tile_name("entries", at // 256) + suffix] = bundle(entries[at : at + 256])
        hashes = [mth(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
    return files


def head_text(entries: Sequence[bytes], origin: str = ORIGIN) -> str:
    return f"{origin}\n{len(entries)}\n{b64(mth([leaf(entry) for entry in entries]))}\n"


def note(text: str, *lines: str) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


def signed_head(entries: Sequence[bytes], *signers: Signer, origin: str = ORIGIN) -> bytes:
    text = head_text(entries, origin)
    return note(text, *(signer.line(text) for signer in signers or (LOG,)))


def records(count: int, word: str = "spawn") -> list[bytes]:
    return [b'{"v":1,"seq":%d,"at":%d,"line":"%s"}' % (at + 1, TIME + at, word.encode()) for at in range(count)]


@dataclass
class Pack:
    """A pack on disk and what is in it."""

    path: Path
    entries: list[bytes]
    files: dict[str, bytes] = field(default_factory=dict)

    @staticmethod
    def write(path: Path, entries: list[bytes], *signers: Signer) -> Pack:
        files = tile_files(entries)
        files["checkpoint"] = signed_head(entries, *signers)
        files["key"] = f"{LOG.vkey}\n".encode()
        pack = Pack(path, entries, files)
        for name, data in files.items():
            pack.put(name, data)
        return pack

    def put(self, name: str, data: bytes | None) -> None:
        file = self.path / name
        if data is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    @contextlib.contextmanager
    def changed(self, changes: Mapping[str, bytes | None]) -> Iterator[None]:
        """The pack with some files replaced (None: deleted), restored afterwards."""
        try:
            for name, data in changes.items():
                self.put(name, data)
            yield
        finally:
            for name in changes:
                self.put(name, self.files.get(name))

    def bundle_of(self, record: int) -> str:
        index = record // 256
        name = tile_name("entries", index)
        return name if name in self.files else f"{name}.p/{len(self.entries) - 256 * index}"

    def with_bundle(self, record: int, entries: Sequence[bytes]) -> dict[str, bytes | None]:
        return {self.bundle_of(record): bundle(entries)}

    def neighbours(self, record: int) -> list[bytes]:
        start = record // 256 * 256
        return self.entries[start : start + 256]


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def kinds(report: dict[str, Any]) -> set[str]:
    return {finding["what"] for finding in report["findings"]}


class PackCase(unittest.TestCase):
    """A folder for each test, and packs in it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="cohesix-verify-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def pack(self, entries: list[bytes], *signers: Signer, name: str = "pack") -> Pack:
        return Pack.write(self.folder / name, entries, *signers)

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def assertFinds(self, pack: Pack, *wanted: str, **options: Any) -> dict[str, Any]:
        """The check finds at least `wanted` kinds; returns its report."""
        report = verify.verify_pack(pack.path, **options)
        self.assertFalse(report["ok"])
        self.assertLessEqual(set(wanted), kinds(report), report["findings"])
        return report

    def assertFine(self, pack: Pack, **options: Any) -> dict[str, Any]:
        report = verify.verify_pack(pack.path, **options)
        self.assertEqual(report["findings"], [])
        self.assertTrue(report["ok"])
        return report


# --- Ed25519 ----------------------------------------------------------------------------------------------------------

# RFC 8032, section 7.1: secret key, public key, message, signature.
RFC_8032_VECTORS = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "TEST 1024": (
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1"
        "e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d"
        "658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a"
        "7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e"
        "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
        "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1"
        "85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d"
        "502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270"
        "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089b"
        "eccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
        "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
        "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7"
        "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d"
        "cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df"
        "f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
        "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4"
        "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac09"
        "43bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f"
        "b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161"
        "0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
        "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8ca"
        "c60c905c15fc910840b94c00a0b9d0",
        "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350"
        "aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03",
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}

# "Taming the many EdDSAs" (eprint.iacr.org/2020/1244), table 5; novifinancial/ed25519-speccheck cases.json:
# message, public key, signature, and whether a strict check without the factor 8 accepts.
EDGE_CASES = [
    (  # key and R of small order
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
        "0000000000000000000000000000000000000000000000000000000000000000",
        False,
    ),
    (  # key of small order
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
        "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        False,
    ),
    (  # R of small order: only the owner of the key can make it
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
        "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        True,
    ),
    (  # key and R of mixed order, both equations hold
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
        "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        True,
    ),
    (  # holds only with the factor 8
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
        "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        False,
    ),
    (  # holds only with the factor 8, applied after the reduction of 8k
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
        "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        False,
    ),
    (  # S > L
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
        "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        False,
    ),
    (  # S much larger than L
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
        "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        False,
    ),
    (  # R not canonical
        "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
        "454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
        False,
    ),
    (  # R not canonical, hashed as the canonical one
        "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
        "084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09",
        False,
    ),
]

# The points of small order and all their encodings (same paper, table 1): with such a key anything can be signed.
SMALL_ORDER_KEYS = [
    "00" * 32,
    "00" * 31 + "80",
    "01" + "00" * 31,
    "01" + "00" * 30 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ec" + "ff" * 30 + "7f",
    "ec" + "ff" * 31,
    "ed" + "ff" * 30 + "7f",
    "ed" + "ff" * 31,
    "ee" + "ff" * 30 + "7f",
    "ee" + "ff" * 31,
]


class Ed25519Test(unittest.TestCase):
    def test_vectors_of_rfc_8032(self) -> None:
        for name, (secret, public, message, signature) in RFC_8032_VECTORS.items():
            with self.subTest(name):
                key, text, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
                self.assertTrue(verify.ed25519_verify(key, text, signed))
                signer = Signer("x", bytes.fromhex(secret))
                self.assertEqual((signer.public_key, signer.sign(text)), (key, signed))

    def test_every_flipped_bit_is_refused(self) -> None:
        _, public, message, signature = (bytes.fromhex(each) for each in RFC_8032_VECTORS["TEST 3"])
        for bit in range(256):
            self.assertFalse(verify.ed25519_verify(flip(public, bit), message, signature), f"key bit {bit}")
        for bit in range(512):
            self.assertFalse(verify.ed25519_verify(public, message, flip(signature, bit)), f"signature bit {bit}")
        for bit in range(16):
            self.assertFalse(verify.ed25519_verify(public, flip(message, bit), signature), f"message bit {bit}")

    def test_scalars_of_l_and_above_are_refused(self) -> None:
        for name, (_, public, message, signature) in RFC_8032_VECTORS.items():
            s = int.from_bytes(bytes.fromhex(signature)[32:], "little")
            for times in range(1, (2**256 - 1 - s) // L + 1):
                with self.subTest(name, times=times):
                    larger = bytes.fromhex(signature)[:32] + (s + times * L).to_bytes(32, "little")
                    self.assertFalse(verify.ed25519_verify(bytes.fromhex(public), bytes.fromhex(message), larger))

    def test_lengths(self) -> None:
        _, public, message, signature = (bytes.fromhex(each) for each in RFC_8032_VECTORS["TEST 2"])
        for key, signed in [
            (b"", signature),
            (public[:31], signature),
            (public + b"\0", signature),
            (public, b""),
            (public, signature[:63]),
            (public, signature + b"\0"),
        ]:
            self.assertFalse(verify.ed25519_verify(key, message, signed))
        longer = LOG.public_key + b"\0"  # the same number, signed for as such
        self.assertFalse(verify.ed25519_verify(longer, message, LOG.sign(message, longer)))

    def test_points_have_one_encoding(self) -> None:
        for y, sign in itertools.product(range(P, 2**255), (0, 1)):
            self.assertIsNone(verify._decode_point((y | sign << 255).to_bytes(32, "little")), y - P)
        for y in (1, P - 1):  # x is 0, so it has no sign
            self.assertIsNotNone(verify._decode_point(y.to_bytes(32, "little")))
            self.assertIsNone(verify._decode_point((y | 1 << 255).to_bytes(32, "little")))
        encoded = LOG.public_key
        self.assertEqual(verify._encode_point(verify._decode_point(encoded) or verify.IDENTITY), encoded)

    def test_edge_cases(self) -> None:
        for at, (message, public, signature, wanted) in enumerate(EDGE_CASES):
            with self.subTest(case=at):
                arguments = (bytes.fromhex(each) for each in (public, message, signature))
                self.assertIs(verify.ed25519_verify(*arguments), wanted)

    def test_keys_of_small_order_sign_nothing(self) -> None:
        identity = (1).to_bytes(32, "little")
        for key, r in itertools.product(SMALL_ORDER_KEYS, [*SMALL_ORDER_KEYS, identity.hex()]):
            for message in (b"a", b"b", b"c", b"d"):
                signature = bytes.fromhex(r) + bytes(32)
                self.assertFalse(verify.ed25519_verify(bytes.fromhex(key), message, signature), (key, r))

    def test_random_messages(self) -> None:
        chance = random.Random(SEED)
        for _ in range(10):
            signer, message = Signer("x", chance.randbytes(32)), chance.randbytes(chance.randrange(200))
            self.assertTrue(verify.ed25519_verify(signer.public_key, message, signer.sign(message)))
            self.assertFalse(verify.ed25519_verify(signer.public_key, message + b"x", signer.sign(message)))


# --- Trees ------------------------------------------------------------------------------------------------------------

# The leaves and roots of the Certificate Transparency tests (RFC 6962), sizes 0 to 8.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION_5_OF_8 = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
CT_CONSISTENCY_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def unhex(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


class TreeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.leaves = [leaf(bytes([at])) for at in range(20)]
        self.roots = [mth(self.leaves[:size]) for size in range(21)]

    def test_reference_roots(self) -> None:
        hashes = [verify.leaf_hash(bytes.fromhex(each)) for each in CT_LEAVES]
        for size, root in enumerate(CT_ROOTS):
            with self.subTest(size=size):
                folded = verify.fold_right(b"".join(hashes[:size]), None) or verify.EMPTY_ROOT
                self.assertEqual(folded.hex(), root)
                self.assertEqual(mth(hashes[:size]).hex(), root)

    def test_reference_proofs(self) -> None:
        roots, proof = unhex(CT_ROOTS), unhex(CT_INCLUSION_5_OF_8)
        self.assertTrue(verify.verify_inclusion(leaf(bytes.fromhex("40414243")), 5, 8, proof, roots[8]))
        self.assertTrue(verify.verify_consistency(6, roots[6], 8, roots[8], unhex(CT_CONSISTENCY_6_TO_8)))

    def test_perfect_roots(self) -> None:
        for height in range(10):
            hashes = [leaf(b"%d" % at) for at in range(1 << height)]
            self.assertEqual(verify.perfect_root(b"".join(hashes)), mth(hashes))

    def test_every_inclusion_proof(self) -> None:
        for size in range(1, 21):
            for index in range(size):
                proof = inclusion_path(index, self.leaves[:size])
                claim = (self.leaves[index], index, size, proof, self.roots[size])
                self.assertTrue(verify.verify_inclusion(*claim), (index, size))
                for wrong in self.wrong_proofs(proof):
                    self.assertFalse(verify.verify_inclusion(*claim[:3], wrong, claim[4]), (index, size))
                for other in range(-1, size + 2):
                    if other != index:
                        self.assertFalse(verify.verify_inclusion(claim[0], other, *claim[2:]), (index, other, size))
                self.assertFalse(verify.verify_inclusion(leaf(b"no"), *claim[1:]))
                self.assertFalse(verify.verify_inclusion(*claim[:4], leaf(b"no")))

    def test_proofs_of_a_taller_tree(self) -> None:
        """A proof must be just as long as the sizes ask, even where its hashes lead to the root."""
        self.assertFalse(verify.verify_inclusion(self.leaves[1], 0, 1, [self.leaves[0]], self.roots[2]))
        for size1, size2 in itertools.combinations(range(1, 21), 2):
            proof = consistency_path(size1, self.leaves[:size2])
            for taller in (64, 2**60):
                claim = (size1, self.roots[size1], taller, self.roots[size2], proof)
                self.assertFalse(verify.verify_consistency(*claim), (size1, size2))

    def test_every_consistency_proof(self) -> None:
        for size2 in range(21):
            for size1 in range(size2 + 1):
                proof = consistency_path(size1, self.leaves[:size2]) if size1 > 0 else []
                claim = (size1, self.roots[size1], size2, self.roots[size2], proof)
                self.assertTrue(verify.verify_consistency(*claim), (size1, size2))
                for wrong in self.wrong_proofs(proof):
                    self.assertFalse(verify.verify_consistency(*claim[:4], wrong), (size1, size2))
                self.assertFalse(verify.verify_consistency(size1, leaf(b"no"), *claim[2:]), (size1, size2))
                if size1 > 0:
                    self.assertFalse(verify.verify_consistency(*claim[:3], leaf(b"no"), proof), (size1, size2))
        self.assertFalse(verify.verify_consistency(3, self.roots[3], 2, self.roots[2], []))

    def wrong_proofs(self, proof: list[bytes]) -> Iterator[list[bytes]]:
        for at in range(len(proof)):
            yield [*proof[:at], flip(proof[at], 7), *proof[at + 1 :]]
            yield [*proof[:at], *proof[at + 1 :]]
            yield [*proof[:at], proof[at][:31], *proof[at + 1 :]]
        yield [*proof, leaf(b"more")]
        yield [leaf(b"more"), *proof]


# --- Keys and notes ---------------------------------------------------------------------------------------------------

# golang.org/x/mod/sumdb/note, package documentation.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# c2sp.org/signed-note, test vector.
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72I"
    "neyaQM=\n"
)
# A checkpoint of a public log with cosignatures of public witnesses; its first line is of a type not known here.
PUBLIC_LOG_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
PUBLIC_WITNESS_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
PUBLIC_TIME = 1779573024
PUBLIC_NOTE = (
    "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
    "\u2014 arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApk"
    "ptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
    "\u2014 arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9"
    "g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "\u2014 remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxt"
    "qB0DrAWfBw==\n"
)


class NoteTest(unittest.TestCase):
    def test_published_notes(self) -> None:
        for vkey, text in [(GO_KEY, GO_NOTE), (C2SP_KEY, C2SP_NOTE)]:
            with self.subTest(vkey):
                key = verify.parse_key(vkey, verify.KEY_TYPE_LOG)
                signed, (line,) = verify.parse_note(text.encode())
                self.assertEqual((line.name, line.key_id), (key.name, key.key_id))
                self.assertTrue(verify.ed25519_verify(key.public_key, signed, line.blob))
                self.assertFalse(verify.ed25519_verify(key.public_key, signed[:-1], line.blob))

    def test_public_checkpoint(self) -> None:
        head = verify.parse_checkpoint(PUBLIC_NOTE.encode())
        self.assertEqual((head.origin, head.size), ("arche2025h1.staging.ct.transparency.dev", 1432088532))
        self.assertEqual(self.times(head), [0, PUBLIC_TIME])
        changed = verify.parse_checkpoint(PUBLIC_NOTE.replace("1432088532", "1432088533").encode())
        self.assertEqual(self.times(changed), [None, None])

    def times(self, head: verify.Checkpoint) -> list[int | None]:
        log = verify.parse_key(PUBLIC_LOG_KEY, verify.KEY_TYPE_LOG)
        witness = verify.parse_key(PUBLIC_WITNESS_KEY, verify.KEY_TYPE_WITNESS)
        return [verify._check_signature(verify.Findings(), head, key, "") for key in (log, witness)]

    def test_malformed_keys(self) -> None:
        good = LOG.vkey
        name, key_id, material = good.split("+", 2)
        bad = {
            "empty": "",
            "no parts": name,
            "no name": f"+{key_id}+{material}",
            "a space in the name": f"a b+{key_id}+{material}",
            "another name": f"x{good}",
            "upper case": f"{name}+{key_id.upper()}A+{material}"[: len(good)],
            "short ID": f"{name}+{key_id[1:]}+{material}",
            "other ID": f"{name}+{'0' * 8}+{material}",
            "no padding": good.rstrip("=") if good.endswith("=") else f"{good}=",
            "a newline": f"{good}\n",
            "short key": f"{name}+{key_id}+{b64(base64.b64decode(material)[:-1])}",
            "another type": WITNESS.vkey,
            "another public key": f"{name}+{key_id}+{b64(flip(base64.b64decode(material), 77))}",
        }
        for why, text in bad.items():
            with self.subTest(why), self.assertRaises(verify.Malformed):
                verify.parse_key(text, verify.KEY_TYPE_LOG)

    def test_malformed_notes(self) -> None:
        text = head_text([])
        line = LOG.line(text)
        good = note(text, line)
        bad = {
            "empty": b"",
            "no signature": f"{text}\n".encode(),
            "no empty line": (text + line).encode(),
            "no last newline": good[:-1],
            "text after": good + b"x\n",
            "an empty line after": good + b"\n",
            "a carriage return": good.replace(b"\n", b"\r\n"),
            "a control character": good.replace(b"hive", b"hi\x01e"),
            "not UTF-8": good.replace(b"hive", b"hi\xffe"),
            "a hyphen": good.replace("\u2014".encode(), b"-"),
            "two spaces": good.replace("\u2014 ".encode(), "\u2014  ".encode()),
            "base64 with a newline": good[:-9] + b"\n" + good[-9:],
            "base64 with unused bits": note(text, signature_line("x", b"1234", b"5")).replace(b"NDU=", b"NDV="),
            "only a key ID": note(text, signature_line("x", b"1234", b"")),
        }
        verify.parse_note(good)
        for why, data in bad.items():
            with self.subTest(why), self.assertRaises(verify.Malformed):
                verify.parse_note(data)

    def test_malformed_checkpoints(self) -> None:
        root = b64(bytes(32))
        bad = {
            "two lines": f"{ORIGIN}\n1\n",
            "no origin": f"\n1\n{root}\n",
            "leading zero": f"{ORIGIN}\n01\n{root}\n",
            "a sign": f"{ORIGIN}\n+1\n{root}\n",
            "other digits": f"{ORIGIN}\n\u0661\n{root}\n",
            "too large": f"{ORIGIN}\n{2**63}\n{root}\n",
            "many digits": f"{ORIGIN}\n{'1' * 5000}\n{root}\n",
            "short root": f"{ORIGIN}\n1\n{b64(bytes(31))}\n",
            "no base64": f"{ORIGIN}\n1\n{root[:-1]}\n",
            "unused bits": f"{ORIGIN}\n1\n{root[:-2]}B=\n",
            "an empty line": f"{ORIGIN}\n1\n{root}\n\nx\n",
        }
        for why, text in bad.items():
            with self.subTest(why), self.assertRaises(verify.Malformed):
                verify.parse_checkpoint(note(text, LOG.line(text)))
        for text in (f"{ORIGIN}\n{2**63 - 1}\n{root}\n", f"{ORIGIN}\n0\n{root}\nextension\n"):
            verify.parse_checkpoint(note(text, LOG.line(text)))

    def test_signature_limit(self) -> None:
        text, line = "text\n", signature_line("x", b"1234", b"5")
        self.assertEqual(len(verify.parse_note(note(text, line * 100))[1]), 100)
        with self.assertRaises(verify.Malformed):
            verify.parse_note(note(text, line * 101))

    def test_tile_paths(self) -> None:
        self.assertEqual(doctest.testmod(verify).failed, 0)
        for index in (0, 7, 999, 1000, 1234067, 999_999, 1_000_000, 10**12 + 5):
            self.assertEqual(verify.tile_path(2, index), tile_name(2, index))


# --- Whole packs ------------------------------------------------------------------------------------------------------


class GoodPackTest(PackCase):
    def test_sizes(self) -> None:
        for size in (0, 2, 511, 512, 513, 65_536, *SIZES):
            with self.subTest(size=size):
                pack = self.pack(records(size), name=str(size))
                report = self.assertFine(pack)
                self.assertEqual(report["root"], b64(mth([leaf(each) for each in pack.entries])))
                self.assertEqual((report["size"], report["origin"], report["key_from"]), (size, ORIGIN, "pack"))
                self.assertEqual((report["signed_by"], report["key_id"]), (ORIGIN, LOG.key_id.hex()))
                self.assertEqual(self.assertFine(pack, key=f"{LOG.vkey}\n")["key_from"], "option")

    def test_older_checkpoints_of_every_kind(self) -> None:
        entries = records(1000)
        pack = self.pack(entries)
        for size in (0, 1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 769, 999, 1000):
            with self.subTest(size=size):
                older = self.file("older", signed_head(entries[:size]))
                self.assertEqual(self.assertFine(pack, checkpoint=older)["continues"], size)

    def test_older_checkpoints_of_a_large_log(self) -> None:
        entries = records(70_000)
        pack = self.pack(entries)
        for size in (255, 65_535, 65_536, 65_537, 69_999):
            with self.subTest(size=size):
                older = self.file("older", signed_head(entries[:size]))
                self.assertEqual(self.assertFine(pack, checkpoint=older, parse=False)["continues"], size)

    def test_checkpoint_behind_the_files(self) -> None:
        """The log went on growing: tiles are full or wider than the checkpoint needs, and what follows is ignored."""
        entries = records(700)
        for size, grown in [(1, 2), (100, 256), (255, 700), (256, 257), (257, 300), (600, 700), (512, 700), (0, 5)]:
            with self.subTest(size=size, grown=grown):
                pack = self.pack(entries[:grown], name=f"{size}-{grown}")
                pack.put("checkpoint", signed_head(entries[:size]))
                self.assertFine(pack)

    def test_files_that_grow_in_place(self) -> None:
        """Partial tiles under the full name, with a torn end."""
        pack = self.pack(records(300))
        for name in ("tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"):
            pack.put(name, None)
            pack.put(name.split(".")[0], pack.files[name] + b"torn")
        report = self.assertFine(pack)
        self.assertEqual(len(report["notes"]), 3)

    def test_the_narrowest_file_is_taken(self) -> None:
        pack = self.pack(records(300))
        pack.put("tile/0/001.p/60", bytes(60 * 32))
        pack.put("tile/0/001", bytes(8192))
        pack.put("tile/0/001.p/x", b"")
        self.assertFine(pack)
        pack.put("tile/0/001.p/44", None)
        self.assertFinds(pack, "record differs from its leaf hash")
        pack.put("tile/0/001", None)
        pack.put("tile/0/001.p/43", bytes(43 * 32))
        self.assertFinds(pack, "record differs from its leaf hash")
        shutil.rmtree(pack.path / "tile/0/001.p")
        pack.put("tile/0/001.p", b"no folder")
        self.assertFinds(pack, "missing")
        pack.put("tile/0/001", pack.files["tile/0/001.p/44"])
        self.assertFine(pack)

    def test_order_of_file_names(self) -> None:
        pack = self.pack(records(300))
        for width in (200, 60, 255, 43, 7):
            pack.put(f"tile/0/001.p/{width}", b"")
        names = list(verify._tile_names(str(pack.path), "tile/0/001", 44))
        wanted = [".p/44", "", ".p/60", ".p/200", ".p/255"]
        self.assertEqual(names, [f"tile/0/001{suffix}" for suffix in wanted])
        self.assertEqual(list(verify._tile_names(str(pack.path), "tile/0/001", 256)), ["tile/0/001"])

    def test_links(self) -> None:
        pack = self.pack(records(300))
        (self.folder / "link").symlink_to(pack.path)
        (pack.path / "tile").rename(self.folder / "elsewhere")
        (pack.path / "tile").symlink_to(self.folder / "elsewhere")
        self.assertTrue(verify.verify_pack(self.folder / "link")["ok"])

    def test_largest_entries(self) -> None:
        padded = b'{"seq":1,"text":"' + b"x" * (65_535 - 19) + b'"}'
        self.assertEqual(len(padded), 65_535)
        self.assertFine(self.pack([padded, b'{"seq":2}']))

    def test_empty_entries_without_parsing(self) -> None:
        self.assertFine(self.pack([b""] * 257), parse=False)

    def test_memory_is_bounded(self) -> None:
        entries = [b'{"seq":%d,"text":"%s"}' % (at, b"x" * 20_000) for at in range(600)]
        pack = self.pack(entries)
        tracemalloc.start()
        self.assertFine(pack)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertLess(peak, 500_000)  # of 12,000,000 in the bundles

    def test_extension_lines_are_signed(self) -> None:
        entries = records(5)
        pack = self.pack(entries)
        text = head_text(entries) + "extension\n"
        pack.put("checkpoint", note(text, LOG.line(text)))
        self.assertFine(pack)
        pack.put("checkpoint", note(text.replace("extension", "Extension"), LOG.line(text)))
        self.assertFinds(pack, "not validly signed")


class TamperTest(PackCase):
    """Each kind of tampering with packs of each size; what was changed is put back after each."""

    base: Path
    packs: dict[int, Pack]

    @classmethod
    def setUpClass(cls) -> None:
        cls.base = Path(tempfile.mkdtemp(prefix="cohesix-verify-"))
        cls.packs = {size: Pack.write(cls.base / str(size), records(size)) for size in (0, *SIZES)}

    @classmethod
    def tearDownClass(cls) -> None:
        shutil.rmtree(cls.base)

    def each(self, sizes: Sequence[int] = SIZES) -> Iterator[tuple[int, Pack]]:
        for size in sizes:
            with self.subTest(size=size):
                yield size, self.packs[size]

    def places(self, size: int) -> list[int]:
        """Records at the edges of the log and of its bundles, and one at random."""
        chance = random.Random(SEED + size)
        places = {0, size // 2, size - 1, chance.randrange(size), 255, 256, 65_535, 65_536}
        return sorted(place for place in places if place < size)[:: 1 if size < 1000 else 2]

    def assertTampered(self, pack: Pack, changes: Mapping[str, bytes | None], *wanted: str) -> dict[str, Any]:
        with pack.changed(changes):
            return self.assertFinds(pack, *wanted, parse=False)

    def test_flipped_bit_in_an_entry(self) -> None:
        for size, pack in self.each():
            for record in self.places(size):
                near = pack.neighbours(record)
                near[record % 256] = flip(near[record % 256], 60)
                changes = pack.with_bundle(record, near)
                report = self.assertTampered(pack, changes, "record differs from its leaf hash")
                (finding,) = report["findings"]
                self.assertEqual(finding["where"], f"record {record} in {tile_name('entries', record // 256)}")
                self.assertEqual(finding["expected"], leaf(pack.entries[record]).hex())
                self.assertEqual(finding["found"], leaf(near[record % 256]).hex())

    def test_flipped_bit_in_each_tile_level(self) -> None:
        for _, pack in self.each():
            names = sorted(name for name in pack.files if name.startswith("tile/") and "entries" not in name)
            chosen = [name for name in names if name.split("/")[1] != "0"] + [names[0], names[len(names) // 2]]
            for name in chosen:
                for bit in (0, 8 * len(pack.files[name]) - 1):
                    report = self.assertTampered(pack, {name: flip(pack.files[name], bit)})
                    paths = " ".join(finding["where"] for finding in report["findings"])
                    if name.startswith("tile/0/"):
                        self.assertIn("record differs from its leaf hash", kinds(report))
                    else:
                        self.assertIn("tile hash differs from the tile below", kinds(report))
                        self.assertIn(name.split(".")[0], paths)

    def test_entry_and_its_leaf_hash(self) -> None:
        """A forger who keeps the leaf hash in step fails one level up, or at the root."""
        for size, pack in self.each():
            near = pack.neighbours(0)
            near[0] = b'{"seq":1,"forged":true}'
            tile = next(name for name in pack.files if name.startswith("tile/0/000"))
            changes = {**pack.with_bundle(0, near), tile: b"".join(leaf(each) for each in near)}
            wanted = "root differs from checkpoint" if size < 256 else "tile hash differs from the tile below"
            self.assertTampered(pack, changes, wanted)

    def test_all_tiles_in_step(self) -> None:
        for size, pack in self.each():
            forged = [*pack.entries[:-1], b'{"seq":999999,"forged":true}']
            report = self.assertTampered(pack, tile_files(forged), "root differs from checkpoint")
            (finding,) = report["findings"]
            self.assertEqual(finding["found"], b64(mth([leaf(each) for each in forged])), size)

    def test_root(self) -> None:
        for size, pack in self.each((0, *SIZES)):
            text = head_text(pack.entries)
            root = b64(bytes(31) + b"\x01")
            forged = text.replace(text.split("\n")[2], root)
            unsigned = note(forged, LOG.line(text))
            report = self.assertTampered(pack, {"checkpoint": unsigned}, "root differs from checkpoint")
            self.assertIn("not validly signed", kinds(report))
            self.assertEqual(report["findings"][-1]["expected"], root)
            signed = note(forged, LOG.line(forged))
            report = self.assertTampered(pack, {"checkpoint": signed}, "root differs from checkpoint")
            self.assertEqual(kinds(report), {"root differs from checkpoint"}, size)

    def test_size(self) -> None:
        for size, pack in self.each((0, *SIZES)):
            text = head_text(pack.entries)
            for other in {size + 1, max(0, size - 1)} - {size}:
                forged = text.replace(f"\n{size}\n", f"\n{other}\n")
                self.assertTampered(pack, {"checkpoint": note(forged, LOG.line(forged))})
                self.assertTampered(pack, {"checkpoint": note(forged, LOG.line(text))}, "not validly signed")

    def test_dropped_entry(self) -> None:
        for size, pack in self.each():
            for record in self.places(size):
                near = pack.neighbours(record)
                del near[record % 256]
                report = self.assertTampered(pack, pack.with_bundle(record, near), "bundle is cut off")
                is_last = record % 256 == len(near)
                self.assertEqual("record differs from its leaf hash" in kinds(report), not is_last)

    def test_duplicated_entry(self) -> None:
        for size, pack in self.each():
            for record in self.places(size):
                near = pack.neighbours(record)
                near.insert(record % 256, near[record % 256])
                changes = pack.with_bundle(record, near)
                is_after_the_end = record == size - 1 and size % 256 != 0
                if is_after_the_end:  # the same as a log that went on growing: all records of the checkpoint are there
                    with pack.changed(changes):
                        self.assertIn("goes on", self.assertFine(pack, parse=False)["notes"][0])
                else:
                    self.assertTampered(pack, changes)
            if size > 1:
                near = pack.neighbours(0)
                near[1] = near[0]
                self.assertTampered(pack, pack.with_bundle(0, near), "record differs from its leaf hash")

    def test_swapped_entries(self) -> None:
        for size, pack in self.each(SIZES[1:]):
            near = pack.neighbours(0)
            near[3], near[4] = near[4], near[3]
            report = self.assertTampered(pack, pack.with_bundle(0, near), "record differs from its leaf hash")
            self.assertTrue(report["findings"][0]["where"].startswith("record 3 "), size)
            if size > 256:
                first, last = pack.neighbours(0), pack.neighbours(size - 1)
                first[0], last[-1] = last[-1], first[0]
                changes = {**pack.with_bundle(0, first), **pack.with_bundle(size - 1, last)}
                report = self.assertTampered(pack, changes, "record differs from its leaf hash")
                self.assertEqual(len(report["findings"]), 2)

    def test_swapped_bundles_and_tiles(self) -> None:
        for size, pack in self.each(SIZES[3:]):
            for first, last in ((0, size - 1), (0, 256)):
                names = pack.bundle_of(first), pack.bundle_of(last)
                self.assertTampered(pack, {names[0]: pack.files[names[1]], names[1]: pack.files[names[0]]})
                tiles = [name.replace("entries", "0") for name in names]
                self.assertTampered(pack, {tiles[0]: pack.files[tiles[1]], tiles[1]: pack.files[tiles[0]]})
                both = dict(zip((*names, *tiles), (*reversed(names), *reversed(tiles)), strict=True))
                self.assertTampered(pack, {name: pack.files[other] for name, other in both.items()})

    def test_truncated_bundle(self) -> None:
        for size, pack in self.each():
            for record in self.places(size):
                name = pack.bundle_of(record)
                data = pack.files[name]
                for cut in (data[:-1], data[: len(data) // 2], data[:1], b""):
                    self.assertTampered(pack, {name: cut}, "bundle is cut off")

    def test_truncated_and_missing_files(self) -> None:
        for size, pack in self.each():
            names = [name for name in pack.files if name.startswith("tile/")]
            chosen = {name for name in names if name.split("/")[1] in "123"} | {names[0], names[1], names[-1]}
            for name in chosen:
                self.assertTampered(pack, {name: None}, "missing")
                if "entries" not in name:
                    self.assertTampered(pack, {name: pack.files[name][:-1]}, "tile is cut off")
            tile = pack.bundle_of(size - 1).replace("entries", "0")
            report = self.assertTampered(pack, {pack.bundle_of(size - 1): None, tile: None}, "missing")
            self.assertIn("stopped at record", report["notes"][0])

    def test_longer_full_files(self) -> None:
        for _, pack in self.each(SIZES[2:]):
            for name in ("tile/entries/000", "tile/0/000"):
                self.assertTampered(pack, {name: pack.files[name] + b"\0"}, "longer than a full tile")

    def test_replaced_signature(self) -> None:
        for _, pack in self.each((0, *SIZES)):
            text = head_text(pack.entries)
            stolen = signature_line(LOG.name, LOG.key_id, OTHER.sign(text.encode()))
            self.assertTampered(pack, {"checkpoint": note(text, stolen)}, "not validly signed")
            for bit in (40, 32 + 8 * 33, 32 + 511):
                blob = flip(LOG.key_id + LOG.sign(text.encode()), bit)
                line = signature_line(LOG.name, blob[:4], blob[4:])
                self.assertTampered(pack, {"checkpoint": note(text, line)}, "not validly signed")
            short = signature_line(LOG.name, LOG.key_id, LOG.sign(text.encode())[:-1])
            self.assertTampered(pack, {"checkpoint": note(text, short)}, "not validly signed")
            both = note(text, LOG.line(text), stolen)
            self.assertTampered(pack, {"checkpoint": both}, "not validly signed")

    def test_other_key(self) -> None:
        for _, pack in self.each((0, *SIZES)):
            text = head_text(pack.entries)
            self.assertTampered(pack, {"checkpoint": note(text, OTHER.line(text))}, "not signed by the key")
            self.assertTampered(pack, {"key": f"{OTHER.vkey}\n".encode()}, "not signed by the key")
            self.assertTampered(pack, {"key": b"nonsense"}, "malformed key")
            report = self.assertFinds(pack, "not signed by the key", key=OTHER.vkey, parse=False)
            self.assertEqual(report["findings"][0]["expected"], f"{ORIGIN} key {OTHER.key_id.hex()}")
            forged = {"checkpoint": note(text, OTHER.line(text)), "key": f"{OTHER.vkey}\n".encode()}
            with pack.changed(forged):  # consistent, so only a key from elsewhere shows it
                self.assertFine(pack, parse=False)
                self.assertFinds(pack, "not signed by the key", key=LOG.vkey, parse=False)

    def test_rolled_back(self) -> None:
        for size, pack in self.each():
            newer = self.file("newer", pack.files["checkpoint"])
            for older in {0, 1, size // 2, size - 1} - {size}:
                with pack.changed({"checkpoint": signed_head(pack.entries[:older])}):
                    self.assertFine(pack, parse=False)
                    report = self.assertFinds(pack, "rolled back", checkpoint=newer, parse=False)
                    self.assertEqual(kinds(report), {"rolled back"})
                    self.assertIsNone(report["continues"])

    def test_rewritten_history(self) -> None:
        """A log that signs another past: consistent in itself, refused beside the older checkpoint."""
        for size in SIZES[:4]:
            with self.subTest(size=size):
                entries = records(size)
                forged = self.pack([b'{"seq":1,"forged":true}', *entries[1:]], name=f"forged-{size}")
                self.assertFine(forged)
                for old in {1, size // 2, size - 1, size} - {0}:
                    older = self.file("older", signed_head(entries[:old]))
                    report = self.assertFinds(forged, "history was rewritten", checkpoint=older)
                    self.assertEqual(report["findings"][0]["expected"], b64(mth([leaf(e) for e in entries[:old]])))

    def test_older_checkpoint_itself(self) -> None:
        pack = self.packs[257]
        entries, text = pack.entries[:100], head_text(pack.entries[:100])
        stolen = signature_line(LOG.name, LOG.key_id, OTHER.sign(text.encode()))
        for data, wanted in [
            (signed_head(entries, OTHER), "not signed by the key"),
            (note(text, stolen), "not validly signed"),
            (signed_head(entries, origin="log.example/other"), "another log"),
        ]:
            with self.subTest(wanted):
                report = self.assertFinds(pack, wanted, checkpoint=self.file("older", data))
                self.assertEqual((kinds(report), report["continues"]), ({wanted}, None))

    def test_fork_of_one_size_without_its_files(self) -> None:
        pack = self.packs[257]
        older = self.file("older", signed_head([b"{}", *pack.entries[1:]]))
        with pack.changed({name: None for name in pack.files if name.startswith("tile/")}):
            self.assertFinds(pack, "history was rewritten", "missing", checkpoint=older)

    def test_random_flips(self) -> None:
        """Any one bit of any file that a pack of 257 records needs."""
        pack = self.packs[257]
        chance = random.Random(SEED)
        names = sorted(pack.files)
        for _ in range(300):
            name = chance.choice(names)
            bit = chance.randrange(8 * len(pack.files[name]))
            with self.subTest(name=name, bit=bit, seed=SEED):
                self.assertTampered(pack, {name: flip(pack.files[name], bit)})

    def test_every_flip_of_a_small_checkpoint_and_key(self) -> None:
        pack = self.packs[1]
        for name in ("checkpoint", "key"):
            for bit in range(8 * len(pack.files[name])):
                with self.subTest(name=name, bit=bit):
                    self.assertTampered(pack, {name: flip(pack.files[name], bit)})


class WitnessTest(PackCase):
    def test_cosigned(self) -> None:
        pack = self.pack(records(3), LOG, WITNESS)
        report = self.assertFine(pack, witnesses=[WITNESS.vkey])
        wanted = {"name": WITNESS.name, "key_id": WITNESS.key_id.hex(), "time": TIME, "size": 3}
        self.assertEqual(report["witnesses"], [wanted])
        self.assertIn("not checked", self.assertFine(pack)["notes"][0])

    def test_not_cosigned(self) -> None:
        other = Signer(WITNESS.name, b"o" * 32, kind=4)
        pack = self.pack(records(3), LOG, WITNESS)
        self.assertFinds(pack, "not cosigned by the key", witnesses=[other.vkey])
        report = self.assertFinds(pack, "not cosigned by the key", witnesses=[WITNESS.vkey, other.vkey])
        self.assertEqual(len(report["witnesses"]), 1)
        self.assertFinds(self.pack(records(3), name="plain"), "not cosigned by the key", witnesses=[WITNESS.vkey])

    def test_bad_cosignatures(self) -> None:
        pack = self.pack(records(3))
        text = head_text(pack.entries)
        signed = WITNESS.sign(f"cosignature/v1\ntime {TIME}\n{text}".encode())
        late = 2**63
        bad = {
            "another time": (TIME + 1).to_bytes(8, "big") + signed,
            "without header": TIME.to_bytes(8, "big") + WITNESS.sign(text.encode()),
            "as a log": WITNESS.sign(text.encode()),
            "short": TIME.to_bytes(8, "big") + signed[:-1],
            "time out of range": late.to_bytes(8, "big")
            + WITNESS.sign(f"cosignature/v1\ntime {late}\n{text}".encode()),
            "another text": TIME.to_bytes(8, "big") + WITNESS.sign(f"cosignature/v1\ntime {TIME}\n{text}x\n".encode()),
        }
        for why, blob in bad.items():
            with self.subTest(why):
                line = signature_line(WITNESS.name, WITNESS.key_id, blob)
                pack.put("checkpoint", note(text, LOG.line(text), line))
                self.assertFinds(pack, "not validly cosigned", witnesses=[WITNESS.vkey])
                self.assertFine(pack)  # signatures of unknown keys are ignored

    def test_latest_time(self) -> None:
        pack = self.pack(records(3))
        text = head_text(pack.entries)
        lines = (LOG.line(text), WITNESS.line(text, 5), WITNESS.line(text, 2**63 - 1), WITNESS.line(text, 0))
        pack.put("checkpoint", note(text, *lines))
        report = self.assertFine(pack, witnesses=[WITNESS.vkey])
        self.assertEqual(report["witnesses"][0]["time"], 2**63 - 1)
        self.assertIn("s after 1970", "\n".join(verify.report_lines(report)))


    def test_cosigned_of_an_earlier_size(self) -> None:
        entries = records(600)
        pack = self.pack(entries)
        for size in (1, 255, 256, 257, 600):
            pack.put("cosigned", signed_head(entries[:size], LOG, WITNESS))
            with self.subTest(size=size):
                report = self.assertFine(pack, witnesses=[WITNESS.vkey])
                self.assertEqual([each["size"] for each in report["witnesses"]], [size])
                self.assertIsNone(report["continues"])
        pack.put("cosigned", b"")
        self.assertFine(pack)

    def test_the_larger_of_two_cosigned_sizes_is_told(self) -> None:
        entries = records(9)
        pack = self.pack(entries, LOG, WITNESS)
        pack.put("cosigned", signed_head(entries[:4], LOG, WITNESS))
        self.assertEqual(self.assertFine(pack, witnesses=[WITNESS.vkey])["witnesses"][0]["size"], 9)

    def test_cosigned_is_history(self) -> None:
        entries = records(20)
        other = [b"{}", *entries[1:]]
        pack = self.pack(entries[:15])
        for wanted, data in [
            ("rolled back", signed_head(entries, LOG, WITNESS)),
            ("history was rewritten", signed_head(other[:10], LOG, WITNESS)),
            ("history was rewritten", signed_head(other[:15], LOG, WITNESS)),
            ("another log", signed_head(entries[:10], LOG, origin="elsewhere")),
            ("not signed by the key", signed_head(entries[:10], WITNESS)),
            ("malformed checkpoint", b"x"),
        ]:
            with self.subTest(wanted):
                pack.put("cosigned", data)
                self.assertFinds(pack, wanted)

    def test_flips_of_a_cosigned_checkpoint(self) -> None:
        entries = records(5)
        pack = self.pack(entries)
        data = signed_head(entries[:3], LOG, WITNESS)
        for bit in range(0, 8 * len(data), FLIP_STEP):
            pack.put("cosigned", flip(data, bit))
            with self.subTest(bit=bit):
                self.assertFalse(verify.verify_pack(pack.path, witnesses=[WITNESS.vkey])["ok"])

    def test_an_older_checkpoint_named_cosigned_is_checked(self) -> None:
        entries = records(5)
        pack = self.pack(entries)
        folder = os.getcwd()
        self.addCleanup(os.chdir, folder)
        os.chdir(self.folder)
        self.file("cosigned", signed_head(entries[:3], OTHER))
        self.assertFinds(pack, "not signed by the key", checkpoint="cosigned")


def proof_text(entries: Sequence[bytes], index: int, *signers: Signer, extra: bytes | None = None) -> bytes:
    """A proof by the definition of tlog-proof; `extra`: another record than the right one."""
    lines = [f"extra {b64(entries[index] if extra is None else extra)}", f"index {index}"]
    lines += [b64(each) for each in inclusion_path(index, [leaf(entry) for entry in entries])]
    return "\n".join(["c2sp.org/tlog-proof@v1", *lines, "", ""]).encode() + signed_head(entries, *signers)


class ProofTest(PackCase):
    def check(self, data: bytes, *witnesses: Signer) -> dict[str, Any]:
        path = self.file("proof", data)
        return verify.verify_proof(path, LOG.vkey, [each.vkey for each in witnesses])

    def assertRefuted(self, data: bytes, *wanted: str) -> None:
        report = self.check(data)
        self.assertEqual((report["ok"], report["body"], report["record"]), (False, None, None))
        self.assertLessEqual(set(wanted), kinds(report), report["findings"])

    def test_every_record(self) -> None:
        for size in (1, 2, 3, 7, 8, 9, 300):
            entries = records(size)
            for index in {0, 1, size // 2, size - 1} & set(range(size)):
                with self.subTest(size=size, index=index):
                    report = self.check(proof_text(entries, index, LOG, WITNESS), WITNESS)
                    self.assertEqual(report["findings"], [])
                    found = (report["ok"], report["record"], report["size"], report["body"])
                    self.assertEqual(found, (True, index + 1, size, entries[index].decode()))
                    self.assertEqual(report["witnesses"][0]["size"], size)

    def test_wrong_claims(self) -> None:
        entries = records(20)
        good = proof_text(entries, 5)
        self.assertTrue(self.check(good)["ok"])
        missing = "record is not in the signed tree"
        self.assertRefuted(proof_text(entries, 5, extra=entries[6]), missing)
        self.assertRefuted(good.replace(b"index 5\n", b"index 6\n"), missing)
        self.assertRefuted(good.replace(b"index 5\n", b"index 20\n"), missing)
        lines = good.split(b"\n")
        self.assertRefuted(b"\n".join(lines[:3] + lines[4:]), missing)
        self.assertRefuted(b"\n".join(lines[:3] + lines[3:4] + lines[3:]), missing)
        self.assertRefuted(b"\n".join(lines[:1] + lines[2:]), "no record in the proof")
        self.assertRefuted(proof_text(entries, 5, OTHER), "not signed by the key")
        self.assertEqual(kinds(self.check(good, WITNESS)), {"not cosigned by the key"})

    def test_malformed(self) -> None:
        good = proof_text(records(20), 5)
        lines = good.split(b"\n")
        for why, data in {
            "header": good.replace(b"@v1", b"@v2"),
            "zero": good.replace(b"index 5", b"index 05"),
            "no index": b"\n".join(lines[:2] + lines[3:]),
            "order": b"\n".join([lines[0], lines[2], lines[1], *lines[3:]]),
            "hash": good.replace(lines[3], lines[3][:-4]),
            "empty extra": good.replace(lines[1], b"extra "),
            "too many": good.replace(lines[3], b"\n".join([lines[3]] * 64)),
            "no checkpoint": b"\n".join(lines[:8]),
            "no UTF-8": good.replace(b"index", b"\xff"),
            "nothing": b"",
        }.items():
            with self.subTest(why):
                self.assertRefuted(data, "malformed proof")

    def test_flips(self) -> None:
        data = proof_text(records(6), 4, LOG, WITNESS)
        for bit in range(0, 8 * len(data), FLIP_STEP):
            with self.subTest(bit=bit):
                self.assertFalse(self.check(flip(data, bit), WITNESS)["ok"])

    def test_what_is_no_proof_or_key(self) -> None:
        path = self.file("proof", proof_text(records(3), 1))
        for where, key, witnesses in [("none", LOG.vkey, []), (path, "x", []), (path, LOG.vkey, [LOG.vkey])]:
            with self.assertRaises(verify.NotAPack):
                verify.verify_proof(where, key, witnesses)
        with self.assertRaises(verify.NotAPack):
            self.check(b"x" * (verify.PROOF_SIZE_MAX + 1))


class RecordTest(PackCase):
    def findings(self, *entries: bytes) -> list[tuple[str, str]]:
        shutil.rmtree(self.folder / "pack", ignore_errors=True)
        report = verify.verify_pack(self.pack(list(entries)).path)
        self.assertTrue(verify.verify_pack(self.folder / "pack", parse=False)["ok"])
        return [(finding["what"], finding["where"]) for finding in report["findings"]]

    def test_good_records(self) -> None:
        self.assertEqual(self.findings(b'{"seq":5}', b"{}", b' {"seq": 6 } ', '{"é":"😀"}'.encode()), [])
        self.assertEqual(self.findings(b'{"seq":-1}', b'{"seq":0}', b'{"seq":%d}' % 2**70), [])

    def test_not_objects(self) -> None:
        for entry in (
            b"",
            b"{",
            b"[]",
            b"1",
            b"null",
            b'"x"',
            b"{}{}",
            b"{} x",
            b"{}\n",
            b'{"a":\n1}',
            b"{'a':1}",
            b'{"a":NaN}',
            b'{"a":-Infinity}',
            b'{"a":"\xff"}',
            b"\xef\xbb\xbf{}",
            '{"a":1}'.encode("utf-16"),
            b"[" * 60_000,
            b'{"a":' * 10_000,
            b'{"seq":' + b"1" * 5_000 + b"}",
        ):
            with self.subTest(entry[:20]):
                self.assertEqual(self.findings(b'{"seq":1}', entry), [("not a JSON object", "record 1")])

    def test_sequence(self) -> None:
        for entries, wanted in [
            ((b'{"seq":1}', b'{"seq":1}'), [("seq does not increase", "record 1")]),
            ((b'{"seq":2}', b"{}", b'{"seq":1}'), [("seq does not increase", "record 2")]),
            ((b'{"seq":1}', b'{"seq":9}', b'{"seq":3}', b'{"seq":4}'), [("seq does not increase", "record 2")]),
            ((b'{"seq":"1"}',), [("seq is not an integer", "record 0")]),
            ((b'{"seq":1.0}',), [("seq is not an integer", "record 0")]),
            ((b'{"seq":true}',), [("seq is not an integer", "record 0")]),
            ((b'{"seq":null}', b'{"seq":[]}'), [("seq is not an integer", f"record {at}") for at in (0, 1)]),
        ]:
            with self.subTest(entries):
                self.assertEqual(self.findings(*entries), wanted)

    def test_sequence_across_bundles(self) -> None:
        entries = records(300)
        entries[256] = entries[255]
        self.assertEqual(self.findings(*entries), [("seq does not increase", "record 256")])

    def test_findings_are_limited(self) -> None:
        for count, left_out in ((8, 0), (9, 1), (1000, 992)):
            pack = self.pack([b"x"] * count, name=str(count))
            report = self.assertFinds(pack, "not a JSON object")
            self.assertEqual((len(report["findings"]), report["findings_left_out"]), (min(count, 8), left_out))

    def test_excerpts_are_short(self) -> None:
        report = self.assertFinds(self.pack([b"x" * 60_000]), "not a JSON object")
        self.assertLess(len(json.dumps(report)), 1_500)


class InputTest(PackCase):
    """What is no pack, and files that are not what they should be."""

    def assertNotAPack(self, path: Path, **options: Any) -> None:
        with self.assertRaises(verify.NotAPack):
            verify.verify_pack(path, **options)

    def test_no_pack(self) -> None:
        self.assertNotAPack(self.folder / "none")
        self.assertNotAPack(self.folder)
        self.assertNotAPack(self.file("file", b""))
        pack = self.pack(records(1))
        pack.put("key", None)
        self.assertNotAPack(pack.path)
        self.assertFine(pack, key=LOG.vkey)
        pack.put("checkpoint", None)
        self.assertNotAPack(pack.path, key=LOG.vkey)
        (pack.path / "checkpoint").mkdir()
        self.assertNotAPack(pack.path, key=LOG.vkey)

    def test_options_that_do_not_parse(self) -> None:
        pack = self.pack(records(1))
        self.assertNotAPack(pack.path, key="x")
        self.assertNotAPack(pack.path, key=WITNESS.vkey)
        self.assertNotAPack(pack.path, witnesses=[LOG.vkey])
        self.assertNotAPack(pack.path, checkpoint=self.folder / "none")
        self.assertNotAPack(pack.path, checkpoint=self.file("older", b"x"))

    def test_note_size(self) -> None:
        pack = self.pack(records(1))
        text = head_text(pack.entries)
        line = LOG.line(text)
        for size in (1_000_000, 1_000_001):
            filler = "x" * (size - len(note(text, line)) - 1) + "\n"
            data = note(text + filler, LOG.line(text + filler))
            self.assertEqual(len(data), size)
            pack.put("checkpoint", data)
            if size <= verify.NOTE_SIZE_MAX:
                self.assertFine(pack)
            else:
                self.assertNotAPack(pack.path)

    def test_malformed_checkpoint_is_a_finding(self) -> None:
        pack = self.pack(records(1))
        for data in (b"", b"x", b"\xff", b"\0" * 100):
            pack.put("checkpoint", data)
            report = self.assertFinds(pack, "malformed checkpoint")
            self.assertIsNone(report["size"])

    def test_huge_sizes_end_at_the_first_missing_tile(self) -> None:
        pack = self.pack(records(300))
        root = b64(bytes(32))
        for size in (2**63 - 1, 10**15, 512):
            text = f"{ORIGIN}\n{size}\n{root}\n"
            pack.put("checkpoint", note(text, LOG.line(text)))
            report = self.assertFinds(pack, "missing")
            self.assertIn("stopped at record 256", report["notes"][-1])

    def test_pipes_and_folders(self) -> None:
        pack = self.pack(records(300))
        for name in ("tile/0/000", "tile/entries/001.p/44", "tile/1/000.p/1"):
            for make in (os.mkfifo, os.mkdir):
                with self.subTest(name, make=make.__name__):
                    pack.put(name, None)
                    make(pack.path / name)
                    self.assertFinds(pack, "unreadable")
                    (os.rmdir if make is os.mkdir else os.unlink)(pack.path / name)
                    pack.put(name, pack.files[name])
        self.assertFine(pack)

    def test_read_errors(self) -> None:
        pack = self.pack(records(300))
        real = os.fdopen

        class Failing(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, _: Any) -> int:
                raise OSError(5, "Input/output error")

        def fail_later(descriptor: int, *arguments: Any, **options: Any) -> Any:
            opened.append(descriptor)
            if len(opened) <= 2:  # checkpoint and key; there is no `cosigned`
                return real(descriptor, *arguments, **options)
            os.close(descriptor)
            return io.BufferedReader(Failing())

        opened: list[int] = []
        with mock.patch("os.fdopen", fail_later):
            report = self.assertFinds(pack, "unreadable")
        self.assertIn("Input/output error", report["findings"][0]["found"])


class CommandTest(PackCase):
    def run_command(self, *arguments: str | Path, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        command = [sys.executable, str(COMMAND), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)

    def test_fine(self) -> None:
        entries = records(300)
        pack = self.pack(entries, LOG, WITNESS)
        older = self.file("older", signed_head(entries[:7]))
        done = self.run_command(pack.path, "--key", LOG.vkey, "--checkpoint", older, "--witness", WITNESS.vkey)
        root = b64(mth([leaf(entry) for entry in entries]))
        self.assertEqual(
            done.stdout.splitlines(),
            [
                f"ok  cosigned by {WITNESS.name} key {WITNESS.key_id.hex()} at 2023-11-14T22:13:20Z, 300 records",
                "ok  continues the older checkpoint of size 7",
                f"ok  records 300  root {root}  origin {ORIGIN}  signed by {ORIGIN} key {LOG.key_id.hex()}",
            ],
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_key_of_the_pack_is_told(self) -> None:
        done = self.run_command(self.pack(records(3)).path, "--no-parse")
        self.assertEqual(done.returncode, 0)
        self.assertIn("note  the key came with the pack", done.stdout)
        self.assertIn("note  the records were not parsed", done.stdout)

    def test_tampered(self) -> None:
        pack = self.pack(records(300))
        pack.put("tile/1/000.p/1", bytes(32))
        done = self.run_command(pack.path)
        self.assertEqual(done.returncode, 1)
        below = mth([leaf(entry) for entry in pack.entries[:256]]).hex()
        line = "bad  tile hash differs from the tile below: tile/1/000 hash 0, of tile/0/000"
        self.assertIn(f"{line}  expected {below}  found {'00' * 32}\n", done.stdout)
        self.assertIn("TAMPERED  2 findings  records 300", done.stdout)
        report = json.loads(self.run_command(pack.path, "--json").stdout)
        self.assertEqual({*report["findings"][0]}, {"what", "where", "expected", "found"})
        self.assertEqual((report["ok"], report["size"], report["key_from"]), (False, 300, "pack"))

    def test_json(self) -> None:
        pack = self.pack(records(3))
        done = self.run_command(pack.path, "--json", "--key", LOG.vkey)
        report = json.loads(done.stdout)
        self.assertEqual((report["ok"], report["origin"], report["findings"]), (True, ORIGIN, []))
        self.assertEqual(report, verify.verify_pack(pack.path, key=LOG.vkey))

    def test_proof(self) -> None:
        entries = records(9)
        path = self.file("p", proof_text(entries, 4))
        done = self.run_command("--proof", path, "--key", LOG.vkey)
        self.assertEqual(done.stdout.splitlines()[-2:], ["ok  record 5 of 9:", entries[4].decode()])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        path.write_bytes(proof_text(entries, 4, extra=b"ok  record 5 of 9:\nforged"))
        done = self.run_command("--proof", path, "--key", LOG.vkey)
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("forged", done.stdout)
        report = json.loads(self.run_command("--proof", path, "--key", LOG.vkey, "--json").stdout)
        self.assertEqual((report["ok"], report["record"]), (False, None))
        for arguments in (["--proof", path], ["--proof", path, path, "--key", LOG.vkey], ["--proof", "none", "--key", "x"]):
            self.assertEqual(self.run_command(*arguments).returncode, 2)

    def test_usage(self) -> None:
        for arguments in ([], [self.folder, "--nonsense"], [self.folder], [self.folder / "none"], ["a", "b"]):
            done = self.run_command(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertNotIn("Traceback", done.stderr)
        done = self.run_command(self.folder, "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["ok"]), (2, False))

    def test_hostile_names_are_escaped(self) -> None:
        for origin in ("ok  records 5", "a\u202eb", "\x7f", "\u2014\u00e9"):
            signer = Signer("s", bytes(32))
            pack = self.pack(records(1), name=str(abs(hash(origin))))
            text = head_text(pack.entries, origin)
            pack.put("checkpoint", note(text, signer.line(text)))
            done = self.run_command(pack.path, "--key", signer.vkey, encoding="ascii")
            self.assertEqual((done.returncode, done.stderr), (0, ""), origin)
            self.assertTrue(done.stdout.isascii() and done.stdout.rstrip("\n").isprintable())
            self.assertNotIn("origin ok  records", done.stdout)

    def test_nothing_of_ours_is_imported(self) -> None:
        """The file alone, elsewhere, without a path to anything else and without site packages."""
        alone = self.folder / "alone.py"
        shutil.copy(COMMAND, alone)
        pack = self.pack(records(3))
        command = [sys.executable, "-I", "-S", str(alone), str(pack.path)]
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
