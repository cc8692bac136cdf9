"""The sandbox on a real socket, spoken to by pyairtable, which knows nothing of us."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import requests
from pyairtable import Api, formulas
from pyairtable.models.schema import FormulaFieldSchema, SingleSelectFieldSchema

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Fault, Sandbox
from pyairtable_mcp.sandbox.serve import serve_sandbox

STUDIO = "appStudio00000001"


class Announced(io.StringIO):
    """A text stream that tells when its first line is complete."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def flush(self) -> None:
        self.written.set()


@dataclass(frozen=True)
class Served:
    sandbox: Sandbox
    api: Api
    line: dict[str, object]


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[dict[str, object]]:
    """Serve from a thread with a loop of its own, until the block ends."""
    out, loop = Announced(), asyncio.new_event_loop()
    served = loop.create_task(serve_sandbox(sandbox, port=0, token=DEFAULT_TOKEN, out=out))

    def run() -> None:
        asyncio.set_event_loop(loop)
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(served)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert out.written.wait(5)
    try:
        yield json.loads(out.getvalue())
    finally:
        loop.call_soon_threadsafe(served.cancel)
        thread.join(5)


@pytest.fixture
def served() -> Iterator[Served]:
    sandbox = Sandbox(clock=ManualClock(), rate=0)
    with serving(sandbox) as line:
        api = Api(DEFAULT_TOKEN, endpoint_url=str(line["url"]), retry_strategy=None)
        yield Served(sandbox, api, line)
        api.session.close()


def test_the_first_line_says_where_with_what_token_and_which_bases(served: Served) -> None:
    assert str(served.line["url"]).startswith("http://127.0.0.1:")
    assert served.line["token"] == DEFAULT_TOKEN
    assert served.line["bases"] == [
        {"id": STUDIO, "name": "Studio"},
        {"id": "appArchive0000001", "name": "Archive"},
    ]


def test_pyairtable_reads_whoami_bases_and_every_schema(served: Served) -> None:
    assert served.api.whoami()["id"] == "usrSamRivera00001"
    assert [base.name for base in served.api.bases()] == ["Studio", "Archive"]
    schema = served.api.base(STUDIO).schema()
    assert len(schema.tables) == 6
    overdue = schema.table("Tasks").field("Overdue")
    assert isinstance(overdue, FormulaFieldSchema)
    unknown = [f.name for t in schema.tables for f in t.fields if type(f).__name__ == "UnknownFieldSchema"]
    assert unknown == []
    people = served.api.base(STUDIO).collaborators()
    assert "sam.rivera@example.com" in [each.email for each in people.individual_collaborators.via_base]


def test_pyairtable_creates_reads_changes_and_deletes_records(served: Served) -> None:
    table = served.api.table(STUDIO, "Clients")
    made = table.create({"Name": "From pyairtable", "Status": "Lead"})
    assert table.get(made["id"])["fields"]["Status"] == "Lead"
    assert table.update(made["id"], {"Status": "Active"})["fields"]["Status"] == "Active"
    assert "Status" not in table.update(made["id"], {"Name": "Only"}, replace=True)["fields"]
    many = table.batch_create([{"Name": f"Batch {number}"} for number in range(23)])
    table.batch_update([{"id": each["id"], "fields": {"City": "Bonn"}} for each in many])
    assert len(table.all(formula=formulas.match({"City": "Bonn"}))) == 23
    assert all(each["deleted"] for each in table.batch_delete([each["id"] for each in many]))
    assert table.delete(made["id"])["deleted"]
    assert len(table.all()) == 60


def test_pyairtable_upserts(served: Served) -> None:
    table = served.api.table(STUDIO, "Clients")
    rows = [{"fields": {"Name": "Globex", "City": "Here"}}, {"fields": {"Name": "New", "City": "There"}}]
    found = table.batch_upsert(rows, key_fields=["Name"])
    assert (len(found["createdRecords"]), len(found["updatedRecords"])) == (1, 1)


def test_pyairtable_pages_sorts_and_asks_in_a_body_when_the_url_grows(served: Served) -> None:
    table = served.api.table(STUDIO, "Tasks")
    assert len(table.all(fields=["Name"], sort=["-Due", "Name"], view="All")) == 900
    wanted = [each["id"] for each in table.all(max_records=700)]
    formula = formulas.OR(*[formulas.EQ(formulas.RECORD_ID(), key) for key in wanted])
    found = table.all(
        formula=formula, cell_format="string", time_zone="utc", user_locale="en", count_comments=True
    )
    assert {each["id"] for each in found} == set(wanted)
    assert any(line.path.endswith("/listRecords") for line in served.sandbox.requests)


def test_pyairtables_formula_builders_mean_here_what_they_mean_there(served: Served) -> None:
    table = served.api.table(STUDIO, "Tasks")
    due = formulas.Field("Due")
    for formula, least in (
        (formulas.AND(formulas.EQ(formulas.Field("Status"), "In Review")), 89),
        (formulas.GTE(due, date(2026, 1, 1)), 1),
        (formulas.IS_AFTER(due, datetime(2026, 1, 1, tzinfo=UTC)), 1),
        (formulas.match({"Status": "Todo", "Billable": True}), 1),
        (formulas.NOT(formulas.EQ(formulas.Field("Billable"), False)), 1),
    ):
        assert len(table.all(formula=formula)) >= least
    for name in ('O\'Brien said "use C:\\temp\\new" and left',):
        assert len(table.all(formula=formulas.match({"Name": name}))) == 1


def test_pyairtable_comments(served: Served) -> None:
    table = served.api.table(STUDIO, "Tasks")
    key = table.all(max_records=1)[0]["id"]
    comment = table.add_comment(key, "Hello @[usrMeiTanaka00001]")
    assert comment.mentioned["usrMeiTanaka00001"].display_name == "Mei Tanaka"
    comment.text = "Changed"
    comment.save()
    assert [each.text for each in table.comments(key)] == ["Changed"]
    comment.delete()
    assert table.comments(key) == []


def test_pyairtable_makes_tables_and_fields(served: Served) -> None:
    base = served.api.base("appArchive0000001")
    table = base.create_table("Notes", [{"name": "Title", "type": "singleLineText"}], description="Remarks")
    choices = {"choices": [{"name": "A"}, {"name": "B"}]}
    field = table.create_field("Kind", "singleSelect", "What it is", choices)
    assert isinstance(field, SingleSelectFieldSchema)
    assert [each.name for each in field.options.choices] == ["A", "B"]
    schema = base.table("Notes").schema()
    schema.description = "Other remarks"
    schema.save()
    field.name = "Sort"
    field.save()
    assert base.schema(force=True).table("Notes").field("Sort").description == "What it is"


def test_pyairtable_meets_refusals_as_errors(served: Served) -> None:
    with pytest.raises(requests.HTTPError, match="INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"):
        served.api.table(STUDIO, "Nope").all()
    served.sandbox.faults.add(Fault(status=0))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        served.api.whoami()


async def test_a_taken_port_is_an_error() -> None:
    with serving(Sandbox("empty")) as line:
        port = int(str(line["url"]).rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            await serve_sandbox(Sandbox("empty"), port=port, token=DEFAULT_TOKEN, out=io.StringIO())
