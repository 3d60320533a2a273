"""The one error of this package: a refusal with its code, as every door of a hive gives it."""

from __future__ import annotations

from .refusals import REFUSALS


class CohesixError(Exception):
    """Something was refused, by the hive or by this package.

    code       stable word of hive/wire/src/refusal.ts: `denied`, `busy`, ...
    detail     a sentence for people; never matched on, holds no secret
    path       the file it is about, when it is about one
    is_unknown a write that may or may not have happened; it was not sent again
    """

    def __init__(self, code: str, detail: str | None = None, *, path: str | None = None, is_unknown: bool = False) -> None:
        row = REFUSALS.get(code, REFUSALS["internal"])
        self.code = code
        self.detail = detail if detail else row.sentence
        self.path = path
        self.is_unknown = is_unknown
        self.tag = row.tag
        self.errno = row.errno
        self.exit = row.exit
        super().__init__(f"{code}: {self.detail}" if path is None else f"{path}: {code}: {self.detail}")

    def as_dict(self) -> dict[str, object]:
        """For reports: code, detail, and what is known besides."""
        told: dict[str, object] = {"code": self.code, "detail": self.detail}
        if self.path is not None:
            told["path"] = self.path
        if self.is_unknown:
            told["is_unknown"] = True
        return told
