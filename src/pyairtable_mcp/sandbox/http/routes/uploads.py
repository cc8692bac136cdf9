"""Uploading a file straight into an attachment cell."""

import base64
import binascii
from typing import Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.fields.files import described
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.state.model import Record, Table
from pyairtable_mcp.sandbox.wire import invalid, no_writing, not_found, too_large, unknown_field

UPLOAD_LIMIT: Final = 5 * 1024 * 1024
"""Largest file taken, in bytes (Airtable API reference, upload attachment)."""


def upload(call: Call) -> Json:
    """Append one base64 file to a cell; the answer names the field by id."""
    table, record = _owner(call)
    field = table.field_by(call.path["field"])
    if field is None:
        raise unknown_field(call.path["field"])
    if field.type != "multipleAttachments":
        raise invalid(f'Field "{field.name}" is not an attachment field')
    if table.follows(field.id):
        raise no_writing(field.name, field.id)
    filename, kind, data = _file(call.object({"contentType", "file", "filename"}))
    held = record.cells.get(field.id)
    with call.committing() as transaction:
        file = described(transaction.add_upload(data), filename, data, kind)
        transaction.set_cell(record, field, [*(held if isinstance(held, list) else []), file])
    files = call.reader().json(table, record, field)
    return {"id": record.id, "createdTime": iso(record.created), "fields": {field.id: files}}


def _owner(call: Call) -> tuple[Table, Record]:
    for table in call.base.tables.values():
        if record := table.records.get(call.path["record"]):
            return table, record
    raise not_found()


def _file(body: JsonObject) -> tuple[str, str, bytes]:
    """Return the name, the content type and the bytes of a file."""
    file, filename, kind = body.get("file"), body.get("filename"), body.get("contentType")
    if (
        not isinstance(file, str)
        or not isinstance(filename, str)
        or not isinstance(kind, str)
        or not filename
    ):
        raise invalid("file, filename and contentType must be text")
    try:
        data = base64.b64decode("".join(file.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("file must be base64") from error
    if len(data) > UPLOAD_LIMIT:
        raise too_large("Attachments uploaded directly are limited to 5 MB")
    return filename, kind, data
