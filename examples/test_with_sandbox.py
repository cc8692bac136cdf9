"""Tests of code that uses plain pyairtable, against the sandbox: no account, and faults on demand.

Run them with `pytest -p pyairtable_mcp.sandbox.pytest_plugin examples/test_with_sandbox.py`.
"""

from datetime import UTC, datetime

import pytest
from pyairtable import Table, retry_strategy
from pyairtable.formulas import match

from pyairtable_mcp.sandbox import Fault
from pyairtable_mcp.sandbox.testing.served import AirtableBase

TRACKER = {
    "Tasks": {"Name": "singleLineText", "Status": ["Todo", "Done"], "Due": "date", "Project": "Projects"},
    "Projects": {"Name": "singleLineText", "Budget": "currency"},
}
ROWS = {
    "Tasks": [
        {"Name": "Order paper", "Status": "Todo", "Due": "2026-03-01", "Project": ["Print"]},
        {"Name": "Fold flyers", "Status": "Todo", "Due": "2026-03-09", "Project": ["Print"]},
        {"Name": "Pay printer", "Status": "Done", "Due": "2026-03-01", "Project": ["Print"]},
    ]
}

PERSISTENT = retry_strategy(status_forcelist=(429, 500, 502, 503))


def close_overdue(tasks: Table) -> int:
    """Close every open task whose day has passed and return how many there were."""
    overdue = tasks.all(formula="AND({Status}='Todo', IS_BEFORE({Due}, TODAY()))")
    tasks.batch_update([{"id": each["id"], "fields": {"Status": "Done"}} for each in overdue])
    return len(overdue)


def add_task(tasks: Table, name: str) -> None:
    """Add a task."""
    tasks.create({"Name": name})


def add_task_once(tasks: Table, name: str) -> None:
    """Add a task unless there is one of that name."""
    tasks.batch_upsert([{"fields": {"Name": name}}], key_fields=["Name"])


@pytest.mark.airtable_base(TRACKER, records=ROWS)
def test_only_what_is_overdue_is_closed(airtable_base: AirtableBase) -> None:
    """The sandbox's clock says what today is."""
    airtable_base.sandbox.freeze(datetime(2026, 3, 5, tzinfo=UTC))
    tasks = airtable_base.table("Tasks")
    assert close_overdue(tasks) == 1
    assert [each["fields"]["Name"] for each in tasks.all(formula=match({"Status": "Todo"}))] == [
        "Fold flyers"
    ]


@pytest.mark.airtable_base(TRACKER)
def test_a_lost_reply_makes_a_second_record(airtable_base: AirtableBase) -> None:
    """The first answer is lost after its record was made; pyairtable tries again."""
    airtable_base.sandbox.faults.add(Fault("POST", status=502, before_commit=False))
    tasks = airtable_base.table("Tasks", retry_strategy=PERSISTENT)
    add_task(tasks, "Order ink")
    assert [each.lost for each in airtable_base.sandbox.writes] == [True, False]
    assert len(tasks.all()) == 2


@pytest.mark.airtable_base(TRACKER)
def test_an_upsert_does_not(airtable_base: AirtableBase) -> None:
    """The second try finds the record of the first."""
    airtable_base.sandbox.faults.add(Fault("PATCH", status=502, before_commit=False))
    tasks = airtable_base.table("Tasks", retry_strategy=PERSISTENT)
    add_task_once(tasks, "Order ink")
    assert len(tasks.all()) == 1
