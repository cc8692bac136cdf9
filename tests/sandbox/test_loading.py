"""Fields out of Airtable's metadata: every type comes back as it was told, and clients know it."""

import pytest
from pyairtable.models.schema import parse_field_schema

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.fields.table import FIELD_TYPES
from pyairtable_mcp.sandbox.schema.describing import describe_field
from pyairtable_mcp.sandbox.schema.loading import check_base, field_from_metadata
from pyairtable_mcp.sandbox.state.model import Base, Table
from pyairtable_mcp.sandbox.wire import ApiError

from .driving import EMPTY, Driver, cells, some
from .metadata import OPTIONS, WAY, described, key, loaded

META = "/v0/meta/bases/appEmpty000000001"


def base_of(*fields: Json) -> Base:
    made = [field_from_metadata(each) for each in fields]
    return Base("appX", "X", {"tblX": Table("tblX", "X", {each.id: each for each in made})})


def formula(name: str, text: str) -> Json:
    return {"id": key(name), "name": name, "type": "formula", "options": {"formula": text}}


def test_the_lab_has_a_field_of_every_type() -> None:
    assert set(OPTIONS) == set(FIELD_TYPES)


@pytest.mark.parametrize("kind", OPTIONS)
async def test_a_field_is_told_as_it_was_loaded(empty: Driver, kind: str) -> None:
    loaded(empty)
    lab = next(
        each for each in some((await empty("GET", f"{META}/tables")).body["tables"]) if isinstance(each, dict)
    )
    told = next(each for each in some(lab["fields"]) if isinstance(each, dict) and each["type"] == kind)
    assert told == described(kind)
    assert type(parse_field_schema(told)).__name__.lower() == f"{kind}fieldschema".lower()


async def test_a_type_nobody_knows_is_read_only_and_shows_what_is_stored(empty: Driver) -> None:
    base = loaded(empty)
    lab = base.tables["tblLab00000000000"]
    novel: Json = {"id": key("novel"), "name": "novel", "type": "hologram", "options": {"depth": 3}}
    lab.fields[key("novel")] = field_from_metadata(novel)
    assert describe_field(base, lab.fields[key("novel")]) == novel
    made = await empty("POST", f"{EMPTY}/Lab", {"fields": {"number": 1}})
    lab.records[str(made.body["id"])].cells[key("novel")] = "shown"
    (record,) = (await empty("GET", f"{EMPTY}/Lab", filterByFormula="{novel}='shown'")).records
    assert cells(record)["novel"] == "shown"
    assert (await empty("POST", f"{EMPTY}/Lab", {"fields": {"novel": "x"}})).status == 422


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        ({"type": "currency"}, "SUM(values)"),
        ({"type": "date"}, "MAX(values)"),
        ({"type": "singleLineText"}, "ARRAYJOIN(values)"),
        (None, "ARRAYJOIN(values)"),
    ],
)
def test_a_rollup_told_without_formula_gets_the_summary_its_result_suggests(
    result: Json, summary: str
) -> None:
    rollup: Json = {"id": key("r"), "name": "R", "type": "rollup", "options": {**WAY, "result": result}}
    assert field_from_metadata(rollup).formula == summary


def test_a_rollup_may_be_told_with_its_formula() -> None:
    rollup: Json = {
        "id": key("r"),
        "name": "R",
        "type": "rollup",
        "options": {**WAY, "formula": "MIN(values)"},
    }
    made = field_from_metadata(rollup)
    assert made.formula == "MIN(values)"
    assert "formula" not in made.options


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        {"id": "fldShort", "name": "A", "type": "email"},
        {"id": key("a"), "name": "", "type": "email"},
        {"id": key("a"), "name": "A", "type": None},
        {"id": key("a"), "name": "A", "type": "email", "options": []},
        {"id": key("a"), "name": "A", "type": "email", "description": 1},
        {"id": key("a"), "name": "A", "type": "formula", "options": {"formula": 1}},
    ],
)
def test_descriptions_of_another_shape_are_refused(wrong: Json) -> None:
    with pytest.raises(ApiError):
        field_from_metadata(wrong)


def test_fields_that_depend_on_themselves_are_refused_by_name() -> None:
    circle = base_of(formula("Chicken", f"{{{key('Egg')}}}+1"), formula("Egg", "IF({Chicken}, -{Chicken})"))
    with pytest.raises(ApiError, match=r"X\.Chicken → X\.Egg → X\.Chicken"):
        check_base(circle)
    with pytest.raises(ApiError, match=r"X\.Self → X\.Self"):
        check_base(base_of(formula("Self", "{Self}")))


def test_a_circle_may_lead_through_links_lookups_and_rollups() -> None:
    link: Json = {
        "id": key("link"),
        "name": "Link",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": "tblX"},
    }
    name: Json = {"id": key("name"), "name": "Name", "type": "singleLineText"}
    for kind in ("rollup", "multipleLookupValues"):
        looks: Json = {
            "id": key("looks"),
            "name": "Looks",
            "type": kind,
            "options": {"recordLinkFieldId": key("link"), "fieldIdInLinkedTable": key("looks")},
        }
        with pytest.raises(ApiError, match=r"X\.Looks → X\.Looks"):
            check_base(base_of(name, link, looks))
    with pytest.raises(ApiError, match=r"X\.Title → X\.Link → X\.Title"):
        check_base(base_of(formula("Title", "{Link}&''"), link))


def test_what_only_looks_like_a_circle_is_taken() -> None:
    link: Json = {
        "id": key("link"),
        "name": "Link",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": "tblX"},
    }
    counted: Json = {
        "id": key("n"),
        "name": "N",
        "type": "count",
        "options": {"recordLinkFieldId": key("link")},
    }
    check_base(
        base_of(
            formula("Title", "{N}&LAST_MODIFIED_TIME({Title})"), link, counted, formula("Odd", "no formula(")
        )
    )


def test_a_very_long_chain_of_fields_is_walked() -> None:
    check_base(base_of(*(formula(f"F{n}", f"{{F{n + 1}}}+1") for n in range(3_000))))


def test_a_base_with_no_fields_or_names_twice_is_refused() -> None:
    with pytest.raises(ApiError, match="no fields"):
        check_base(Base("appX", "X", {"tblX": Table("tblX", "X")}))
    with pytest.raises(ApiError, match="'A'"):
        check_base(base_of(formula("A", "1"), {**described("number"), "name": "A"}))
