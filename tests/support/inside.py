"""Looking straight into the sandbox, past the server under test, and putting things there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from pyairtable_mcp.base.ids import mint
from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox import RequestRecord, Sandbox
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder
from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table

LAB = "Lab"
LAB_ID = "appTestLab0000001"
MADE = datetime(2025, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Raw:
    """A record as Airtable's API would show it, by field name."""

    id: str
    cells: Mapping[str, Json]

    def __getitem__(self, name: str) -> Json:
        return self.cells.get(name)

    def text(self, name: str) -> str:
        """Return a cell that holds text; "" when it is empty."""
        return str(self.cells.get(name) or "")


def the_base(sandbox: Sandbox, name: str) -> Base:
    return next(base for base in sandbox.workspace.bases.values() if base.name == name)


def the_table(sandbox: Sandbox, table: str, base: str = "Studio") -> Table:
    found = the_base(sandbox, base).table_by(table)
    assert found is not None, table
    return found


def the_field(sandbox: Sandbox, table: str, field: str, base: str = "Studio") -> Field:
    found = the_table(sandbox, table, base).field_by(field)
    assert found is not None, field
    return found


def raw(sandbox: Sandbox, table: str, base: str = "Studio") -> list[Raw]:
    """Return every record of a table, in the order of the table."""
    home, found = the_base(sandbox, base), the_table(sandbox, table, base)
    reader = BaseReader(sandbox.workspace, home, Formulas())
    return [
        Raw(record.id, {field.name: reader.json(found, record, field) for field in found.fields.values()})
        for record in found.records.values()
    ]


def named(sandbox: Sandbox, table: str, name: str, base: str = "Studio") -> Raw:
    """Return the one record with this primary value."""
    primary = the_table(sandbox, table, base).primary.name
    (found,) = (record for record in raw(sandbox, table, base) if record[primary] == name)
    return found


def lab(sandbox: Sandbox, name: str = LAB, base_id: str = LAB_ID) -> BaseBuilder:
    """Add an empty base to build tables in; call `connect` when they are all there."""
    builder = BaseBuilder(base_id, name, Random(3), sandbox.workspace.owner, MADE)
    sandbox.workspace.bases[base_id] = builder.base
    return builder


def data_requests(requests: Sequence[RequestRecord]) -> list[RequestRecord]:
    """Return the requests that touch records or comments: all but those about bases and schemas."""
    return [one for one in requests if "/meta/" not in one.path]


def writes(requests: Sequence[RequestRecord]) -> list[RequestRecord]:
    """Return the requests that would change something."""
    return [one for one in requests if one.method != "GET" and not one.path.endswith("/listRecords")]


def fill(table: Table, *rows: Mapping[str, Json]) -> list[str]:
    """Add rows whose cells are put in as they are stored (select options by name); return the record ids."""
    rng = Random(table.id)
    by_name = {field.name: field for field in table.fields.values()}
    made: list[str] = []
    for row in rows:
        cells = {by_name[name].id: _stored(by_name[name], value) for name, value in row.items()}
        held: dict[str, Json] = {key: cell for key, cell in cells.items() if cell is not None}
        record = Record(
            mint("rec", rng), table.next_number, MADE, "usrSamRivera00001", MADE, "usrSamRivera00001", held
        )
        table.next_number += 1
        table.records[record.id] = record
        made.append(record.id)
    return made


def _stored(field: Field, value: Json) -> Json:
    listed = field.options.get("choices")
    ids = (
        {str(each["name"]): str(each["id"]) for each in listed or () if isinstance(each, dict)}
        if isinstance(listed, list)
        else {}
    )
    if isinstance(value, list):
        return [ids.get(str(each), each) if isinstance(each, str) else each for each in value]
    return ids.get(value, value) if isinstance(value, str) else value
