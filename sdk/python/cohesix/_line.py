"""Lines of control files, and a strict reader of them: what the generated classes of `models` are.

The reader refuses what two readers could understand differently, as the hive's does: doubled names, NaN, numbers beyond 2^53 - 1,
unknown fields.
"""

from __future__ import annotations

import json
import keyword
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from ._checks import NUMBER_MAX, Choice, Const, Spec, Whole, refuse
from .errors import CohesixError

DEPTH_MAX = 8  # objects and arrays inside each other, as in the hive

_Made = TypeVar("_Made", bound="Part")


class Part:
    """An object with checked fields. The generated classes are frozen dataclasses: what was checked stays so."""

    __slots__ = ()
    SPECS: ClassVar[dict[str, Spec]]
    FIELDS_MIN: ClassVar[int] = 0

    def __post_init__(self) -> None:
        count = 0
        for name, spec in self.SPECS.items():
            if isinstance(spec, Const):
                continue
            value = getattr(self, attribute_of(name))
            if value is None and name in self.optional():
                continue
            spec.check(value, f"$.{name}")
            count += 1
        if count < self.FIELDS_MIN:
            raise refuse("$", f"at least one of {', '.join(self.SPECS)}", self)

    @classmethod
    def optional(cls) -> frozenset[str]:
        """Names of fields that may be left out."""
        known = _OPTIONAL.get(cls)
        if known is None:
            fields = cls.__dataclass_fields__  # type: ignore[attr-defined]
            named = {name: fields.get(attribute_of(name)) for name in cls.SPECS}
            known = frozenset(name for name, field in named.items() if field is not None and field.default is None)
            _OPTIONAL[cls] = known
        return known

    def to_plain(self) -> dict[str, Any]:
        """As JSON has it, in the order of the schema."""
        plain: dict[str, Any] = {}
        for name, spec in self.SPECS.items():
            if isinstance(spec, Const):
                plain[name] = spec.word
                continue
            value = getattr(self, attribute_of(name))
            if value is not None or name not in self.optional():
                plain[name] = spec.plain(value)
        return plain

    @classmethod
    def from_plain(cls: type[_Made], value: Any, path: str = "$") -> _Made:
        """Reads what `to_plain` gives. Raises `CohesixError`."""
        if not isinstance(value, dict):
            raise refuse(path, f"an object with {', '.join(cls.SPECS)}", value)
        for name in value:
            if name not in cls.SPECS:
                raise CohesixError("invalid-payload", f"{path}: unknown field {name!r}; known here: {', '.join(cls.SPECS)}")
        given: dict[str, Any] = {}
        for name, spec in cls.SPECS.items():
            if name not in value:
                if name in cls.optional():
                    continue
                raise CohesixError("invalid-payload", f"{path}.{name}: missing")
            read = spec.read(value[name], f"{path}.{name}")
            if not isinstance(spec, Const):
                given[attribute_of(name)] = read
        return cls(**given)


class Line(Part):
    """A line of a control file. `PATHS`: the files that take it; `:name` components stand for any one."""

    __slots__ = ()
    PATHS: ClassVar[tuple[str, ...]]

    def to_line(self) -> str:
        """The line, without its line feed."""
        return json_text(self.to_plain())

    @classmethod
    def from_line(cls: type[_Made], text: str) -> _Made:
        """Reads a line. Raises `CohesixError` (invalid-payload)."""
        return cls.from_plain(read_json(text))

    @classmethod
    def path(cls, **names: str) -> str:
        """The file, with values for its `:name` components."""
        return path_of(cls.PATHS, names)


