"""Reading JSON of an expected shape, with every mistake noted."""

from collections.abc import Collection, Mapping, Sequence

from pyairtable_mcp.base.ids import Kind, is_id
from pyairtable_mcp.base.json_types import JsonObject
from pyairtable_mcp.base.text import closest
from pyairtable_mcp.sandbox.loading.problems import Problems


class Shape:
    """One JSON object being read, at a place."""

    def __init__(self, raw: JsonObject, place: str, problems: Problems) -> None:
        self.raw = raw
        self.place = place
        self._problems = problems

    def keys(self, known: Collection[str]) -> None:
        """Note keys that look like a known one misspelt; any other is one Airtable has and we do not need."""
        missing = [each for each in known if each not in self.raw]
        for key in self.raw:
            if key not in known and (alike := closest(key, missing, 1)):
                self._problems.add(self.place, f"unknown key {key!r}; closest: {alike[0]!r}")

    def id(self, kind: Kind, taken: set[str]) -> str:
        """Return `id` and take it; note one of another form or one already taken."""
        key = self.raw.get("id")
        if not isinstance(key, str) or not is_id(key, kind):
            self._problems.add(self.place, f"the id {key!r} is not {kind} and 14 letters or digits")
            return ""
        if key in taken:
            self._problems.add(self.place, f"the id {key} is there twice")
        taken.add(key)
        return key

    def text(self, key: str, *, needed: bool = False) -> str:
        """Return a text, "" when missing; note anything else, and a missing one that is needed."""
        value = self.raw.get(key)
        if isinstance(value, str) and (value.strip() or not needed):
            return value
        if needed or value is not None:
            self._problems.add(self.place, f"{key} must be text")
        return ""

    def objects(self, key: str) -> Sequence[JsonObject]:
        """Return a list of objects, empty when missing; note anything else."""
        value = self.raw.get(key)
        found = [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
        if value is not None and not (isinstance(value, list) and len(found) == len(value)):
            self._problems.add(self.place, f"{key} must be a list of objects")
        return found

    def texts(self, key: str) -> Sequence[str] | None:
        """Return a list of texts, None when missing; note anything else."""
        value = self.raw.get(key)
        found = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
        if value is not None and not (isinstance(value, list) and len(found) == len(value)):
            self._problems.add(self.place, f"{key} must be a list of texts")
        return None if value is None else found
