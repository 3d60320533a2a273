"""What both halves of the REST door need: an answer, and a query."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

ANSWER_BYTES_MAX = 16 << 20
BACKOFF_S = 0.2


class Answer:
    """Status, headers and body of one exchange."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.type = headers.get("content-type", "").split(";")[0].strip().lower()
        self.retry_after = headers.get("retry-after")
        self.instance = headers.get("x-cohesix-instance")
        self.body = body

    def fields(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        return value if isinstance(value, dict) else {}


def query_text(fields: Mapping[str, object]) -> str:
    return urllib.parse.urlencode({name: str(value) for name, value in fields.items()}, quote_via=urllib.parse.quote)
