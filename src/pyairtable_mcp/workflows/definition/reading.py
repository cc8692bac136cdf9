"""YAML or JSON as its author wrote it, read into a value with the line of everything in it.

The rules for plain words are those of YAML 1.2: `on`, `yes` and `no` are texts, and so is a date. Anchors,
aliases and tags are refused, and so is a key that stands twice: nothing here means more than it shows.
PyYAML's events are put together here, because only so every bound is kept while the text is read.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml
from pydantic import JsonValue

from pyairtable_mcp.base.faults import Place
from pyairtable_mcp.base.text import cut, quoted, visible
from pyairtable_mcp.workflows.definition.problems import Problem

LONGEST: Final = 100_000
"""Characters a definition may have."""
DEEPEST: Final = 40
"""How deep its lists and keys may be nested."""
MOST: Final = 5_000
"""Values it may hold."""

_WORDS: Final[Mapping[str, JsonValue]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,4})?")


@dataclass(frozen=True)
class Source:
    """What a definition holds, and where: the line of each place, counted from 1."""

    value: JsonValue
    lines: Mapping[Place, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line(self, at: Place) -> int:
        """Return the line of a place, or of the nearest one around it; 0 when there are no lines."""
        for length in range(len(at), -1, -1):
            if at[:length] in self.lines:
                return self.lines[at[:length]]
        return 0


def read_source(given: JsonValue) -> Source:
    """Return what a text, or a value that was read already, holds, and why it cannot be read."""
    if not isinstance(given, str):
        return _bounded(given)
    if len(given) > LONGEST:
        says = f"It has {len(given)} characters; {LONGEST} are allowed."
        return Source(None, problems=(Problem(0, (), says),))
    reader = _Reader(given)
    try:
        value = reader.read()
    except _Unread as bad:
        reader.problems.append(bad.problem)
        value = None
    return Source(value, reader.lines, tuple(reader.problems))


def _bounded(value: JsonValue) -> Source:
    """Return a value that was read elsewhere, unless it is larger than a text could be."""
    waiting: list[tuple[JsonValue, int]] = [(value, 1)]
    seen = 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1 + (len(one) // 1_000 if isinstance(one, str) else 0)
        if depth > DEEPEST or seen > MOST:
            told = f"It is nested more than {DEEPEST} deep." if depth > DEEPEST else "It holds too much."
            return Source(None, problems=(Problem(0, (), told),))
        inner = one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
        waiting += [(part, depth + 1) for part in inner]
    return Source(_cleaned(value))


def _cleaned(value: JsonValue) -> JsonValue:
    """Return a value with whole characters, and nothing for numbers that JSON does not have."""
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {_whole(str(key)): _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list) else value


class _Unread(Exception):
    """The text cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.says)
        self.problem = problem


@dataclass
class _Open:
    """A list or an object that is not closed yet; `key` is the one whose value comes next."""

    at: Place
    items: list[JsonValue] | dict[str, JsonValue]
    key: str | None = None

    def next(self) -> Place | None:
        """Return where the next value stands; None when a key is due first."""
        if isinstance(self.items, list):
            return (*self.at, len(self.items))
        return None if self.key is None else (*self.at, self.key)

    def put(self, value: JsonValue) -> None:
        """Add the next value."""
        if isinstance(self.items, list):
            self.items.append(value)
        elif self.key is not None:
            self.items[self.key] = value
            self.key = None


