"""Which records a change is about: those listed by id or name, or those a filter finds."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.errors import InvalidArguments, TooLarge
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.filters import build_filter
from pyairtable_mcp.operations.names import Place


def one_way(tool: str, **ways: bool) -> None:
    """Refuse a call that says in no way, or in two, which records it is about."""
    given = [name for name, is_given in ways.items() if is_given]
    if len(given) != 1:
        told = f"both {' and '.join(given)}" if given else f"none of {', '.join(ways)}"
        raise InvalidArguments(
            f"{tool} was given {told}; it takes exactly one.",
            hint="A filter keeps it from touching every record: name the records, or state a condition.",
        )


def allowed_count(call: Call, count: int, verb: str) -> None:
    """Refuse a write of more records than one call may touch."""
    limit = call.settings.limits.write_records
    if count > limit:
        raise TooLarge(
            f"This would {verb} {count} records; one call may {verb} {limit}.",
            hint="Split the call, narrow the filter, or raise PYAIRTABLE_MCP_LIMITS_WRITE_RECORDS.",
        )


async def filtered(
    call: Call,
    place: Place,
    where: Sequence[Mapping[str, JsonValue]],
    formula: str,
    fields: Sequence[Field],
    verb: str,
    *,
    comment_counts: bool = False,
) -> list[Record]:
    """Return the records a filter finds, with these fields and the primary one.

    Raises TooLarge as soon as there are more than one call may write.
    """
    text = await build_filter(call, place, where, formula)
    columns = tuple(dict.fromkeys([place.primary.id, *(f.id for f in fields)]))
    limit = call.settings.limits.write_records
    found: list[Record] = []
    query = Query(fields=columns, formula=text, comment_counts=comment_counts)
    async for page in call.airtable.records(place.base.id, place.table.id, query, limit=limit + 1):
        found += page.records
    if len(found) > limit:
        raise TooLarge(
            f"The filter matches more than {limit} records, which is what one call may {verb}.",
            hint="Narrow it, or raise PYAIRTABLE_MCP_LIMITS_WRITE_RECORDS.",
        )
    return found
