"""Ends a run in good order: after SIGINT or SIGTERM the next call to the hive is refused once, as `cancelled`, and the plan takes
back what it has begun. Nothing is cut off in the middle: a call that is on its way gets its answer. A second signal ends at once.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

from ..backends import Backend
from ..errors import CohesixError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Cancellation:
    """Whether somebody wants the run to end, and whether that was told already."""

    def __init__(self) -> None:
        self._is_wanted = False
        self._is_told = False

    def want(self) -> None:
        """Lets the next call be refused."""
        self._is_wanted = True

    def check(self) -> None:
        """Raises `cancelled`, once."""
        if self._is_wanted and not self._is_told:
            self._is_told = True
            raise CohesixError("cancelled", "Interrupted.")

    def over(self, backend: Backend) -> Backend:
        """The same backend, whose calls are checked as they begin."""
        return cast(Backend, _Checked(backend, self))


class _Checked:
    def __init__(self, backend: Backend, cancellation: Cancellation) -> None:
        self._backend = backend
        self._cancellation = cancellation

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._backend, name)
        if callable(value) and name != "close":
            self._cancellation.check()
        return value


@contextmanager
def cancelled_by_signals() -> Iterator[Cancellation]:
    """A cancellation that the first signal wants; the second does what it does by default."""
    cancellation = Cancellation()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        cancellation.want()
        signal.signal(number, signal.SIG_DFL)

    for number in _SIGNALS:
        signal.signal(number, on_signal)
    try:
        yield cancellation
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
