"""Loading bases into a workspace: all of them, or none and every problem told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.loading.problems import Problems
from pyairtable_mcp.sandbox.loading.records import RecordLoader
from pyairtable_mcp.sandbox.loading.rows import Rows, read_rows
from pyairtable_mcp.sandbox.loading.schema import SchemaReader
from pyairtable_mcp.sandbox.state.model import Base, Table, User, Workspace


@dataclass(frozen=True, slots=True)
class Document:
    """A base to load: the metadata of its tables with the base's `id` and `name`, and maybe `records`.

    `where` names the document in problems. `records` holds answers of list records by table id or name.
    """

    where: str
    content: Json


@dataclass(frozen=True, slots=True)
class TableRecords:
    """Records for one table of the loaded bases, by id or name: an answer of list records, or CSV text."""

    where: str
    table: str
    content: Json


@dataclass(slots=True)
class _Loading:
    """A base under way, and the rows found for its tables so far."""

    base: Base
    rows: list[tuple[Table, Rows]] = field(default_factory=list)


def load_bases(
    workspace: Workspace, documents: Sequence[Document], records: Sequence[TableRecords] = ()
) -> Sequence[Base]:
    """Add bases to the workspace and return them; raise `BadLoad` with every problem and add nothing."""
    problems = Problems()
    loadings = [_Loading(_schema(workspace, each, problems)) for each in documents]
    ids = [each.base.id for each in loadings]
    for key in {key for key in ids if ids.count(key) > 1}:
        problems.add(key, "the base is there twice")
    problems.stop_here()
    for each, document in zip(loadings, documents, strict=True):
        _inside(each, document, problems)
    for given in records:
        _beside(loadings, given, problems)
    users: dict[str, User] = {}
    for each in loadings:
        loader = RecordLoader(workspace, each.base, problems)
        loader.load(each.rows)
        users.update(loader.users)
    problems.stop_here()
    workspace.users.update(users)
    workspace.bases.update({each.base.id: each.base for each in loadings})
    workspace.changes.everything = True
    return [each.base for each in loadings]


def _schema(workspace: Workspace, document: Document, problems: Problems) -> Base:
    content = document.content
    if not isinstance(content, Mapping):
        problems.add(document.where, "must be an object with id, name and tables")
        return Base("", "")
    base = SchemaReader(document.where, problems).base(content)
    base.created = workspace.clock.now()
    if base.id in workspace.bases:
        problems.add(document.where, f"there is a base {base.id} already")
    return base


def _inside(loading: _Loading, document: Document, problems: Problems) -> None:
    """Find the records that stand in the document of a base."""
    held = document.content.get("records") if isinstance(document.content, Mapping) else None
    if held is not None and not isinstance(held, Mapping):
        problems.add(document.where, "records must be an object by table id or name")
        return
    for key, content in (held or {}).items():
        _beside([loading], TableRecords(document.where, key, content), problems)


def _beside(loadings: Sequence[_Loading], given: TableRecords, problems: Problems) -> None:
    """Find the table that records are for."""
    found = [(each, table) for each in loadings if (table := each.base.table_by(given.table))]
    if len(found) > 1:
        problems.add(given.where, f"several bases have a table {given.table!r}; name it by its id")
    elif not found:
        names = [table.name for each in loadings for table in each.base.tables.values()]
        problems.unknown(given.where, "table", given.table, names)
    else:
        loading, table = found[0]
        where = f"{given.where}: table {table.name!r}"
        loading.rows.append((table, read_rows(where, given.content, problems)))
