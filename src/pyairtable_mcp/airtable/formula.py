"""Filter formulas, built with pyairtable, which is imported only when one is needed: that takes 0.14 s."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.base.ids import is_id


def record_id_filter(ids: Sequence[str]) -> str:
    """Return a formula that is true for the records of these ids; at least one is needed.

    Raises `BadValue` for anything that is not a record id.
    """
    for each in ids:
        if not is_id(each, "rec"):
            raise BadValue(
                f"{each!r} is not a record id.", hint="Record ids are `rec` and 14 letters or digits."
            )
    formulas = import_module("pyairtable.formulas")
    return str(formulas.OR(*(formulas.EQ(formulas.RECORD_ID(), each) for each in ids)))


def quote(text: str) -> str:
    """Return a text as a string literal for a formula."""
    return str(import_module("pyairtable.formulas").quoted(text))


def created_since(moment: datetime) -> str:
    """Return a formula that is true for the records created after a moment."""
    spelt = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f'IS_AFTER(CREATED_TIME(),"{spelt}")'
