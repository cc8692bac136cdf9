"""Changing what a base is made of: new tables, new fields, other names, descriptions and options."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field as Arg
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Field, Table
from pyairtable_mcp.airtable.outcomes import WriteReport
from pyairtable_mcp.base.errors import AppError, BadValue, UnknownName
from pyairtable_mcp.base.text import closest, counted, fold, listed, quoted, visible
from pyairtable_mcp.operations.arguments import DryRun, Name
from pyairtable_mcp.operations.batches import Batch, Item, Kind
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.field_types import CREATABLE, FIELD_TYPES, FieldType, choices
from pyairtable_mcp.operations.names import Place, find_base, find_field, find_place, pick
from pyairtable_mcp.operations.planned import Planned, done_id
from pyairtable_mcp.operations.problems import Problems
from pyairtable_mcp.operations.results import Done

_LONGEST_DESCRIPTION: Final = 20_000
_SELECTS: Final = ("singleSelect", "multipleSelects")
Description = Annotated[str, Arg(max_length=_LONGEST_DESCRIPTION)]


class NewField(Args):
    """A field to create; `choices` are the options of a select, `links_to` the table of a link field."""

    name: Name
    type: Name
    description: Description = ""
    choices: list[Name] = []
    links_to: Annotated[str, Arg(description="table")] = ""
    options: dict[str, JsonValue] = {}


class FieldChange(Args):
    """What to change about a field; `add_choices` adds options to a select."""

    field: Name
    name: str = ""
    description: Description = ""
    add_choices: list[Name] = []
    options: dict[str, JsonValue] = {}


NewFields = Annotated[list[NewField], Arg(min_length=1)]


class CreateTable(Args):
    """Create a table. The first field is the primary one: text, number, date, url, email or phone."""

    base: Name
    table: Annotated[Name, Arg(description="name of the new table")]
    fields: NewFields
    description: Description = ""
    dry_run: DryRun = False


class CreateFields(Args):
    """Add fields to a table."""

    base: Name
    table: Name
    fields: NewFields
    dry_run: DryRun = False


class UpdateSchema(Args):
    """Rename or describe a table and its fields, or add options to selects."""

    base: Name
    table: Name
    name: Annotated[str, Arg(max_length=255, description="new name of the table")] = ""
    description: Description = ""
    fields: list[FieldChange] = []
    dry_run: DryRun = False


async def plan_create_table(call: Call, args: CreateTable) -> Planned:
    """Work out the table with all its fields, which take one request."""
    base = await find_base(call, args.base)
    schema = await call.airtable.schema(base.id)
    if any(fold(table.name) == fold(args.table) for table in schema.tables):
        raise BadValue(f"Base {quoted(base.name)} already has a table {quoted(args.table)}.")
    tables = {table.name: table.id for table in schema.tables}
    bodies = _bodies(args.fields, tables, taken=())
    first = FIELD_TYPES[str(bodies[0]["type"])]
    if not first.primary:
        can = [t.name for t in FIELD_TYPES.values() if t.primary]
        raise BadValue(
            f"{quoted(args.fields[0].name)} cannot be the primary field: it is {first.name}.",
            hint="Put a field of one of these types first.",
            candidates=can,
        )
    lines = [_spelt(body) for body in bodies]
    told = f"table {quoted(args.table)} in base {quoted(base.name)} with {counted(len(bodies), 'field')}"
    body: dict[str, JsonValue] = {"name": args.table, "fields": list(bodies)}
    if args.description:
        body["description"] = args.description

    async def preview() -> Done:
        return Done(f"Would create {told}. A table cannot be deleted through the API.", lines, dry_run=True)

    def account(reports: Sequence[WriteReport]) -> Done:
        return Done(f"Created {told}: {done_id(reports[0])}.", lines)

    return Planned(
        batches=(Batch(kind=Kind.CREATE_TABLE, base=base.id, items=(Item(cells=body),)),),
        preview=preview,
        account=account,
        irreversible=(f"table {quoted(args.table)}",),
    )


async def plan_create_fields(call: Call, args: CreateFields) -> Planned:
    """Work out the fields, each of which takes a request."""
    place = await find_place(call, args.base, args.table)
    tables = {table.name: table.id for table in place.schema.tables}
    bodies = _bodies(args.fields, tables, taken=[f.name for f in place.table.fields])
    lines = [_spelt(body) for body in bodies]
    told = f"{counted(len(bodies), 'field')} in table {quoted(place.table.name)}"
    items = tuple(Item(cells=body) for body in bodies)
    names = [str(body["name"]) for body in bodies]

    async def preview() -> Done:
        return Done(f"Would create {told}. A field cannot be deleted through the API.", lines, dry_run=True)

    def account(reports: Sequence[WriteReport]) -> Done:
        (report,) = reports
        if report.error:
            done = [name for name, one in zip(names, report.outcomes, strict=True) if one.status == "done"]
            raise _stopped(report.error, f"field {quoted(names[len(done)])}")
        ids = [one.id for one in report.outcomes]
        return Done(f"Created {told}.", [f"{line} = {key}" for line, key in zip(lines, ids, strict=True)])

    return Planned(
        batches=(Batch(kind=Kind.CREATE_FIELD, base=place.base.id, table=place.table.id, items=items),),
        preview=preview,
        account=account,
        irreversible=tuple(f"field {quoted(name)}" for name in names),
    )


async def plan_update_schema(call: Call, args: UpdateSchema) -> Planned:
    """Work out the changes, each of which takes a request."""
    place = await find_place(call, args.base, args.table)
    table_body = _named_and_described(args.name, args.description)
    _refuse_taken(args.name, place.table.id, place.schema.tables, "table")
    changes = _field_changes(place, args.fields)
    if not table_body and not changes:
        raise BadValue("Nothing to change: give name, description or fields.")
    lines = [_spelt_change("table", place.table.name, table_body)] if table_body else []
    lines += [_spelt_change("field", field.name, body) for field, body in changes]

    async def preview() -> Done:
        return Done(f"Would change table {quoted(place.table.name)}.", lines, dry_run=True)

    def account(reports: Sequence[WriteReport]) -> Done:
        outcomes = [one for report in reports for one in report.outcomes]
        error = next((report.error for report in reports if report.error), None)
        if error:
            done = [line for line, one in zip(lines, outcomes, strict=True) if one.status == "done"]
            raise _stopped(error, lines[len(done)])
        return Done(f"Changed table {quoted(place.table.name)}.", lines)

    return Planned(
        batches=tuple(_schema_batches(place, table_body, changes)),
        preview=preview,
        account=account,
        irreversible=tuple(
            f"options of {quoted(field.name)}" for field, body in changes if "options" in body
        ),
    )


def _schema_batches(
    place: Place, table_body: Mapping[str, JsonValue], changes: Sequence[tuple[Field, dict[str, JsonValue]]]
) -> Iterator[Batch]:
    base, table = place.base.id, place.table
    if table_body:
        item = Item(id=table.id, cells=table_body, before=_before(table, table_body))
        yield Batch(kind=Kind.UPDATE_TABLE, base=base, table=table.id, items=(item,))
    if changes:
        items = tuple(Item(id=field.id, cells=body, before=_before(field, body)) for field, body in changes)
        yield Batch(kind=Kind.UPDATE_FIELD, base=base, table=table.id, items=items)


def _before(thing: Table | Field, body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    now: dict[str, JsonValue] = {"name": thing.name, "description": thing.description}
    if isinstance(thing, Field):
        now["options"] = thing.options
    return {key: now[key] for key in body}


def _stopped(problem: AppError, at: str) -> AppError:
    """Return the error with the place at which it stopped the change."""
    return problem.retold(f"Stopped at {at}: {problem.message}")


def _bodies(
    fields: Sequence[NewField], tables: Mapping[str, str], taken: Sequence[str]
) -> list[dict[str, JsonValue]]:
    problems = Problems()
    bodies: list[dict[str, JsonValue]] = []
    names = {fold(name) for name in taken}
    for at, new in enumerate(fields):
        try:
            if fold(new.name) in names:
                raise BadValue(f"There is already a field {quoted(new.name)}.")
            names.add(fold(new.name))
            bodies.append(_body(new, tables))
        except AppError as problem:
            problems.add(f"fields[{at}]", problem)
    problems.raise_any()
    return bodies


def _body(new: NewField, tables: Mapping[str, str]) -> dict[str, JsonValue]:
    kind = _creatable(new.type)
    options: dict[str, JsonValue] = {**(kind.options or {}), **new.options}
    if new.choices:
        if kind.name not in _SELECTS:
            raise BadValue(f"choices are for {' and '.join(_SELECTS)}, not for {kind.name}.")
        options["choices"] = [{"name": name} for name in dict.fromkeys(new.choices)]
    if kind.name == "multipleRecordLinks":
        options["linkedTableId"] = _linked_table(new, tables)
    body: dict[str, JsonValue] = {"name": new.name, "type": kind.name}
    if options:
        body["options"] = options
    if new.description:
        body["description"] = new.description
    return body


def _creatable(word: str) -> FieldType:
    """Return the field type a word means: Airtable's own name, or the short one of describe_base."""
    by_word = {fold(t.name): t for t in FIELD_TYPES.values()} | {
        fold(t.short): t for t in FIELD_TYPES.values()
    }
    kind = by_word.get(fold(word))
    if kind is None:
        near = closest(word, [*FIELD_TYPES, *(t.short for t in FIELD_TYPES.values())]) or list(CREATABLE)
        raise UnknownName(f"There is no field type {quoted(word)}.", candidates=near)
    if kind.options is None:
        raise BadValue(
            f"Airtable's API cannot create {kind.name} fields.", hint="Create it in Airtable itself."
        )
    return kind


