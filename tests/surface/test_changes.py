"""The account of a write."""

from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.airtable.models import Field
from pyairtable_mcp.base.errors import Rejected
from pyairtable_mcp.base.text import tokens
from pyairtable_mcp.operations.results import CellChange, Changes, Fate, RecordChange
from pyairtable_mcp.surface.render.changes import changes_text
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.world import World

PAPER = Paper(2_000, 400, ZoneInfo("UTC"), Random(5))
NAME = Field(id="fld00000000000001", name="Name", type="singleLineText")


def change(at: int, fate: Fate, text: str = "new") -> RecordChange:
    known = fate not in (Fate.NOT_SENT, Fate.UNKNOWN)
    return RecordChange(
        at, f"rec{at:014d}" if known else "", f"Record {at}", fate, (CellChange(NAME, "old", text),)
    )


@behaviour("render.account_ceiling")
@pytest.mark.parametrize("fate", list(Fate))
@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("failed", [True, False])
def test_no_account_breaks_the_hard_ceiling(fate: Fate, dry_run: bool, failed: bool) -> None:
    every = tuple(change(n * 2, fate, f"{'x' * 150} {n}") for n in range(2_500))
    whole = Changes(
        base="B", table="T", changes=every, dry_run=dry_run, error=Rejected("no") if failed else None
    )
    told = changes_text(whole, PAPER)
    assert tokens(told) <= HARD_TOKENS + 500
    assert "2500 " in told or " more" in told


@behaviour("render.account_whole")
@given(st.lists(st.sampled_from(list(Fate)), min_size=1, max_size=40))
def test_a_failed_write_accounts_for_every_record(fates: list[Fate]) -> None:
    changes = tuple(change(at, fate) for at, fate in enumerate(fates))
    told = changes_text(Changes(base="B", table="T", changes=changes, error=Rejected("no")), PAPER)
    for fate in set(fates):
        assert f"{fates.count(fate)} {fate.value}" in told
    for one in changes:
        assert not one.id or one.id in fenced(told)


@behaviour("render.grouped")
async def test_a_dry_run_over_many_records_tells_groups_of_equal_changes(studio: World) -> None:
    reply = await studio.call(
        "update_records",
        base="Studio",
        table="Tasks",
        formula="TRUE()",
        set={"Status": "Done", "Billable": True},
        dry_run=True,
    )
    assert reply.code == "too_large"
    where = [{"field": "Status", "op": "in", "value": ["Blocked", "In Review"]}]
    reply = await studio.call(
        "update_records", base="Studio", table="Tasks", where=where, set={"Status": "Done"}, dry_run=True
    )
    lines = fenced(reply.text).splitlines()
    assert any(line.startswith("Status: In Review → Done (89 ") for line in lines)
    assert any(line.startswith("Status: Blocked → Done (") for line in lines)
    assert len(reply.text) < 1_000
