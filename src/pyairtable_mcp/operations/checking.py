"""Checking a formula: what is wrong with it, or what it comes to."""

from typing import Annotated

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.formula import record_id_filter
from pyairtable_mcp.airtable.models import Field, Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.operations.arguments import Name
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.lookups import find_records_by_key, record_name
from pyairtable_mcp.operations.names import Place, find_place
from pyairtable_mcp.operations.results import FormulaCheck, Sample


class CheckFormula(Args):
    """Check a formula before using it: what is wrong and where, or its result type and fields."""

    base: Name
    table: Name
    formula: Annotated[str, Arg(max_length=50_000)]
    record: Annotated[
        str, Arg(max_length=1000, description="id or primary value: compute it for this record")
    ] = ""


async def check_formula(call: Call, args: CheckFormula) -> FormulaCheck:
    """Return every problem of the formula, or its result type, fields and, for a record, its value.

    No request is spent but for the schema, when it is not remembered, and for the record.
    """
    from pyairtable_mcp.formula.problems import BadFormula
    from pyairtable_mcp.formula.results import result_type
    from pyairtable_mcp.operations import formula_checks

    place = await find_place(call, args.base, args.table)
    try:
        bound = formula_checks.bound(place, args.formula)
    except BadFormula as refused:
        return FormulaCheck(problems=formula_checks.problems_of(place, args.formula, refused))
    fields = [place.table.by_id[each] for each in bound.fields]
    result = result_type(formula_checks.TableColumns(place.table), args.formula)
    sample = await _sample(call, place, args, fields) if args.record else None
    return FormulaCheck(result=result, fields=tuple(each.name for each in fields), sample=sample)


async def _sample(call: Call, place: Place, args: CheckFormula, fields: list[Field]) -> Sample:
    """Compute the formula over one record: one request, and one more when a field holds links."""
    from pyairtable_mcp.formula.values import Failed, to_json
    from pyairtable_mcp.operations import formula_checks
    from pyairtable_mcp.operations.formula_values import RecordCells, holds_links

    record = (await find_records_by_key(call, place, [args.record], fields))[args.record]
    links = [each for each in fields if holds_links(each) and record.fields.get(each.id) is not None]
    names = await _shown(call, place, record, links) if links else {}
    scope = RecordCells(place.table, record, names, call.clock.now())
    named = record_name(place, record) or record.id
    try:
        return Sample(named, to_json(formula_checks.bound(place, args.formula).run(scope)))
    except Failed as failed:
        return Sample(named, None, str(failed))


async def _shown(call: Call, place: Place, record: Record, links: list[Field]) -> dict[str, JsonValue]:
    query = Query(
        fields=tuple(each.id for each in links),
        formula=record_id_filter([record.id]),
        cell_format="string",
        time_zone=call.settings.time_zone,
        user_locale=call.settings.locale,
    )
    page = await call.airtable.page(place.base.id, place.table.id, query, size=1)
    return dict(page.records[0].fields) if page.records else {}
