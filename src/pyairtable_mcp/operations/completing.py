"""Names that begin as somebody has begun to type them: bases, tables, and records by primary value."""

from collections.abc import Sequence

from pyairtable_mcp.airtable.reads import RECORDS_TTL
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.text import fold
from pyairtable_mcp.operations import formulas
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.lookups import record_name
from pyairtable_mcp.operations.names import find_base, find_place

MOST = 100


async def base_names(call: Call, begun: str) -> list[str]:
    """Return the names of bases that hold what was typed, those that begin with it first."""
    return ranked([base.name for base in await call.airtable.bases()], begun)


async def table_names(call: Call, base: str, begun: str) -> list[str]:
    """Return the names of the base's tables that hold what was typed, those that begin with it first."""
    found = await find_base(call, base)
    schema = await call.airtable.schema(found.id)
    return ranked([table.name for table in schema.tables], begun)


async def record_names(call: Call, base: str, table: str, begun: str) -> list[str]:
    """Return primary values that begin with what was typed; one request of at most 100 records."""
    place = await find_place(call, base, table)
    formula = formulas.starts_with(place.primary, begun) if begun else formulas.filled(place.primary)
    query = Query(fields=(place.primary.id,), formula=formula)
    page = await call.airtable.page(place.base.id, place.table.id, query, size=MOST, max_age=RECORDS_TTL)
    return ranked([record_name(place, record) for record in page.records], begun)


def ranked(names: Sequence[str], begun: str) -> list[str]:
    """Return the names that hold what was typed, those that begin with it first; 100 at most."""
    wanted = fold(begun)
    holding = [name for name in dict.fromkeys(names) if wanted in fold(name)]
    return sorted(holding, key=lambda name: not fold(name).startswith(wanted))[:MOST]
