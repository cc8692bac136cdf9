"""Computed fields added in place: named by id, typed by what they compute, and refused whole."""

from collections.abc import Mapping

import pytest

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.committing import committing
from pyairtable_mcp.sandbox.schema.adding import add_field, change_formula
from pyairtable_mcp.sandbox.schema.describing import describe_field, describe_table
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.model import Base, Field, Table
from pyairtable_mcp.sandbox.wire import ApiError

from .driving import STUDIO, Driver, cells


def base_of(studio: Driver) -> Base:
    return studio.sandbox.workspace.bases["appStudio00000001"]


def table_of(studio: Driver, name: str) -> Table:
    table = base_of(studio).table_by(name)
    assert table is not None
    return table


def field_id(studio: Driver, table: str, name: str) -> str:
    found = table_of(studio, table).field_id(name)
    assert found is not None
    return found


def add(studio: Driver, table: str, described: Json) -> Field:
    workspace = studio.sandbox.workspace
    with committing(workspace, base_of(studio), Actor(workspace.owner), Formulas()) as transaction:
        return add_field(transaction, table_of(studio, table), described)


def formula(name: str, text: str, **more: Json) -> dict[str, Json]:
    return {"name": name, "type": "formula", "options": {"formula": text, **more}}


def options(studio: Driver, field: Field) -> Mapping[str, Json]:
    found = describe_field(base_of(studio), field)["options"]
    assert isinstance(found, dict)
    return found


async def test_a_formula_is_kept_with_ids_and_follows_a_renamed_field(studio: Driver) -> None:
    made = add(studio, "Projects", formula("Left", "{Budget} - {Billed}"))
    budget, billed = field_id(studio, "Projects", "Budget"), field_id(studio, "Projects", "Billed")
    told = options(studio, made)
    assert told["formula"] == f"{{{budget}}} - {{{billed}}}"
    assert told["referencedFieldIds"] == [budget, billed]
    assert told["isValid"] is True
    assert isinstance(told["result"], dict)
    assert told["result"]["type"] == "currency"
    await studio(
        "PATCH", f"/v0/meta/bases/appStudio00000001/tables/Projects/fields/{budget}", {"name": "Money"}
    )
    (record,) = (
        await studio("GET", f"{STUDIO}/Projects", maxRecords=1, fields=["Left", "Money", "Billed"])
    ).records
    shown = cells(record)
    assert float(str(shown["Left"])) == pytest.approx(
        float(str(shown["Money"])) - float(str(shown["Billed"]))
    )


async def test_lookups_rollups_and_counts_are_typed_by_what_they_look_at(studio: Driver) -> None:
    link = field_id(studio, "Clients", "Projects")
    way: dict[str, Json] = {
        "recordLinkFieldId": link,
        "fieldIdInLinkedTable": field_id(studio, "Projects", "Budget"),
    }
    lookup = add(studio, "Clients", {"name": "Budgets", "type": "multipleLookupValues", "options": way})
    largest = add(
        studio, "Clients", {"name": "Most", "type": "rollup", "options": {**way, "formula": "MAX(values)"}}
    )
    count = add(
        studio, "Clients", {"name": "How many", "type": "count", "options": {"recordLinkFieldId": link}}
    )
    money = {"type": "currency", "options": {"precision": 2, "symbol": "$"}}
    assert options(studio, lookup) == {**way, "isValid": True, "result": money}
    assert options(studio, largest) == {**way, "isValid": True, "referencedFieldIds": [], "result": money}
    assert options(studio, count) == {"isValid": True, "recordLinkFieldId": link}
    found = await studio(
        "GET", f"{STUDIO}/Clients", filterByFormula="{How many} > 1", fields=["Budgets", "Most"]
    )
    assert found.records
    for each in found.records:
        budgets = cells(each)["Budgets"]
        assert isinstance(budgets, list)
        assert cells(each)["Most"] == max(budgets)
    text = {"cellFormat": "string", "timeZone": "utc", "userLocale": "en", "fields": ["Budgets"]}
    spelt = cells(
        (await studio("GET", f"{STUDIO}/Clients", filterByFormula="{How many} > 1", **text)).records[0]
    )
    assert str(spelt["Budgets"]).startswith('"$')


