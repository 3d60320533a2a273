"""Text from elsewhere, made harmless: for a terminal, and for a field of bounded length."""

from __future__ import annotations

import unicodedata

# Categories of Unicode that move the cursor, hide or reorder what a person reads: controls, formats, surrogates, private
# use, and the two separators that some readers take for line ends.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def visible(text: str) -> str:
    """The text with everything that a terminal would act on, or hide, as `\\xNN` or `\\uNNNN`."""
    return "".join(_escaped(one) if unicodedata.category(one) in _UNSAFE else one for one in text)


def clipped(text: str, length_max: int) -> str:
    """At most `length_max` characters of the visible text, on one line; what is cut is marked by an ellipsis."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= length_max else line[: length_max - 1] + "…"


def _escaped(one: str) -> str:
    code = ord(one)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