class Word:
    """A line of a file of words: the word itself."""

    __slots__ = ()
    PATHS: ClassVar[tuple[str, ...]]
    SPEC: ClassVar[Spec]
    word: Any

    def __post_init__(self) -> None:
        self.SPEC.check(self.word, "$")

    def to_line(self) -> str:
        """The line, without its line feed."""
        return str(self.word)

    @classmethod
    def from_line(cls, text: str) -> Any:
        """Reads a line as the file does: blanks around it and the case of known words do not matter."""
        word: Any = text.strip()
        if isinstance(cls.SPEC, Whole) and word.isascii() and word.isdigit():
            word = int(word)
        elif isinstance(cls.SPEC, Choice):
            word = word.lower()
        return cls(word=word)  # type: ignore[call-arg]

    @classmethod
    def path(cls, **names: str) -> str:
        """The file, with values for its `:name` components."""
        return path_of(cls.PATHS, names)


_OPTIONAL: dict[type, frozenset[str]] = {}


def attribute_of(name: str) -> str:
    """The attribute of a field: a word of Python gets an underscore."""
    return f"{name}_" if keyword.iskeyword(name) else name


def path_of(patterns: Sequence[str], names: Mapping[str, str]) -> str:
    """The first pattern whose `:name` components are exactly those given."""
    for pattern in patterns:
        wanted = {part[1:] for part in pattern.split("/") if part.startswith(":")}
        if wanted == set(names):
            return "/".join(names[part[1:]] if part.startswith(":") else part for part in pattern.split("/"))
    raise CohesixError("invalid-path", f"The files are {', '.join(patterns)}; name their parts.")


def json_text(value: Any) -> str:
    """A JSON text as `JSON.stringify` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read_json(text: str) -> Any:
    """Reads one JSON text strictly. Raises `CohesixError` (invalid-payload)."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_float,
        )
    except RecursionError:
        raise CohesixError("invalid-payload", f"$: nested deeper than {DEPTH_MAX}") from None
    except ValueError as error:
        raise CohesixError("invalid-payload", f"$: {error}") from None
    _shallow(value, 0)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made or name == "__proto__":
            raise ValueError(f"the field {name!r} is given twice or not allowed")
        made[name] = value
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > NUMBER_MAX:
        raise ValueError("a number beyond 2^53 - 1")
    return int(text)


def _float(text: str) -> int | float:
    value = float(text)
    if not math.isfinite(value) or abs(value) > NUMBER_MAX:
        raise ValueError("a number beyond 2^53 - 1")
    return int(value) if value.is_integer() else value


def _shallow(value: Any, depth: int) -> None:
    inner: Sequence[Any] = ()
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    if inner and depth >= DEPTH_MAX:
        raise CohesixError("invalid-payload", f"$: nested deeper than {DEPTH_MAX}")
    for one in inner:
        _shallow(one, depth + 1)


def read_line(controls: Mapping[str, tuple[Any, ...]], path: str, text: str) -> Any:
    """Reads a line of the file at `path` with the class that fits it best; `not-found`: no such control file."""
    classes = classes_at(controls, path)
    if classes is None:
        raise CohesixError("not-found", f"{path} is no control file.", path=path)
    problems: list[tuple[int, CohesixError]] = []
    for cls in classes:
        try:
            return cls.from_line(text)
        except CohesixError as error:
            problems.append((_closeness(cls, text), error))
    raise max(problems, key=lambda each: each[0])[1]


def classes_at(controls: Mapping[str, tuple[Any, ...]], path: str) -> tuple[Any, ...] | None:
    """The classes of the lines of the file at `path`; None when there is no such control file."""
    parts = path.split("/")
    for pattern, classes in controls.items():
        wanted = pattern.split("/")
        if len(wanted) == len(parts) and all(w == p or (w.startswith(":") and p) for w, p in zip(wanted, parts)):
            return classes
    return None


def _closeness(cls: Any, text: str) -> int:
    """How much of a line is of this kind: so that the problem told is about what was meant."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    if not isinstance(value, dict) or not issubclass(cls, Part):
        return 0
    score = sum(2 for name in value if name in cls.SPECS)
    constants = {name: spec.word for name, spec in cls.SPECS.items() if isinstance(spec, Const)}
    return score + sum(8 if value.get(name) == word else -1 for name, word in constants.items())
