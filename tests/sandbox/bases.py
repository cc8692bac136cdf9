"""Bases to load, drawn at random: a field of every type, views, and records with cells that fit."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from pyairtable_mcp.base.json_types import Json, JsonObject

from .metadata import LAB_ID, OPTIONS, SHELF, SHELF_ID, described, key

BASE_ID = "appLab00000000000"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
LINE = TEXT.map(lambda text: " ".join(text.split())).filter(str.strip)
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
PEOPLE: tuple[JsonObject, ...] = (
    {"id": "usrSamRivera00001", "email": "sam.rivera@example.com", "name": "Sam Rivera"},
    {"id": "usrLoadedOnly0000", "email": "loaded.only@example.com", "name": "Loaded Only"},
)
EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
OPTION_NAMES = ("One", "Two")


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


DAYS = st.dates(date(1990, 1, 1), date(2050, 1, 1)).map(date.isoformat)
MOMENTS = st.integers(0, 2 * 10**12).map(lambda number: _shown(EPOCH + timedelta(milliseconds=number)))


def ids(kind: str, count: int) -> list[str]:
    return [f"{kind}{place:011d}" for place in range(1, count + 1)]


SHELVES = ids("recSHF", 3)
FILES: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"id": st.sampled_from(ids("attFIL", 3)), "url": st.just("https://example.com/a.png")},
    optional={"filename": st.just("a.png"), "size": st.integers(1, 9), "type": st.just("image/png")},
)
CELLS: dict[str, st.SearchStrategy[Json]] = {
    **dict.fromkeys(("multilineText", "externalSyncSource"), TEXT),
    "aiText": TEXT.map(lambda text: {"state": "generated", "isStale": False, "value": text}),
    "button": st.just({"label": "Open", "url": "https://example.com"}),
    "richText": LINE.map(lambda text: f"{text}\n"),
    **dict.fromkeys(("singleLineText", "email", "url", "phoneNumber"), LINE),
    **dict.fromkeys(("number", "percent", "currency", "duration"), NUMBERS),
    "rating": st.integers(1, 5),
    "checkbox": st.just(True),
    "barcode": st.fixed_dictionaries({"text": TEXT}, optional={"type": st.just("code39")}),
    "date": DAYS,
    "dateTime": MOMENTS,
    "singleSelect": st.sampled_from(OPTION_NAMES),
    "multipleSelects": st.permutations(OPTION_NAMES),
    "singleCollaborator": st.sampled_from(PEOPLE),
    "multipleCollaborators": st.permutations(PEOPLE),
    "multipleAttachments": FILES.map(lambda each: [each]),
    "multipleRecordLinks": st.lists(st.sampled_from(SHELVES), unique=True, min_size=1),
    "autoNumber": st.integers(1, 1000),
    "createdBy": st.sampled_from(PEOPLE),
    "lastModifiedBy": st.sampled_from(PEOPLE),
    "lastModifiedTime": DAYS,
}
"""Cells of the lab by the type, and so the name, of their field."""


@st.composite
def documents(draw: st.DrawFn) -> JsonObject:
    """Draw a document of the base Lab: a choice of fields, views, records with any of the cells."""
    kinds = ["singleLineText", *draw(st.lists(st.sampled_from([*OPTIONS][1:]), unique=True))]
    if set(kinds) & {"count", "multipleLookupValues", "rollup"} and "multipleRecordLinks" not in kinds:
        kinds.append("multipleRecordLinks")
    if set(kinds) & {"formula", "lastModifiedTime"} and "number" not in kinds:
        kinds.append("number")
    shelf = SHELF if "multipleRecordLinks" in kinds else SHELF[:2]
    rows: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
        {"createdTime": MOMENTS, "fields": st.fixed_dictionaries({}, optional=_pick(CELLS, kinds))}
    )
    lab: Json = [{"id": each, **draw(rows)} for each in ids("recLAB", draw(st.integers(0, 4)))]
    shelves: Json = [{"id": each, "createdTime": draw(MOMENTS), "fields": {"Name": each}} for each in SHELVES]
    return {
        "id": BASE_ID,
        "name": draw(LINE),
        "tables": [
            _table(LAB_ID, "Lab", [described(each) for each in kinds], [draw(_views(kinds))]),
            _table(SHELF_ID, "Shelf", shelf, []),
        ],
        "records": {"Lab": {"records": lab}, SHELF_ID: shelves},
    }


def _pick(
    cells: dict[str, st.SearchStrategy[Json]], kinds: Sequence[str]
) -> dict[str, st.SearchStrategy[Json]]:
    return {kind: cells[kind] for kind in kinds if kind in cells}


def _table(table_id: str, name: str, fields: Sequence[Json], views: Sequence[Json]) -> JsonObject:
    first = fields[0]
    assert isinstance(first, dict)
    return {"id": table_id, "name": name, "primaryFieldId": first["id"], "fields": fields, "views": views}


def _views(kinds: Sequence[str]) -> st.SearchStrategy[Json]:
    shown = st.lists(st.sampled_from([key(each) for each in kinds]), unique=True)
    rule = st.fixed_dictionaries(
        {"field": st.sampled_from(kinds)}, optional={"direction": st.sampled_from(("asc", "desc"))}
    )
    return st.fixed_dictionaries(
        {"id": st.just("viwLab00000000000"), "name": LINE, "type": st.sampled_from(("grid", "kanban"))},
        optional={
            "visibleFieldIds": shown,
            "sort": st.lists(rule, max_size=2),
            "filter": st.just("LEN({singleLineText}) > 3"),
        },
    )
