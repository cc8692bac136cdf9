"""Making bases."""

import pytest
from pydantic import JsonValue

from pyairtable_mcp.base.errors import OutcomeUnknown, Rejected
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair

WORKSPACE = "wspSandbox0000001"
NOTES: dict[str, JsonValue] = {"name": "Notes", "fields": [{"name": "Title", "type": "singleLineText"}]}


async def test_a_base_is_made_with_its_tables_and_seen_at_once(pair: Pair) -> None:
    await pair.at.bases()
    made = await pair.at.create_base(WORKSPACE, "Fresh", [NOTES])
    assert [table.name for table in made.tables] == ["Notes"]
    assert not pair.at.untouched
    assert ("Fresh", made.id) in [(base.name, base.id) for base in await pair.at.bases()]
    assert (await pair.at.schema(made.id)).tables[0].id == made.tables[0].id


async def test_a_base_without_tables_is_refused(pair: Pair) -> None:
    with pytest.raises(Rejected):
        await pair.at.create_base(WORKSPACE, "Empty", [])


async def test_a_base_whose_creation_was_not_answered_is_not_made_twice_and_is_seen(pair: Pair) -> None:
    await pair.at.bases()
    pair.sandbox.faults.add(Fault("POST", status=0, before_commit=False))
    with pytest.raises(OutcomeUnknown):
        await pair.at.create_base(WORKSPACE, "Once", [NOTES])
    assert [base.name for base in await pair.at.bases()].count("Once") == 1
