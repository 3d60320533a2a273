"""Checks of values: what a field of a control line may be. A check says what is wrong and where.

`$.budget.ttl_s: expected a whole number 1..4294967295, got 0`. The generated classes of `models` are made of these.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import CohesixError

NUMBER_MAX = 2**53 - 1
SHOWN_MAX = 48
CONTROLS = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029]")


def refuse(path: str, expected: str, got: object) -> CohesixError:
    """`invalid-payload` with where and what."""
    if isinstance(got, (dict, list, tuple)) or hasattr(got, "to_plain"):
        shown = type(got).__name__
    else:
        shown = repr(got)
    return CohesixError("invalid-payload", f"{path}: expected {expected}, got {shown[:SHOWN_MAX]}")


class Spec:
    """A check of one value."""

    def check(self, value: Any, path: str) -> None:
        """Raises `CohesixError` when the value does not fit."""
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """The value as JSON has it."""
        return value

    def read(self, value: Any, path: str) -> Any:
        """The value of a field that was read from JSON."""
        self.check(value, path)
        return value


@dataclass(frozen=True, slots=True)
class Const(Spec):
    """Always the same word."""

    word: object

    def check(self, value: Any, path: str) -> None:
        if type(value) is not type(self.word) or value != self.word:
            raise refuse(path, json.dumps(self.word), value)


class Choice(Spec):
    """One of some words."""

    __slots__ = ("words",)

    def __init__(self, *words: str) -> None:
        self.words = words

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str) or value not in self.words:
            raise refuse(path, " or ".join(json.dumps(word) for word in self.words), value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Spec):
    """A string; lengths in characters. `form`: the pattern in words."""

    pattern: str | None = None
    form: str | None = None
    minimum: int = 0
    maximum: int | None = None

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str) or not self._fits(value):
            raise refuse(path, self._told(), value)

    def _fits(self, value: str) -> bool:
        if len(value) < self.minimum or (self.maximum is not None and len(value) > self.maximum):
            return False
        if CONTROLS.search(value) is not None or any("\ud800" <= one <= "\udfff" for one in value):
            return False
        return self.pattern is None or pattern_of(self.pattern).search(value) is not None

    def _told(self) -> str:
        if self.form is not None:
            return self.form
        length = "" if self.maximum is None else f" of {self.minimum}..{self.maximum} characters"
        return f"a string{length}" + ("" if self.pattern is None else f" matching {self.pattern}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Spec):
    """A whole number."""

    minimum: int = -NUMBER_MAX
    maximum: int = NUMBER_MAX

    def check(self, value: Any, path: str) -> None:
        if type(value) is not int or not self.minimum <= value <= self.maximum:
            raise refuse(path, f"a whole number {self.minimum}..{self.maximum}", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Spec):
    """Any number that JSON has."""

    minimum: float = -NUMBER_MAX
    maximum: float = NUMBER_MAX

    def check(self, value: Any, path: str) -> None:
        is_number = type(value) in (int, float) and math.isfinite(value)
        if not is_number or not self.minimum <= value <= self.maximum:
            raise refuse(path, f"a number {self.minimum}..{self.maximum}", value)


@dataclass(frozen=True, slots=True)
class Flag(Spec):
    """True or false."""

    def check(self, value: Any, path: str) -> None:
        if type(value) is not bool:
            raise refuse(path, "true or false", value)


@dataclass(frozen=True, slots=True)
class Null(Spec):
    """None."""

    def check(self, value: Any, path: str) -> None:
        if value is not None:
            raise refuse(path, "null", value)


class Items(Spec):
    """A list."""

    __slots__ = ("item", "maximum", "minimum")

    def __init__(self, item: Spec, *, minimum: int = 0, maximum: int | None = None) -> None:
        self.item = item
        self.minimum = minimum
        self.maximum = maximum

    def check(self, value: Any, path: str) -> None:
        self._bounds(value, path)
        for index, one in enumerate(value):
            self.item.check(one, f"{path}[{index}]")

    def plain(self, value: Any) -> Any:
        return [self.item.plain(one) for one in value]

    def read(self, value: Any, path: str) -> Any:
        self._bounds(value, path)
        return tuple(self.item.read(one, f"{path}[{index}]") for index, one in enumerate(value))

    def _bounds(self, value: Any, path: str) -> None:
        is_list = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        if not is_list or len(value) < self.minimum or (self.maximum is not None and len(value) > self.maximum):
            most = "" if self.maximum is None else f" to {self.maximum}"
            raise refuse(path, f"a list of {self.minimum}{most} items", value)


class OneOf(Spec):
    """What fits one of some checks."""

    __slots__ = ("branches",)

    def __init__(self, *branches: Spec) -> None:
        self.branches = branches

    def check(self, value: Any, path: str) -> None:
        self._branch(value, path, lambda branch: branch.check(value, path))

    def plain(self, value: Any) -> Any:
        return self._branch(value, "$", lambda branch: (branch.check(value, "$"), branch.plain(value)))[1]

    def read(self, value: Any, path: str) -> Any:
        return self._branch(value, path, lambda branch: branch.read(value, path))

    def _branch(self, value: Any, path: str, use: Callable[[Spec], Any]) -> Any:
        problem: CohesixError | None = None
        for branch in self.branches:
            try:
                return use(branch)
            except CohesixError as error:
                problem = problem or error
        raise problem or refuse(path, "a value", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Free(Spec):
    """An object whose names are somebody else's matter."""

    minimum: int = 0

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping) or len(value) < self.minimum:
            raise refuse(path, f"an object with {self.minimum} fields at least", value)
        if not all(isinstance(name, str) for name in value):
            raise refuse(path, "an object with names", value)

    def plain(self, value: Any) -> Any:
        return dict(value)


@dataclass(frozen=True, slots=True)
class Nested(Spec):
    """An object with a class of its own, named late because classes may follow."""

    cls: Callable[[], Any]

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, self.cls()):
            raise refuse(path, f"a {self.cls().__name__}", value)

    def plain(self, value: Any) -> Any:
        return value.to_plain()

    def read(self, value: Any, path: str) -> Any:
        return self.cls().from_plain(value, path)


_PATTERNS: dict[str, re.Pattern[str]] = {}


def pattern_of(pattern: str) -> re.Pattern[str]:
    """A pattern of JSON Schema (ECMA-262) as Python has it: there `$` also matches before a last line feed."""
    known = _PATTERNS.get(pattern)
    if known is None:
        known = re.compile(pattern.replace("\\$", "\\x24").replace("$", "\\Z"))
        _PATTERNS[pattern] = known
    return known