def _linked_table(new: NewField, tables: Mapping[str, str]) -> str:
    wanted = new.links_to or str(new.options.get("linkedTableId", ""))
    if not wanted:
        raise BadValue("A link field needs links_to, the table it links to.", candidates=list(tables)[:12])
    things = [_Linkable(table_id, name) for name, table_id in tables.items()]
    return pick("table", wanted, things, where="This base").id


class _Linkable:
    def __init__(self, table_id: str, name: str) -> None:
        self.id = table_id
        self.name = name


def _field_changes(place: Place, changes: Sequence[FieldChange]) -> list[tuple[Field, dict[str, JsonValue]]]:
    problems = Problems()
    planned: list[tuple[Field, dict[str, JsonValue]]] = []
    for at, change in enumerate(changes):
        try:
            field = find_field(place, change.field)
            _refuse_taken(change.name, field.id, place.table.fields, "field")
            planned.append((field, _change_body(field, change)))
        except AppError as problem:
            problems.add(f"fields[{at}]", problem)
    problems.raise_any()
    return planned


def _change_body(field: Field, change: FieldChange) -> dict[str, JsonValue]:
    body = _named_and_described(change.name, change.description)
    options = dict(change.options)
    if change.add_choices:
        if field.type not in _SELECTS:
            raise BadValue(f"{quoted(field.name)} is {field.type}: it has no options to add to.")
        kept: list[JsonValue] = [{"id": key, "name": name} for key, name in choices(field).items()]
        known = {fold(name) for name in choices(field).values()}
        new = [name for name in dict.fromkeys(change.add_choices) if fold(name) not in known]
        if not new:
            raise BadValue(f"{quoted(field.name)} already has {listed(change.add_choices)}.")
        options["choices"] = kept + [{"name": name} for name in new]
    if options:
        body["options"] = options
    if not body:
        raise BadValue(f"Nothing to change about {quoted(field.name)}.")
    return body


def _refuse_taken(name: str, renamed: str, things: Sequence[Table] | Sequence[Field], what: str) -> None:
    """Refuse a new name that something already has; only its own may come back in another case."""
    taken = [thing for thing in things if fold(thing.name) == fold(name)]
    if name and any(thing.id != renamed or thing.name == name for thing in taken):
        raise BadValue(f"There is already a {what} {quoted(name)}.")


def _named_and_described(name: str, description: str) -> dict[str, JsonValue]:
    return {key: value for key, value in (("name", name), ("description", description)) if value}


def _spelt(body: Mapping[str, JsonValue]) -> str:
    return f"{visible(str(body['name']))}: {body['type']}"


def _spelt_change(what: str, name: str, body: Mapping[str, JsonValue]) -> str:
    parts = [f"name → {quoted(str(body['name']))}"] if "name" in body else []
    parts += [f"new {key}" for key in ("description", "options") if key in body]
    return f"{what} {quoted(name)}: {', '.join(parts)}"
