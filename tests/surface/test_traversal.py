"""Whatever stands where an id should: no other path of Airtable is asked, and the answer is an error."""

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import quote

import pytest
from mcp import MCPError
from mcp.types import INVALID_PARAMS

from pyairtable_mcp.base.errors import error_classes
from tests.support import examples as e
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import the_table
from tests.support.payloads import payloads
from tests.support.witness import Witness, witnesses
from tests.support.world import World, open_world

DECLARED: Final = {one.code for one in error_classes()} - {"internal", "refused", "upstream"}
REAL: Final[Mapping[str, str]] = {
    e.BASE: "appStudio00000001",
    e.SAGA: "sgaaaaaa",
    e.STEP: "a",
    e.TOKEN: "aaaa-bbbb",
    e.CURSOR: "ZmZmZmZmLjIuMi4",
    e.COMMENT: "com00000000000000",
    e.WORKFLOW: "looks",
}
_FEW: Final = 3
SEARCHES: Final = frozenset(
    {
        ("check_formula", "formula"),
        ("list_bases", "search"),
        ("list_sagas", "record"),
        ("find_records", "where.0.value"),
        ("run_saga", "steps.0.with.where.0.value"),
    }
)
"""Where a text is looked for or judged: that nothing fits is the answer there, and no error."""


@pytest.fixture
async def witnessed() -> AsyncIterator[tuple[World, Witness]]:
    made, seen = witnesses()
    async with held(open_world(seen=seen)) as world:
        for base in world.sandbox.workspace.bases.values():
            for table in base.tables.values():
                # Where little is there, little is searched for each text.
                for record in [*table.records][_FEW:]:
                    del table.records[record]
        yield world, made[0]


def real(world: World, kind: str) -> str:
    """Return the id of a thing that is there."""
    tasks = the_table(world.sandbox, "Tasks")
    first = {
        e.TABLE: tasks.id,
        e.RECORD: next(iter(tasks.records)),
        e.LINK: next(iter(the_table(world.sandbox, "People").records)),
        e.VIEW: next(iter(tasks.views)),
    }
    return REAL.get(kind) or first.get(kind) or next(iter(tasks.fields))


@behaviour("places.tools")
@pytest.mark.parametrize("tool", e.EXAMPLES)
async def test_no_text_in_the_place_of_an_id_leads_elsewhere_or_to_an_accident(
    witnessed: tuple[World, Witness], caplog: pytest.LogCaptureFixture, tool: str
) -> None:
    world, witness = witnessed
    caplog.set_level(logging.ERROR)
    seen, filed = (next(iter(the_table(world.sandbox, name).records)) for name in ("Tasks", "Projects"))
    wrong = []
    for example in e.EXAMPLES[tool]:
        for turn, (way, kind) in enumerate(example.slots.items()):
            tried = payloads(real(world, kind)) if kind != e.NEW else ()
            # Steps take their arguments as the tools do: for each of them some of the texts are enough.
            for payload in tried[turn % 4 :: 4] if tool == "run_saga" else tried:
                arguments = e.settled(example.at(way, e.worded(kind, payload)), seen, filed)
                dry = {"dry_run": True} if tool == "run_saga" else {}
                found = await world.call(tool, **{**arguments, **dry})
                # Blanks in a formula mean nothing.
                meant = (tool, way) in SEARCHES or (
                    kind == e.FORMULA and payload.strip() == real(world, kind)
                )
                fine = found.code in DECLARED if found.is_error else meant
                wrong += [] if fine else [(way, payload[:40], found.code, found.text[:200])]
    assert not wrong, "\n".join(map(repr, wrong))
    assert witness.strange(world.sandbox) == []
    assert not caplog.records


@behaviour("places.resources")
async def test_no_text_in_the_address_of_a_resource_leads_elsewhere(
    witnessed: tuple[World, Witness], caplog: pytest.LogCaptureFixture
) -> None:
    world, witness = witnessed
    caplog.set_level(logging.ERROR)
    known = {kind: real(world, kind) for kind in (e.WORKFLOW, e.SAGA, e.BASE, e.TABLE, e.RECORD)}
    wrong = []
    for template in (await world.client.list_resource_templates()).resource_templates:
        for variable in (kind for kind in known if f"{{{kind}}}" in template.uri_template):
            for payload in payloads(known[variable]):
                uri = template.uri_template.format_map({**known, variable: quote(payload, safe="")})
                try:
                    wrong.append((uri, str(await world.client.read_resource(uri))[:200]))
                except MCPError as error:
                    wrong += [] if error.error.code == INVALID_PARAMS else [(uri, error.error.message)]
    assert not wrong, "\n".join(map(repr, wrong))
    assert witness.strange(world.sandbox) == []
    assert not caplog.records