def test_what_is_declared_stays_declared(studio: Driver) -> None:
    declared: Json = {"type": "percent", "options": {"precision": 1}}
    made = add(studio, "Projects", formula("Share", "1/2", result=declared))
    assert options(studio, made)["result"] == declared


def test_a_link_gets_its_other_side_and_a_plain_field_is_made_like_any(studio: Driver) -> None:
    link = add(
        studio,
        "People",
        {
            "id": "fldNewLink0000000",
            "name": "Clients",
            "type": "multipleRecordLinks",
            "options": {"linkedTableId": table_of(studio, "Clients").id},
        },
    )
    back = table_of(studio, "Clients").fields[str(link.options["inverseLinkFieldId"])]
    assert (back.name, back.options["inverseLinkFieldId"]) == ("People", "fldNewLink0000000")
    plain = add(studio, "People", {"name": "Age", "type": "number", "options": {"precision": 0}})
    assert table_of(studio, "People").fields[plain.id] is plain


@pytest.mark.parametrize(
    ("described", "why"),
    [
        (None, "an object"),
        (formula("Name", "1"), "already exists"),
        (formula("F", "1 +"), "F"),
        (formula("F", "{Nowhere}"), "nowhere"),
        (formula("F", "{F}"), "Projects.F → Projects.F"),
        ({"name": "C", "type": "count", "options": {"recordLinkFieldId": "fldGone"}}, "no link"),
        ({"name": "L", "type": "multipleLookupValues", "options": {}}, "lead to no field"),
        ({"name": "R", "type": "rollup", "options": {"formula": "SUM(values)"}}, "lead to no field"),
        (
            {
                "id": "fldNewLink0000000",
                "name": "L",
                "type": "multipleRecordLinks",
                "options": {"linkedTableId": "tblGone"},
            },
            "not found",
        ),
    ],
)
def test_a_refused_field_leaves_nothing_behind(studio: Driver, described: Json, why: str) -> None:
    base = base_of(studio)
    before = [describe_table(base, each) for each in base.tables.values()]
    with pytest.raises(ApiError, match=why):
        add(studio, "Projects", described)
    assert [describe_table(base, each) for each in base.tables.values()] == before


def test_a_formula_may_change_unless_it_would_go_in_a_circle(studio: Driver) -> None:
    first, second = add(studio, "Projects", formula("A", "1")), add(studio, "Projects", formula("B", "{A}+1"))
    workspace, table = studio.sandbox.workspace, table_of(studio, "Projects")

    def change(text: str) -> None:
        with committing(workspace, base_of(studio), Actor(workspace.owner), Formulas()) as transaction:
            change_formula(transaction, table, first, text)

    change("{Name}&'!'")
    assert options(studio, first)["result"] == {"type": "singleLineText"}
    before = describe_field(base_of(studio), first)
    with pytest.raises(ApiError, match=r"Projects\.A → Projects\.B → Projects\.A"):
        change("{B}+1")
    assert describe_field(base_of(studio), first) == before
    assert options(studio, second)["isValid"] is True


def test_fields_whose_sources_are_gone_are_no_longer_valid(studio: Driver) -> None:
    projects = table_of(studio, "Projects")
    made = add(studio, "Projects", formula("Left", "{Budget} - {Billed}"))
    budget, link = field_id(studio, "Projects", "Budget"), field_id(studio, "Projects", "Invoices")
    del projects.fields[budget], projects.fields[link]
    assert (options(studio, made)["isValid"], options(studio, made)["result"]) == (False, None)
    rollup = projects.fields[field_id(studio, "Projects", "Billed")]
    assert (options(studio, rollup)["isValid"], options(studio, rollup)["result"]) == (False, None)
