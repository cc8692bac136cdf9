"""Looking around: which bases there are, and what a base is made of."""

from typing import Annotated

from pydantic import Field as Arg

from pyairtable_mcp.base.text import closest, fold
from pyairtable_mcp.operations.arguments import Name
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.names import find_base, pick
from pyairtable_mcp.operations.results import BaseList, Description, Detail


class ListBases(Args):
    """List the bases this token can use, with their ids."""

    search: Annotated[str, Arg(description="part of a name")] = ""


class DescribeBase(Args):
    """Tables and fields of a base, one line per field: type, options, links. Reads the schema afresh."""

    base: Name
    table: Annotated[str, Arg(description="only this table")] = ""
    detail: Annotated[Detail, Arg(description="full adds ids, descriptions and views")] = Detail.FIELDS


async def list_bases(call: Call, args: ListBases) -> BaseList:
    """Return the bases whose names hold the search text, or are like it."""
    bases = await call.airtable.bases(fresh=True)
    wanted = fold(args.search)
    found = [base for base in bases if wanted in fold(base.name) or base.id == args.search]
    if not found:
        near = closest(args.search, [base.name for base in bases])
        found = [base for base in bases if base.name in near]
    return BaseList(bases=tuple(found), total=len(bases))


async def describe_base(call: Call, args: DescribeBase) -> Description:
    """Return the base's tables as they are now, or one of them."""
    base = await find_base(call, args.base)
    schema = await call.airtable.schema(base.id, fresh=True)
    tables = schema.tables
    if args.table:
        tables = (pick("table", args.table, tables, where=f"Base '{base.name}'"),)
    return Description(base=base, tables=tables, all_tables=schema.tables, detail=args.detail)
