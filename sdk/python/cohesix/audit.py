"""CohesixAudit: what was written and what was answered, line by line, for the report of a run. Bounded; nothing secret."""

from __future__ import annotations

from .errors import CohesixError

LINES_MAX = 4096


class CohesixAudit:
    """Lines in the grammar of the console: `OK ECHO path=<p> entry=<n>`, `ERR ECHO reason=<tag> detail=<code> path=<p>`."""

    def __init__(self, lines_max: int = LINES_MAX) -> None:
        self._lines: list[str] = []
        self._lines_max = lines_max
        self.dropped = 0
        """Lines beyond the bound: they are counted, not kept."""

    @property
    def lines(self) -> list[str]:
        """The lines so far, oldest first."""
        return list(self._lines)

    def ack(self, path: str, count: int, entry: int | None = None) -> None:
        """A line was taken."""
        told = "" if entry is None else f" entry={entry}"
        self._add(f"OK ECHO path={path} bytes={count}{told}")

    def refused(self, path: str, error: CohesixError) -> None:
        """A line was refused."""
        self._add(f"ERR ECHO reason={error.tag} detail={error.code} path={path}")

    def breadcrumb(self, text: str) -> None:
        """A remark about what is done next; control characters become blanks."""
        self._add("".join(one if one.isprintable() else " " for one in f"# {text}"))

    def _add(self, line: str) -> None:
        if len(self._lines) < self._lines_max:
            self._lines.append(line)
        else:
            self.dropped += 1
