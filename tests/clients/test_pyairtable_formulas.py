"""Formulas built by `pyairtable.formulas` mean here what they mean there."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from pyairtable import formulas as f

from tests.clients.conftest import Served

Row: TypeAlias = dict[str, Any]

NAME, STATUS, CITY, RATING, SINCE = (f.Field(each) for each in ("Name", "Status", "City", "Rating", "Since"))


def day(row: Row) -> date | None:
    return date.fromisoformat(row["Since"]) if "Since" in row else None


def since(test: Callable[[date], bool]) -> Callable[[Row], bool]:
    def holds(row: Row) -> bool:
        found = day(row)
        return found is not None and test(found)

    return holds


CASES: list[tuple[object, Callable[[Row], bool]]] = [
    (f.EQ(STATUS, "Active"), lambda row: row.get("Status") == "Active"),
    (f.NE(STATUS, "Active"), lambda row: row.get("Status") != "Active"),
    (f.GT(RATING, 3), lambda row: row.get("Rating", 0) > 3),
    (f.GTE(RATING, 3), lambda row: row.get("Rating", 0) >= 3),
    (f.LT(RATING, 3), lambda row: row.get("Rating", 0) < 3),
    (f.LTE(RATING, Decimal(3)), lambda row: row.get("Rating", 0) <= 3),
    (RATING.gte(2) & RATING.lte(4), lambda row: 2 <= row.get("Rating", 0) <= 4),
    (STATUS.eq("Lead") | STATUS.eq("Former"), lambda row: row.get("Status") in ("Lead", "Former")),
    (~STATUS.eq("Lead"), lambda row: row.get("Status") != "Lead"),
    (
        STATUS.eq("Lead") ^ RATING.gt(3),
        lambda row: (row.get("Status") == "Lead") != (row.get("Rating", 0) > 3),
    ),
    (f.match({"Status": "Active", "VIP": True}), lambda row: row.get("Status") == "Active" and "VIP" in row),
    (
        f.match({"Status": "Lead", "Rating": (">=", 4)}, match_any=True),
        lambda row: row.get("Status") == "Lead" or row.get("Rating", 0) >= 4,
    ),
    (
        f.AND(f.OR(STATUS.eq("Lead"), STATUS.eq("Active")), f.NOT(RATING.eq(1))),
        lambda row: row.get("Status") in ("Lead", "Active") and row.get("Rating", 0) != 1,
    ),
    (f.AND(Status="Active", Rating=2), lambda row: row.get("Status") == "Active" and row.get("Rating") == 2),
    (f.GTE(SINCE, date(2024, 6, 1)), since(lambda found: found >= date(2024, 6, 1))),
    (f.IS_AFTER(SINCE, datetime(2024, 6, 1, tzinfo=UTC)), since(lambda found: found > date(2024, 6, 1))),
    (f.IS_BEFORE(SINCE, date(2024, 6, 1)), since(lambda found: found < date(2024, 6, 1))),
    (f.IS_SAME(SINCE, date(2024, 6, 1), "year"), since(lambda found: found.year == 2024)),
    (f.EQ(f.YEAR(SINCE), 2024), since(lambda found: found.year == 2024)),
    (f.EQ(f.MONTH(SINCE), 5), since(lambda found: found.month == 5)),
    (f.LT(f.DAY(SINCE), 10), lambda row: "Since" not in row or date.fromisoformat(row["Since"]).day < 10),
    (
        f.IS_AFTER(f.DATEADD(SINCE, 30, "days"), date(2024, 6, 1)),
        since(lambda found: found + timedelta(30) > date(2024, 6, 1)),
    ),
    (
        f.GT(f.DATETIME_DIFF(date(2025, 1, 1), SINCE, "days"), 100),
        since(lambda found: (date(2025, 1, 1) - found).days > 100),
    ),
    (
        f.EQ(f.DATETIME_FORMAT(SINCE, "YYYY-MM"), "2024-03"),
        since(lambda found: f"{found:%Y-%m}" == "2024-03"),
    ),
    (f.EQ(f.DATESTR(SINCE), "2024-03-01"), since(lambda found: found == date(2024, 3, 1))),
    (f.GT(f.LEN(NAME), 12), lambda row: len(row["Name"]) > 12),
    (f.EQ(f.LEFT(NAME, 1), "A"), lambda row: row["Name"][:1] == "A"),
    (f.EQ(f.RIGHT(NAME, 1), "s"), lambda row: row["Name"][-1:] == "s"),
    (f.EQ(f.MID(NAME, 2, 2), "lo"), lambda row: row["Name"][1:3] == "lo"),
    (f.FIND("ro", NAME), lambda row: "ro" in row["Name"]),
    (f.SEARCH("on", CITY), lambda row: "on" in row.get("City", "")),
    (f.EQ(f.UPPER(CITY), "LISBON"), lambda row: row.get("City") == "Lisbon"),
    (f.EQ(f.LOWER(CITY), "lisbon"), lambda row: row.get("City") == "Lisbon"),
    (f.EQ(f.TRIM(f.CONCATENATE(" ", CITY, " ")), "Lisbon"), lambda row: row.get("City") == "Lisbon"),
    (f.EQ(f.SUBSTITUTE(CITY, "i", "y"), "Lysbon"), lambda row: row.get("City") == "Lisbon"),
    (f.EQ(f.REPLACE(CITY, 1, 1, "W"), "Wisbon"), lambda row: row.get("City") == "Lisbon"),
    (f.EQ(f.REPT(RATING, 2), "44"), lambda row: row.get("Rating") == 4),
    (f.REGEX_MATCH(NAME, "^[A-G].*s$"), lambda row: "A" <= row["Name"][0] <= "G" and row["Name"][-1] == "s"),
    (f.EQ(f.REGEX_EXTRACT(NAME, "^."), "G"), lambda row: row["Name"][0] == "G"),
    (f.EQ(f.REGEX_REPLACE(CITY, "[aeiou]", ""), "Lsbn"), lambda row: row.get("City") == "Lisbon"),
    (f.EQ(f.MOD(RATING, 2), 1), lambda row: row.get("Rating", 0) % 2 == 1),
    (f.EQ(f.POWER(RATING, 2), 16), lambda row: row.get("Rating") == 4),
    (f.EQ(f.ROUND(f.Formula("{Rating} / 2"), 0), 2), lambda row: row.get("Rating") in (3, 4)),
    (f.EQ(f.ABS(f.Formula("{Rating} - 5")), 2), lambda row: row.get("Rating") == 3),
    (f.EQ(f.SUM(RATING, 1, 2), 7), lambda row: row.get("Rating") == 4),
    (f.EQ(f.MAX(RATING, 3), 3), lambda row: row.get("Rating", 0) <= 3),
    (f.AND(RATING, f.EQ(f.MIN(RATING, 3), 3)), lambda row: row.get("Rating", 0) >= 3),
    (f.EQ(f.IF(RATING.gt(3), "good", "poor"), "good"), lambda row: row.get("Rating", 0) > 3),
    (
        f.EQ(f.SWITCH(STATUS, "Lead", 1, "Active", 2), 2),
        lambda row: row.get("Status") == "Active",
    ),
    (f.EQ(CITY, f.BLANK()), lambda row: "City" not in row),
    (f.EQ(f.ENCODE_URL_COMPONENT(CITY), "Lisbon"), lambda row: row.get("City") == "Lisbon"),
    (f.ISERROR(f.SQRT(f.Formula("{Rating} - 3"))), lambda row: row.get("Rating", 0) < 3),
    (f.TRUE(), lambda row: True),
    (f.FALSE(), lambda row: False),
]


def test_every_formula_finds_exactly_the_rows_python_finds(served: Served) -> None:
    table = served.table("Clients")
    rows = table.all()
    wrong = []
    for formula, holds in CASES:
        found = {each["id"] for each in table.all(formula=formula)}
        wanted = {each["id"] for each in rows if holds(dict(each["fields"]))}
        if found != wanted:
            wrong.append(f"{formula}: {len(found)} for {len(wanted)}")
    assert not wrong


def test_most_formulas_choose_some_rows_and_not_all(served: Served) -> None:
    rows = [dict(each["fields"]) for each in served.table("Clients").all()]
    telling = [formula for formula, holds in CASES if 0 < sum(map(holds, rows)) < len(rows)]
    assert len(telling) >= len(CASES) - 8


@pytest.mark.parametrize(
    "text",
    [
        "O'Brien",
        'said "so"',
        "both ' and \"",
        "back\\slash",
        "ends in \\",
        "\\' OR TRUE() OR '",
        "{Name}",
        "line\nbreak",
        "tab\there",
        "50% & more, (really)",
        "ünïcödé 東京 🙂",
        "'); DROP",
    ],
)
def test_hostile_text_is_found_as_it_is_and_finds_nothing_else(served: Served, text: str) -> None:
    table = served.table("Clients")
    key = table.create({"Name": "Hostile", "Notes": text})["id"]
    assert [each["id"] for each in table.all(formula=f.match({"Notes": text}))] == [key]
    assert [each["id"] for each in table.all(formula=f.EQ(f.Field("Notes"), text))] == [key]
    assert table.all(formula=f.match({"Notes": f"{text}!"})) == []


def test_a_field_with_a_strange_name_is_named_as_pyairtable_escapes_it(served: Served) -> None:
    table = served.table("Clients")
    table.create_field('It\'s "so"', "singleLineText")
    key = table.create({"Name": "Strange", 'It\'s "so"': "yes"})["id"]
    assert [each["id"] for each in table.all(formula=f.match({'It\'s "so"': "yes"}))] == [key]


def test_records_are_named_by_their_own_id_in_a_body_when_the_url_grows(served: Served) -> None:
    table = served.table("Tasks")
    wanted = [each["id"] for each in table.all(max_records=700)]
    served.asked()
    options: dict[str, Any] = {"cell_format": "string", "time_zone": "utc", "user_locale": "en"}
    found = table.all(formula=f.OR([f.EQ(f.RECORD_ID(), key) for key in wanted]), **options)
    assert {each["id"] for each in found} == set(wanted)
    assert {line.split()[1].rsplit("/", 1)[1] for line in served.asked()} == {"listRecords"}
