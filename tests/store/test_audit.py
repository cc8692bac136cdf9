"""The record of who did what: whole, in order, and no row of it changed without being noticed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.store import Store, open_store
from pyairtable_mcp.store.audit_chain import Anchor, AuditRow, Link, broken_at, linked
from pyairtable_mcp.store.database import open_database
from tests.support.behaviours import behaviour

ROWS = st.builds(
    AuditRow,
    at=st.floats(0, 2e9),
    principal=st.text(max_size=5),
    tool=st.text(max_size=5),
    outcome=st.sampled_from(["done", "refused"]),
    ms=st.integers(0, 99),
)


def chained(rows: list[AuditRow]) -> list[Link]:
    links: list[Link] = []
    before = Anchor()
    for row in rows:
        links.append(linked(before, row))
        before = Anchor(links[-1].number, links[-1].digest)
    return links


@behaviour("audit.chain")
@given(st.lists(ROWS, min_size=2, max_size=6), st.data())
def test_a_row_altered_removed_or_moved_breaks_the_chain_where_it_stood(
    rows: list[AuditRow], data: st.DataObject
) -> None:
    links = chained(rows)
    assert broken_at(links, Anchor())[0] == 0
    at = data.draw(st.integers(0, len(links) - 2))
    other = data.draw(ROWS.filter(lambda row: row != rows[at]))
    forged = linked(Anchor(at, links[at - 1].digest) if at else Anchor(), other)
    for changed in (
        [*links[:at], Link(at + 1, links[at].digest, other), *links[at + 1 :]],
        [*links[:at], *links[at + 1 :]],
        [*links[:at], links[at + 1], links[at], *links[at + 2 :]],
        [*links[:at], links[at], *links[at:]],
    ):
        assert 0 < broken_at(changed, Anchor())[0] <= at + 2
    assert broken_at([*links[:at], forged, *links[at + 1 :]], Anchor())[0] == at + 2


@asynccontextmanager
async def audited(where: str, count: int = 5) -> AsyncIterator[Store]:
    clock = ManualClock()
    async with open_store(where, clock) as store:
        for n in range(count):
            await store.audit.append(AuditRow(principal=f"p{n % 2}", tool=f"t{n}", outcome="done"))
            await clock.advance(10)
        yield store


async def tampered(where: str, *statements: str) -> None:
    """Change the rows behind the store's back."""
    database = open_database(where)

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    await database.run(work)
    await database.close()


@behaviour("audit.verify")
@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        ((), 0),
        (("update audit set outcome = 'refused' where number = 3",), 3),
        (("update audit set ms = 1 where number = 1",), 1),
        (("delete from audit where number = 3",), 3),
        (("delete from audit where number = 1",), 1),
        (("delete from audit where number = 5",), 5),
        (("delete from audit",), 1),
        (
            (
                "update audit set number = 9 where number = 2",
                "update audit set number = 2 where number = 3",
                "update audit set number = 3 where number = 9",
            ),
            2,
        ),
        (("update audit_ends set number = 9 where name = 'last'",), 6),
    ],
)
async def test_the_check_finds_the_first_row_that_is_not_as_it_was_written(
    where: str, statements: tuple[str, ...], broken: int
) -> None:
    async with audited(where) as store:
        await tampered(where, *statements)
        verdict = await store.audit.verify()
    assert verdict.broken_at == broken
    assert verdict.rows == 5 or broken


@behaviour("audit.append")
async def test_rows_written_at_the_same_moment_form_one_chain(where: str) -> None:
    async with open_store(where, ManualClock()) as store:
        row = AuditRow(principal="p", tool="t", outcome="done")
        numbers = await asyncio.gather(*(store.audit.append(row) for _ in range(20)))
        assert sorted(numbers) == list(range(1, 21))
        assert (await store.audit.verify()).broken_at == 0


@behaviour("audit.append")
async def test_rows_are_read_by_who_and_what_in_either_order(where: str) -> None:
    async with audited(where) as store:
        read = store.audit.read

        def tools(links: Sequence[Link]) -> list[str]:
            return [link.row.tool for link in links]

        assert tools(await read()) == ["t0", "t1", "t2", "t3", "t4"]
        assert tools(await read(newest=True, limit=2)) == ["t4", "t3"]
        assert tools(await read(principal="p1")) == ["t1", "t3"]
        assert tools(await read(tool="t2")) == ["t2"]
        assert tools(await read(after=3)) == ["t3", "t4"]


@behaviour("audit.keep")
async def test_what_is_too_old_goes_from_the_beginning_and_the_rest_still_holds_together(where: str) -> None:
    async with audited(where) as store:
        assert await store.audit.prune(1_000_000_000.0) == 0
        assert await store.audit.prune(-1.0) == 5
        await store.audit.append(AuditRow(principal="p", tool="later", outcome="done"))
        verdict = await store.audit.verify()
        assert (verdict.rows, verdict.broken_at, verdict.head.number) == (1, 0, 6)
    await tampered(where, "delete from audit where number = 6")
    async with open_store(where, ManualClock()) as store:
        assert (await store.audit.verify()).broken_at == 6
