"""Tables for many sagas at a time, each with records of its own, and some of the sagas bound to fail."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from pyairtable_mcp.engine.model import NewSaga
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.state.model import Table
from tests.engine.crash.ordeal import Case
from tests.engine.crash.process import Steps
from tests.engine.crash.tasks import Task
from tests.support.inside import LAB_ID, fill, lab

_IN_A_TABLE: Final = 20
"""Sagas that share a table: few, because a look reads all of it."""
_FAIL: Final = 0.3
"""The share of sagas whose last step fails, so that they are taken back."""


def staged(sandbox: Sandbox, sagas: int, seed: int) -> list[Case]:
    """Put tables and records for so many sagas into a sandbox."""
    builder = lab(sandbox)
    columns = (c.line("Name"), c.one_of("Status", "Open", "Done"))
    tables = [builder.table(f"Part {number}", *columns) for number in range(-(-sagas // _IN_A_TABLE))]
    builder.connect()
    return list(_cases(tables, sagas, Random(seed)))


def _cases(tables: Sequence[Table], sagas: int, rng: Random) -> Iterator[Case]:
    for start, table in enumerate(tables):
        prefixes = [f"s{number}" for number in range(start, sagas, len(tables))]
        there = ("to update", "to delete", "noted")
        ids = iter(fill(table, *({"Name": f"{prefix} {one}"} for prefix in prefixes for one in there)))
        for prefix in prefixes:
            task = Task(
                role="run", where="", url="", token="", out="", prefix=prefix,
                updated=next(ids), deleted=next(ids), noted=next(ids), fails=rng.random() < _FAIL,
            )  # fmt: skip
            yield Case(table, task)


def saga_of(case: Case) -> NewSaga:
    """Return the saga that plays in a case."""
    status = case.table.field_id("Status")
    assert status is not None
    return Steps(case.task, LAB_ID, case.table.id, case.table.primary.id, status).saga()
