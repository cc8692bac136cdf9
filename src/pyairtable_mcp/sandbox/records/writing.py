"""Writing records: values judged against their fields, links and options resolved, all or nothing."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from pyairtable_mcp.base.ids import is_id
from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.fields.choices import names
from pyairtable_mcp.sandbox.fields.files import described, guessed_type
from pyairtable_mcp.sandbox.fields.kinds import Incoming
from pyairtable_mcp.sandbox.fields.table import kind_of
from pyairtable_mcp.sandbox.records.links import Expired, Forged
from pyairtable_mcp.sandbox.records.reading import BaseReader
from pyairtable_mcp.sandbox.state.model import Field, Record, Table, User
from pyairtable_mcp.sandbox.state.transaction import Transaction
from pyairtable_mcp.sandbox.wire import (
    ApiError,
    bad_value,
    missing_row,
    no_creating,
    no_writing,
    refusal,
    unknown_field,
    unknown_option,
)

_COMPUTED: Final = "cannot accept a value because the field is computed"


class RecordWriter:
    """Writes records of one table for one request; satisfies `fields.kinds.Writer`."""

    def __init__(self, transaction: Transaction, table: Table, reader: BaseReader, *, typecast: bool) -> None:
        self._transaction = transaction
        self._table = table
        self._reader = reader
        self.typecast = typecast
        self._names: dict[str, dict[str, str]] = {}

    def create(self, given: JsonObject) -> Record:
        """Make a record from cells by field name or id."""
        _check_creatable(self._table)
        return self._transaction.add_record(self._table, self._judged(given, {}))

    def update(self, record: Record, given: JsonObject, *, replace: bool) -> Record:
        """Change the named cells; with `replace`, clear every other writable one."""
        cells = self._judged(given, record.cells)
        for field in self._table.fields.values():
            follows = self._table.follows(field.id)
            if field.id in cells or (replace and kind_of(field.type).parse and not follows):
                self._transaction.set_cell(record, field, cells.get(field.id))
        return record

    def _judged(self, given: JsonObject, held: Mapping[str, Json]) -> dict[str, Json]:
        """Return stored values by field id."""
        cells: dict[str, Json] = {}
        for key, raw in given.items():
            field = self._table.field_by(key)
            if field is None:
                raise unknown_field(key)
            if self._table.follows(field.id):
                raise no_writing(field.name, field.id)
            cells[field.id] = self.judge(field, raw, held.get(field.id))
        return cells

    def judge(self, field: Field, raw: Json, held: Json = None) -> Json:
        """Return the stored form of a value for a field; None clears."""
        parse = kind_of(field.type).parse
        if parse is None:
            raise bad_value(field.name, _COMPUTED)
        return None if raw is None else parse(Incoming(raw, field, self, held))

    def choice(self, field: Field, name: str) -> str:
        """Return the option id of this name, creating it under typecast."""
        known = {shown: key for key, shown in names(field).items()}
        if name in known:
            return known[name]
        if not self.typecast:
            raise unknown_option(name)
        wanted = name.strip()
        return known.get(wanted) or self._transaction.add_choice(self._table, field, wanted)

    def link(self, field: Field, key: str) -> str:
        """Return the id of the linked record `key` (its id, or under typecast its name, made if missing)."""
        target = self._transaction.base.tables.get(str(field.options.get("linkedTableId")))
        if target is None:
            raise bad_value(field.name)
        if key in target.records:
            return key
        if is_id(key, "rec"):
            raise missing_row(key)
        if not self.typecast:
            raise refusal("INVALID_RECORD_ID", f'Value "{key}" is not a valid record ID.')
        return self._named(target, key)

    def _named(self, target: Table, name: str) -> str:
        primary, known = target.primary, self._names.get(target.id)
        if known is None:
            texts = ((self._reader.text(target, each, primary), each.id) for each in target.records.values())
            # Of several records of one name, the first made is meant.
            known = self._names[target.id] = dict(reversed([*texts]))
        if name not in known:
            _check_creatable(target)
            value = self.judge(primary, name)
            known[name] = self._transaction.add_record(target, {primary.id: value}).id
        return known[name]

    def person(self, key: str) -> User | None:
        """Return the user of this id or e-mail, and under typecast also of this name."""
        user = self._transaction.workspace.user_by(key)
        by_name = user is not None and key not in (user.id, user.email) and key.lower() != user.email.lower()
        return None if by_name and not self.typecast else user

    def attachment(self, given: Json, held: Json) -> Json:
        """Return the attachment object for one `{"url"}` or `{"id"}`; `held` is the present cell."""
        if not isinstance(given, dict):
            raise _bad_attachment("Attachments are objects with a url or an id.")
        key, url, filename = given.get("id"), given.get("url"), given.get("filename")
        if isinstance(key, str):
            return _kept(key, held)
        if not isinstance(url, str) or set(given) - {"url", "filename"}:
            raise _bad_attachment("A new attachment takes a url and a filename, one to keep its id.")
        named = _file_name(url)
        return self._new_file(url, filename if isinstance(filename, str) and filename else named)

    def _new_file(self, url: str, filename: str) -> JsonObject:
        """Return a file at a web address, which is not fetched; one of the sandbox's own is copied."""
        workspace = self._transaction.workspace
        try:
            source, kind = self._reader.links.read(url)
        except (Forged, Expired):
            source, kind = "", ""
        data = workspace.uploads.get(source)
        if data is not None:
            return described(self._transaction.add_upload(data), filename, data, kind)
        file = {"id": workspace.new_id("att"), "url": url, "filename": filename}
        guessed = guessed_type(filename)
        return {**file, "type": guessed} if guessed else file


def _check_creatable(table: Table) -> None:
    """Refuse to make records in a table that follows a CSV."""
    if table.sync:
        raise no_creating(table.name, table.id)


def _kept(key: str, held: Json) -> Json:
    for each in held if isinstance(held, list) else []:
        if isinstance(each, dict) and each.get("id") == key:
            return each
    raise _bad_attachment(f"Attachment {key} is not in this cell.")


def _bad_attachment(message: str) -> ApiError:
    return refusal("INVALID_ATTACHMENT_OBJECT", message)


def _file_name(url: str) -> str:
    return unquote(_path(url).rsplit("/", 1)[-1]) or "attachment"


def _path(url: str) -> str:
    """Return the path of a web address; refuse anything else."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _bad_attachment("Invalid url for an attachment.") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _bad_attachment("Invalid url for an attachment.")
    return parts.path
