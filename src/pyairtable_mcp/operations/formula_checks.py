"""What is wrong with a caller's formula, told before a request is spent on it.

It is imported when the first formula comes, because the formula language takes long to start. The filters
that we write ourselves (`formulas`) know nothing of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyairtable_mcp.airtable.models import Table
from pyairtable_mcp.base.errors import BadValue, UnknownName
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.base.text import closest, same_name
from pyairtable_mcp.formula.compiler import Bound, bind
from pyairtable_mcp.formula.functions import FUNCTIONS
from pyairtable_mcp.formula.grammar import pointer
from pyairtable_mcp.formula.problems import BadFormula, Problem
from pyairtable_mcp.formula.references import by_id
from pyairtable_mcp.operations.names import Place, find_field
from pyairtable_mcp.operations.results import FormulaProblem

_WORDS: Final = frozenset({"TRUE", "FALSE"})


@dataclass(frozen=True)
class TableColumns:
    """A table as the formula language sees it: fields by id, by name, or by a name alike when only one is."""

    table: Table
    revision: int = 0

    @property
    def id(self) -> str:
        """The table's id."""
        return self.table.id

    def field_id(self, key: str) -> str | None:
        """Return the id of the field this key means, or None."""
        if key in self.table.by_id:
            return key
        found = same_name(key, [field.name for field in self.table.fields])
        return self.table.fields[found[0]].id if len(found) == 1 else None

    def column(self, field_id: str) -> tuple[str, Mapping[str, Json]]:
        """Return a field's type and options."""
        field = self.table.by_id[field_id]
        return field.type, field.options


def bound(place: Place, text: str) -> Bound:
    """Return a formula bound to a table; raise `BadFormula`."""
    return bind(TableColumns(place.table), text)


def problems_of(place: Place, text: str, refused: BadFormula) -> tuple[FormulaProblem, ...]:
    """Return what is wrong, each with its place in the text and the closest right names."""
    return tuple(_told(place, text, each) for each in refused.problems)


def _told(place: Place, text: str, problem: Problem) -> FormulaProblem:
    where = pointer(text, problem.at) if problem.at is not None and text.strip() else ""
    return FormulaProblem(problem.message, where, tuple(_candidates(place, problem)))


def _marked(text: str, problem: Problem) -> str:
    """Return the part of the text around a problem, with a mark where it stands."""
    if problem.at is None or not text.strip():
        return ""
    line, caret = pointer(text, problem.at).split("\n")
    return f"It stops at the mark: {line[: len(caret) - 1]}▸{line[len(caret) - 1 :]}"


def _candidates(place: Place, problem: Problem) -> Sequence[str]:
    if problem.kind == "function":
        return closest(problem.name, FUNCTIONS)
    if problem.kind == "field":
        if problem.name.upper() in _WORDS:
            return [f"{problem.name.upper()}()"]
        return closest(problem.name, [field.name for field in place.table.fields])
    return ()


def with_field_ids(place: Place, text: str) -> str:
    """Return a formula with every field it names as `{fld…}`, refusing only what is certainly wrong.

    Raises BadValue for text that is no formula, UnknownName for functions and fields that do not exist.
    How many arguments a function takes is left to Airtable to judge.
    """
    try:
        bound(place, text)
    except BadFormula as refused:
        _refuse(place, text, refused)
    return by_id(text, TableColumns(place.table).field_id)


def _refuse(place: Place, text: str, refused: BadFormula) -> None:
    for problem in refused.problems:
        if problem.kind == "syntax":
            raise BadValue(f"The formula cannot be read: {problem.message}.", hint=_marked(text, problem))
        if problem.kind == "function":
            raise UnknownName(
                f"Airtable's formulas have no function {problem.name}.",
                candidates=_candidates(place, problem),
            )
        if problem.kind == "field" and problem.name.upper() not in _WORDS:
            find_field(place, problem.name)
