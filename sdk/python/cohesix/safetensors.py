"""Weights in a file: the safetensors format (version 0.x, the README of its repository), checked before anything believes it.

    size[8] little-endian   header[size] JSON   data
    header: {"<tensor>": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__"?: {text: text}}

The tensors fill the data without holes and without overlapping, and no number in them is NaN or infinite.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

from .errors import CohesixError

HEADER_BYTES_MAX = 4 << 20
BYTES_OF = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip
EXPONENT = {
    "F16": ("H", 0x7C00), "BF16": ("H", 0x7F80), "F32": ("I", 0x7F800000), "F64": ("Q", 0x7FF0000000000000), "F8_E5M2": ("B", 0x7C),
}  # fmt: skip
"""Where the exponent of a float is: all ones there is NaN or infinite (IEEE 754)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a file of weights has in it."""

    tensors: int
    parameters: int


def check_safetensors(data: bytes) -> Weights:
    """Checks a whole file; `invalid-payload`: what is wrong, and with which tensor."""
    if data[:4] == b"PK\x03\x04":
        raise _wrong("it is a zip, as torch.save writes it, and loading that runs code; convert it to safetensors")
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and data[8:9] != b"{":
        raise _wrong("it is a pickle, and loading that runs code; convert it to safetensors")
    if len(data) < 8:
        raise _wrong("it is shorter than the size of its header")
    size = struct.unpack_from("<Q", data)[0]
    if size > HEADER_BYTES_MAX or size > len(data) - 8:
        raise _wrong(f"its header would have {size} bytes")
    body = memoryview(data)[8 + size :]
    tensors = _tensors(bytes(data[8 : 8 + size]))
    at = 0
    for begin, end, name, dtype in tensors:
        if begin != at:
            raise _wrong(f"tensor {name!r} begins at {begin}, and the one before it ends at {at}")
        at = end
    if at != len(body):
        raise _wrong(f"its tensors have {at} bytes, and the file {len(body)}")
    for begin, end, name, dtype in tensors:
        _finite(name, dtype, body[begin:end])
    return Weights(len(tensors), sum((end - begin) // BYTES_OF[dtype] for begin, end, _, dtype in tensors))


def _tensors(header: bytes) -> list[tuple[int, int, str, str]]:
    try:
        value = json.loads(header.decode("utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _wrong("its header is no JSON object")
    tensors = [_tensor(name[:80], about) for name, about in value.items() if name != "__metadata__"]
    if not tensors:
        raise _wrong("it has no tensor")
    return sorted(tensors)


def _tensor(name: str, about: Any) -> tuple[int, int, str, str]:
    fields = about if isinstance(about, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in BYTES_OF:
        raise _wrong(f"tensor {name!r} has no known dtype")
    if not isinstance(shape, list) or not all(_is_count(one) for one in shape):
        raise _wrong(f"tensor {name!r} has no shape")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_is_count(one) for one in offsets):
        raise _wrong(f"tensor {name!r} has no place")
    begin, end = offsets
    wanted = math.prod(shape) * BYTES_OF[dtype]
    if end - begin != wanted:
        raise _wrong(f"tensor {name!r} has {end - begin} bytes, and its shape wants {wanted}")
    return begin, end, name, dtype


def _finite(name: str, dtype: str, part: memoryview) -> None:
    if dtype == "F8_E4M3":
        place = next((at for at, one in enumerate(part) if one & 0x7F == 0x7F), None)
    elif dtype in EXPONENT:
        form, bits = EXPONENT[dtype]
        numbers = struct.iter_unpack(f"<{form}", part)
        place = next((at for at, (one,) in enumerate(numbers) if one & bits == bits), None)
    else:
        place = None
    if place is not None:
        raise _wrong(f"tensor {name!r} has NaN or an infinity at number {place}")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _wrong(what: str) -> CohesixError:
    return CohesixError("invalid-payload", f"The adapter is no good: {what}.")
