"""pyairtable reads and changes the schema, and meets what only enterprises may do."""

import pytest
import requests
from pyairtable import Base
from pyairtable.models.schema import (
    FormulaFieldSchema,
    MultipleRecordLinksFieldSchema,
    SingleSelectFieldSchema,
)

from tests.clients.conftest import STUDIO, Served

OWNER = "usrSamRivera00001"


def archive(served: Served) -> Base:
    return served.api.base("appArchive0000001")


def test_who_am_i(served: Served) -> None:
    assert served.api.whoami()["id"] == OWNER


def test_bases_have_ids_names_and_permissions(served: Served) -> None:
    told = [(base.id, base.name, base.permission_level) for base in served.api.bases()]
    assert told == [(STUDIO, "Studio", "create"), ("appArchive0000001", "Archive", "create")]
    assert served.api.base(STUDIO, validate=True).name == "Studio"
    with pytest.raises(KeyError):
        served.api.base("appNone0000000000", validate=True)


def test_every_field_of_every_table_is_of_a_type_pyairtable_knows(served: Served) -> None:
    schema = served.base.schema()
    assert [table.name for table in schema.tables] == [
        "Clients", "Projects", "Tasks", "Invoices", "People", "Timesheets",
    ]  # fmt: skip
    unknown = [f.name for t in schema.tables for f in t.fields if type(f).__name__ == "UnknownFieldSchema"]
    assert unknown == []


def test_formulas_and_links_describe_themselves(served: Served) -> None:
    schema = served.base.schema()
    overdue = schema.table("Tasks").field("Overdue")
    project = schema.table("Tasks").field("Project")
    assert isinstance(overdue, FormulaFieldSchema)
    assert overdue.options.is_valid
    assert schema.table("Tasks").field("Due").id in (overdue.options.referenced_field_ids or [])
    assert isinstance(project, MultipleRecordLinksFieldSchema)
    assert project.options.linked_table_id == schema.table("Projects").id
    assert project.options.prefers_single_record_link
    back = schema.table("Projects").field(str(project.options.inverse_link_field_id))
    assert back.name == "Tasks"


def test_views_tell_their_fields(served: Served) -> None:
    table = served.base.schema().table("Tasks")
    view = table.view("Open tasks")
    assert view.type == "grid"
    assert set(view.visible_field_ids or []) <= {each.id for each in table.fields}


def test_a_base_is_created_with_its_tables(served: Served) -> None:
    fields = [
        {"name": "Title", "type": "singleLineText"},
        {"name": "Pages", "type": "number", "options": {"precision": 0}},
    ]
    made = served.api.create_base("wspSandbox0000001", "Library", [{"name": "Books", "fields": fields}])
    assert made.id in [base.id for base in served.api.bases(force=True)]
    assert [each.name for each in made.schema().table("Books").fields] == ["Title", "Pages"]
    assert made.table("Books").create({"Title": "One", "Pages": 12})["fields"] == {
        "Title": "One",
        "Pages": 12,
    }


def test_a_table_is_created_renamed_and_described(served: Served) -> None:
    table = archive(served).create_table("Notes", [{"name": "Title", "type": "singleLineText"}], "Remarks")
    schema = table.schema()
    assert (schema.name, schema.description, len(schema.views)) == ("Notes", "Remarks", 1)
    schema.name, schema.description = "Remarks", "Other remarks"
    schema.save()
    again = archive(served).schema().table(table.id)
    assert (again.name, again.description) == ("Remarks", "Other remarks")


def test_fields_of_many_types_are_created(served: Served) -> None:
    table = archive(served).create_table("Kinds", [{"name": "Title", "type": "singleLineText"}])
    clients = archive(served).create_table("Linked", [{"name": "Title", "type": "singleLineText"}])
    day = {"dateFormat": {"name": "iso"}}
    made = [
        table.create_field(kind, kind, options=options)
        for kind, options in (
            ("multilineText", None),
            ("richText", None),
            ("email", None),
            ("url", None),
            ("phoneNumber", None),
            ("barcode", None),
            ("singleCollaborator", None),
            ("multipleCollaborators", None),
            ("number", {"precision": 2}),
            ("percent", {"precision": 0}),
            ("currency", {"precision": 2, "symbol": "€"}),
            ("duration", {"durationFormat": "h:mm"}),
            ("rating", {"max": 5, "icon": "star", "color": "yellowBright"}),
            ("checkbox", {"icon": "check", "color": "greenBright"}),
            ("date", day),
            ("dateTime", {**day, "timeFormat": {"name": "24hour"}, "timeZone": "utc"}),
            ("singleSelect", {"choices": [{"name": "A"}]}),
            ("multipleSelects", {"choices": [{"name": "A"}]}),
            ("multipleRecordLinks", {"linkedTableId": clients.id}),
            ("multipleAttachments", {"isReversed": False}),
        )
    ]
    assert [field.type for field in made] == [field.name for field in made]
    assert "UnknownFieldSchema" not in {type(field).__name__ for field in made}
    assert [field.name for field in clients.schema(force=True).fields] == ["Title", "Kinds"]


def test_a_field_is_renamed_described_and_given_options(served: Served) -> None:
    table = served.base.table("Clients")
    choices = {"choices": [{"name": "A"}, {"name": "B", "color": "redBright"}]}
    field = table.create_field("Kind", "singleSelect", "What it is", choices)
    assert isinstance(field, SingleSelectFieldSchema)
    assert [(each.name, each.color) for each in field.options.choices][1] == ("B", "redBright")
    field.name, field.description = "Sort", "Which it is"
    field.save()
    again = served.base.schema(force=True).table("Clients").field("Sort")
    assert (again.id, again.description) == (field.id, "Which it is")


def test_what_cannot_be_created_is_refused(served: Served) -> None:
    table = served.base.table("Clients")
    with pytest.raises(requests.HTTPError, match="UNSUPPORTED_FIELD_TYPE_FOR_CREATE"):
        table.create_field("Made by", "createdBy")
    with pytest.raises(requests.HTTPError, match="DUPLICATE_OR_EMPTY_FIELD_NAME"):
        table.create_field("name", "singleLineText")
    with pytest.raises(requests.HTTPError, match="INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"):
        table.create_field("Amount", "number", options={"precision": 9})


def test_the_collaborators_of_a_base_are_told(served: Served) -> None:
    people = served.base.collaborators()
    assert people.id == STUDIO
    owner = next(each for each in people.individual_collaborators.via_workspace if each.user_id == OWNER)
    assert (owner.email, owner.permission_level) == ("sam.rivera@example.com", "owner")
