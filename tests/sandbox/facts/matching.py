"""Patterns of JSON: plain values mean themselves, objects have exactly the keys named, the rest is below."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class Pattern(Protocol):
    """Something that is compared with an answer in a way of its own."""

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield what differs, each with its place."""
        ...


def differences(wanted: object, found: object, at: str = "answer") -> Iterator[str]:
    """Yield every place where an answer is not as the pattern wants it."""
    if isinstance(wanted, Pattern):
        yield from wanted.differences(found, at)
    elif isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key in sorted({*wanted, *found}):
            if key not in found:
                yield f"{at}.{key} is missing"
            elif key not in wanted:
                yield f"{at}.{key} is too much: {found[key]!r}"
            else:
                yield from differences(wanted[key], found[key], f"{at}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{at} has {len(found)} items and not {len(wanted)}: {found!r}"
        else:
            for place, (one, other) in enumerate(zip(wanted, found, strict=True)):
                yield from differences(one, other, f"{at}.{place}")
    elif wanted != found or not (type(wanted) is type(found) or _both_numbers(wanted, found)):
        yield f"{at} is {found!r} and not {wanted!r}"


def _both_numbers(one: object, other: object) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other))


@dataclass(frozen=True)
class Text:
    """Text that a regular expression matches as a whole."""

    pattern: str
    name: str

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield whether it is other text, or no text."""
        if not isinstance(found, str) or not re.fullmatch(self.pattern, found, re.DOTALL):
            yield f"{at} is {found!r} and not {self.name}"


@dataclass(frozen=True)
class Including:
    """An object with at least these keys."""

    wanted: Mapping[str, object]

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield what differs in the keys named."""
        if not isinstance(found, Mapping):
            yield f"{at} is {found!r} and not an object"
            return
        yield from differences(
            dict(self.wanted), {key: found[key] for key in found if key in self.wanted}, at
        )


@dataclass(frozen=True)
class Without:
    """An object that lacks these keys."""

    keys: tuple[str, ...]

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield the keys that are there all the same."""
        if not isinstance(found, Mapping):
            yield f"{at} is {found!r} and not an object"
            return
        yield from (f"{at}.{key} is too much: {found[key]!r}" for key in self.keys if key in found)


@dataclass(frozen=True)
class Every:
    """A list of `count` items (any number when it is None), or an object's values, that are all alike."""

    wanted: object
    count: int | None = None

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield what differs in the items, and whether they are more or fewer."""
        items = list(found.values()) if isinstance(found, Mapping) else found
        if not isinstance(items, list):
            yield f"{at} is {found!r} and not a list"
            return
        if self.count is not None and len(items) != self.count:
            yield f"{at} has {len(items)} items and not {self.count}"
        for place, each in enumerate(items):
            yield from differences(self.wanted, each, f"{at}.{place}")


@dataclass(frozen=True)
class Having:
    """A list with at least one item like this, whatever the others are."""

    wanted: object

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield whether there is none."""
        if not isinstance(found, list) or all(list(differences(self.wanted, each)) for each in found):
            yield f"{at} has nothing like {self.wanted!r}: {found!r}"


@dataclass(frozen=True)
class AnyOrder:
    """A list of these items in any order."""

    wanted: Sequence[object]

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield the items that have no counterpart."""
        if not isinstance(found, list):
            yield f"{at} is {found!r} and not a list"
            return
        left = list(found)
        for each in self.wanted:
            match = next((one for one in left if not list(differences(each, one))), None)
            if match is None:
                yield f"{at} has nothing like {each!r}"
            else:
                left.remove(match)
        yield from (f"{at} has too much: {each!r}" for each in left)


@dataclass(frozen=True)
class Both:
    """What fits all of several patterns."""

    wanted: Sequence[object]

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield what differs from any of them."""
        for each in self.wanted:
            yield from differences(each, found, at)


@dataclass(frozen=True)
class Kind:
    """A value of one of some types, whatever it is."""

    types: tuple[type, ...]

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield whether it is of another type."""
        if type(found) not in self.types:
            yield f"{at} is {found!r} and not a {' or '.join(each.__name__ for each in self.types)}"


@dataclass(frozen=True)
class OneOf:
    """One of several values."""

    wanted: Sequence[object]

    def differences(self, found: object, at: str) -> Iterator[str]:
        """Yield whether it is none of them."""
        if not any(not list(differences(each, found)) for each in self.wanted):
            yield f"{at} is {found!r} and none of {list(self.wanted)!r}"


def an_id(prefix: str) -> Text:
    """Return the pattern of an id of a kind: three letters and fourteen letters or digits."""
    return Text(rf"{prefix}[A-Za-z0-9]{{14}}", f"an id {prefix}…")


def records(*names: str) -> object:
    """Return the pattern of a list answer whose records have these names, in this order."""
    return Including({"records": [Including({"fields": Including({"Name": name})}) for name in names]})


def fields(**cells: object) -> object:
    """Return the pattern of one record with at least these cells."""
    return Including({"fields": Including(cells)})


TIME = Text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "a moment in ISO form with milliseconds")
TEXT = Text(r".+", "text")
NUMBER = Kind((int, float))
TRUTH = Kind((bool,))