class _Reader:
    """Puts the events of one text together."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._roots: list[JsonValue] = []
        self._count = 0

    def read(self) -> JsonValue:
        """Return the value of the text; raises `_Unread`."""
        for event in self._events():
            self._count += 1
            if self._count > MOST:
                raise self._unread(event, f"It holds more than {MOST} values.")
            self._heed(event)
        if not self._roots:
            raise _Unread(Problem(1, (), "There is nothing in it."))
        return self._roots[0]

    def _events(self) -> Iterator[yaml.Event]:
        # In JSON a tab stands between values only, where YAML does not have it.
        text = self.text.replace("\t", " ") if _is_json(self.text) else self.text
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.reader.ReaderError as bad:
            line = text.count("\n", 0, bad.position) + 1
            said = "A character that nobody can see has no place in it."
            raise _Unread(Problem(line, self._here(), said)) from bad
        except yaml.MarkedYAMLError as bad:
            line = bad.problem_mark.line + 1 if bad.problem_mark else 0
            raise _Unread(Problem(line, self._here(), _explained(bad, text, line))) from bad
        except (ValueError, OverflowError, RecursionError) as bad:
            raise _Unread(Problem(0, self._here(), "It cannot be read as YAML.")) from bad

    def _here(self) -> Place:
        return (self._open[-1].next() or self._open[-1].at) if self._open else ()

    def _unread(self, event: yaml.Event, says: str) -> _Unread:
        return _Unread(Problem(_line(event), self._here(), says))

    def _heed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self._roots:
            raise self._unread(event, "Only one definition can stand in a file; `---` begins another one.")
        if isinstance(event, yaml.AliasEvent):
            raise self._unread(event, f"The alias *{event.anchor} cannot be used here: write it out.")
        if isinstance(event, yaml.NodeEvent):
            self._refuse_marks(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin(event, [])
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin(event, {})
        elif isinstance(event, yaml.CollectionEndEvent):
            self._put(self._open.pop().items)

    def _refuse_marks(self, event: yaml.NodeEvent) -> None:
        if event.anchor:
            raise self._unread(event, f"The anchor &{event.anchor} cannot be used here: write it out.")
        if getattr(event, "tag", None):
            told = cut(visible(str(getattr(event, "tag", ""))), 40)
            raise self._unread(event, f"The tag {told} cannot be used here; a text can stand in quotes.")

    def _begin(self, event: yaml.Event, items: list[JsonValue] | dict[str, JsonValue]) -> None:
        at = self._place(event)
        if len(self._open) >= DEEPEST:
            raise self._unread(event, f"It is nested more than {DEEPEST} deep.")
        self._open.append(_Open(at, items))

    def _place(self, event: yaml.Event) -> Place:
        """Return where the value that begins with an event stands."""
        if not self._open:
            self.lines[()] = _line(event)
            return ()
        at = self._open[-1].next()
        if at is None:
            raise self._unread(event, "A key is a word, and not a list or an object.")
        self.lines.setdefault(at, _line(event))
        return at

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        holder = self._open[-1] if self._open else None
        text = _whole(event.value)
        if holder is not None and isinstance(holder.items, dict) and holder.key is None:
            self._key(event, holder, text)
            return
        at = self._place(event)
        value: JsonValue = text if event.style is not None else plain(text)
        if isinstance(value, float) and not math.isfinite(value):
            self.problems.append(Problem(_line(event), at, f"{quoted(text)} is larger than a number can be."))
            value = None
        self._put(value)

    def _key(self, event: yaml.ScalarEvent, holder: _Open, key: str) -> None:
        at = (*holder.at, key)
        if isinstance(holder.items, dict) and key in holder.items:
            says = f"{quoted(key)} stands twice, first in line {self.lines[at]}."
            self.problems.append(Problem(_line(event), at, says))
        self.lines.setdefault(at, _line(event))
        holder.key = key

    def _put(self, value: JsonValue) -> None:
        if self._open:
            self._open[-1].put(value)
        else:
            self._roots.append(value)


def _line(event: yaml.Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 0


def _whole(text: str) -> str:
    """Return a text whose characters are whole: JSON writes large ones in two halves."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(text: str) -> JsonValue:
    """Return what a word without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("'\\t'", "Lines are indented with blanks, and here is a tab."),
    ("cannot start any token", "A text that begins with this character stands in quotes."),
    ("mapping values are not allowed", "A text with a colon and a blank in it stands in quotes."),
    ("could not find expected ':'", "Here should be a key, a colon and a blank."),
    ("expected <block end>", "This line is not indented like those it belongs to."),
    ("found undefined tag", "A text that begins with ! stands in quotes."),
    ("expected ',' or", "A { or [ is not closed with its } or ], or a comma is missing."),
    ("unexpected end of stream", "The text ends where a quote, } or ] is still open."),
    ("found unknown escape", "Inside double quotes a backslash is written twice."),
    ("expected the node content", "Here should be a value, and something else stands there."),
)


def _explained(bad: yaml.MarkedYAMLError, text: str, line: int) -> str:
    """Return what PyYAML says in words for people who never read its source."""
    said = str(bad.problem or bad.context or "")
    told = next((words for part, words in _REASONS if part in said), f"YAML cannot be read: {visible(said)}.")
    lines = text.splitlines()
    near = lines[line - 1] if 0 < line <= len(lines) else ""
    if "${{" in near:
        return f'{told} An expression in such a place stands in quotes: "${{{{ … }}}}".'
    return told
