"""What a resource is about, as far as changes go: pure, but for the names that have to be looked up."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.engine.feed import News
from pyairtable_mcp.operations.batches import Kind
from pyairtable_mcp.operations.names import find_base, find_place
from pyairtable_mcp.surface.resources import ONE_WORKFLOW, RECORD, SAGA, SAGAS, SCHEMA, TABLE, WORKFLOWS
from pyairtable_mcp.workflows.call import FlowCall

_READ_BY: Final = {
    WORKFLOWS: "list_workflows",
    ONE_WORKFLOW: "list_workflows",
    SAGA: SAGAS,
    SCHEMA: "describe_base",
    TABLE: "find_records",
    RECORD: "get_records",
}
"""The resources that can be listened to, and the tool that each is read by; the first that fits counts."""
_SHAPES: Final = [
    (re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/?#]+)", address)), tool) for address, tool in _READ_BY.items()
]
_SCHEMA_KINDS: Final = frozenset({Kind.CREATE_TABLE, Kind.CREATE_FIELD, Kind.UPDATE_TABLE, Kind.UPDATE_FIELD})


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A saga, a workflow (`every` stands for all of them), or a base and what of it, named by their ids.

    Without a table it is the schema of the base, without a record all records of the table.
    """

    saga: str = ""
    workflow: str = ""
    every: bool = False
    base: str = ""
    table: str = ""
    record: str = ""


def told(topic: Topic, news: News, owner: str | None) -> bool:
    """Tell whether something of a topic has changed, for a principal whose sagas are `owner`'s; None: all."""
    if topic.base:
        return any(_touches(topic, one.write, one.records) for one in news.writes)
    mine = [one for one in news.sagas if owner in (None, one.principal)]
    if topic.saga:
        return any(one.saga == topic.saga for one in mine)
    names = {one.workflow for one in mine if one.workflow}
    names |= {one.name for one in news.workflows if owner in (None, one.principal)}
    return bool(names) if topic.every else topic.workflow in names


def _touches(topic: Topic, write: JsonValue, records: Sequence[str]) -> bool:
    if not isinstance(write, dict) or write.get("base") != topic.base:
        return False
    if not topic.table:
        return write.get("kind") in _SCHEMA_KINDS
    if write.get("table") != topic.table:
        return False
    return not topic.record or topic.record in (*records, write.get("record"))


async def topic_of(looking: Callable[[str], Awaitable[FlowCall]], uri: str) -> Topic | None:
    """Return what the resource at an address is about; `looking` gives scope for what a tool would show.

    None for what does not change through this server, and for what is not there. Raises what `looking` does.
    """
    matches = ((tool, shape.fullmatch(uri)) for shape, tool in _SHAPES)
    tool, match = next(((tool, match) for tool, match in matches if match), ("", None))
    if match is None:
        return None
    call = await looking(tool)
    names = {name: unquote(text) for name, text in match.groupdict().items()}
    if "base" in names:
        return await _found(call, **names)
    return Topic(saga=names.get("saga", ""), workflow=names.get("workflow", ""), every=not names)


async def _found(call: FlowCall, base: str, table: str = "", record: str = "") -> Topic | None:
    """Look names up; a record that is not named by its id stands for all of its table."""
    try:
        if not table:
            found = await find_base(call, base)
            # Whether it can be seen at all is what its schema tells.
            await call.airtable.schema(found.id)
            return Topic(base=found.id)
        place = await find_place(call, base, table)
    except AppError:
        return None
    return Topic(base=place.base.id, table=place.table.id, record=record if is_id(record, "rec") else "")
