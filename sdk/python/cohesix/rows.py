"""Rows of the views of a hive: `key=value` words, a value that is no plain word as a JSON string; or one JSON object a line."""

from __future__ import annotations

import json
import re
from typing import Any

WORD = re.compile(r'(?:^| )([\w-]+)=("(?:[^"\\]|\\.)*"|\S*)')
TEXT = frozenset({"id", "subject", "resource", "reason", "role", "action", "name", "seg_id", "device"})
"""Fields that are text also when they look like a number, or like the word for nothing."""


def row_of(line: str) -> dict[str, Any]:
    """The fields of one line."""
    if line.startswith("{"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}
    return {name: _value(name, text) for name, text in WORD.findall(line)}


def rows_in(text: str) -> list[dict[str, Any]]:
    """The rows of a view of one row a line."""
    return [row_of(line) for line in text.split("\n") if line and line != "\u2026 truncated"]


def _value(name: str, text: str) -> Any:
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if name in TEXT:
        return text
    if text == "none":
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else text
