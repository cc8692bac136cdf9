"""Hostile text as a value: the filter selects exactly its rows, as the sandbox's own evaluator judges."""

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.seeds.words import HOSTILE
from tests.support.answers import table
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import LAB, fill, lab, raw, the_table
from tests.support.world import World, open_world

ATTACKS = (
    *HOSTILE,
    *(
        "'",
        '"',
        "\\",
        "\\'",
        '\\"',
        "''",
        '""',
        "a'b",
        'a"b',
        "a\\b",
        "\\\\",
        "\\n",
        "line\nbreak",
        "tab\there",
    ),
    *(
        "{Name}",
        "{",
        "}",
        "}}",
        "{}",
        '", ""="',
        "', ''='",
        "') OR TRUE() OR ('",
        '") , TRUE(), ("',
        "TRUE()",
    ),
    *("=1", "RECORD_ID()", "1=1", "&", "a & b", ", ", "a, b", ",", "(", ")", ")(", "BLANK()", "ERROR()"),
    *(
        "\u2019quoted\u2019",
        "\u201cquoted\u201d",
        "\u00ab",
        "é",
        "e\u0301",
        "日本語",
        "👩\u200d💻",
        "\u202eevil",
    ),
    *(
        "%27",
        "%22",
        "&quot;",
        "<>",
        "#",
        "//",
        "/*",
        "--",
        ";",
        "\r\n",
        "\u2028",
        "\u00a0",
        " lead",
        "trail ",
    ),
    *("  two  blanks", "0", "1", "false", "null", "\u0130", "ß"),
)
TEXT = st.text(
    st.sampled_from("'\"\\{}(),&=aA\n \u00e9\u2019") | st.characters(exclude_categories=["Cs", "Cc"]),
    min_size=1,
    max_size=12,
)


@pytest.fixture
async def bench() -> AsyncIterator[World]:
    async with held(open_world(seed="empty")) as opened:
        builder = lab(opened.sandbox)
        builder.table(
            "Texts", c.line("Name"), *c.plain("multilineText", "Text"), c.link("Links", "Notes", "Back")
        )
        builder.table(
            "Notes", c.line("Title"), c.link("Back", "Texts", "Links"), c.lookup("Seen", "Back", "Text")
        )
        builder.connect()
        yield opened


def put(world: World, texts: Sequence[str]) -> dict[str, str]:
    """Fill the table anew, a row for each text; return text -> record id."""
    things = the_table(world.sandbox, "Texts", LAB)
    things.records.clear()
    rows = [{"Name": f"row {n}", "Text": text} for n, text in enumerate(texts)]
    return dict(zip(texts, fill(things, *rows), strict=True))


async def found(world: World, op: str, value: object) -> list[str]:
    where = [{"field": "Text", "op": op, "value": value}]
    reply = await world.call(
        "find_records", base=LAB, table="Texts", where=where, fields=["Name"], limit=1000
    )
    assert not reply.is_error, (op, value, reply.text)
    return table(reply.text).ids


@behaviour("quoting.attacks")
async def test_each_hostile_text_finds_its_own_row_and_no_other(bench: World) -> None:
    ids = put(bench, ATTACKS)
    for text in ATTACKS:
        assert await found(bench, "=", text) == [ids[text]], repr(text)
    assert await found(bench, "in", list(ATTACKS)) == list(ids.values())
    assert await found(bench, "not_in", list(ATTACKS[5:])) == [ids[text] for text in ATTACKS[:5]]


@behaviour("quoting.attacks")
async def test_a_hostile_part_finds_exactly_the_rows_that_hold_it(bench: World) -> None:
    ids = put(bench, ATTACKS)
    for part in ATTACKS[::2]:
        holding = [ids[text] for text in ATTACKS if part.lower() in text.lower()]
        starting = [ids[text] for text in ATTACKS if text.lower().startswith(part.lower())]
        assert await found(bench, "contains", part) == holding, repr(part)
        assert await found(bench, "starts_with", part) == starting, repr(part)


@behaviour("quoting.any")
@settings(
    max_examples=settings().max_examples * 2 // 5, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXT, min_size=3, max_size=12, unique=True))
async def test_any_text_finds_its_own_row_and_no_other(bench: World, texts: list[str]) -> None:
    ids = put(bench, texts)
    for text in texts[:3]:
        assert await found(bench, "=", text) == [ids[text]]
        assert await found(bench, "!=", text) == [key for other, key in ids.items() if other != text]


@behaviour("quoting.names")
async def test_a_record_of_a_hostile_name_is_read_linked_and_compared_by_it(bench: World) -> None:
    notes = the_table(bench.sandbox, "Notes", LAB)
    titles = [text for text in ATTACKS if text.strip() == text and "\r" not in text]
    fill(notes, *({"Title": title} for title in titles))
    ids = {one.text("Title"): one.id for one in raw(bench.sandbox, "Notes", LAB)}
    reply = await bench.call("get_records", base=LAB, table="Notes", ids=titles, fields=["Title"])
    assert not reply.is_error, reply.text
    assert table(reply.text).ids == [ids[title] for title in titles]
    rows = [{"Name": f"to {n}", "Links": [title]} for n, title in enumerate(titles)]
    reply = await bench.call("create_records", base=LAB, table="Texts", records=rows)
    assert not reply.is_error, reply.text
    for n, title in enumerate(titles):
        where = [{"field": "Links", "value": title}]
        reply = await bench.call("find_records", base=LAB, table="Texts", where=where, fields=["Name"])
        assert table(reply.text).column("Name") == [f"to {n}"], repr(title)


@behaviour("quoting.options")
async def test_an_option_of_a_hostile_name_is_compared_and_written(bench: World) -> None:
    names = [
        text
        for text in ATTACKS
        if text.strip() == text and "," not in text and "\n" not in text and "\r" not in text
    ]
    builder = lab(bench.sandbox, "Options", "appOptions0000001")
    states = builder.table("States", c.line("Name"), c.one_of("State", *names), c.some_of("Tags", *names))
    builder.connect()
    rows = [{"Name": f"{n}", "State": name, "Tags": [name]} for n, name in enumerate(names)]
    ids = fill(states, *rows)
    for at, name in enumerate(names):
        for field in ("State", "Tags"):
            where = [{"field": field, "value": name}]
            reply = await bench.call(
                "find_records", base="Options", table="States", where=where, fields=["Name"]
            )
            assert table(reply.text).ids == [ids[at]], (field, name, reply.text)


@behaviour("quoting.fields")
async def test_fields_and_tables_of_hostile_names_are_written_and_read_and_never_confused(
    bench: World,
) -> None:
    names = [text.strip() for text in ATTACKS if text.strip()]
    names = list({name.casefold(): name for name in [*names, "__proto__", "constructor", "x" * 255]}.values())
    builder = lab(bench.sandbox, "Odd", "appOddNames000001")
    odd = builder.table("a}/{b\\'\"", c.line("Name"), *(c.line(name) for name in names))
    builder.connect()
    row = {"Name": "all", **{name: f"cell {n}" for n, name in enumerate(names)}}
    reply = await bench.call("create_records", base="Odd", table=odd.name, records=[row])
    if reply.is_error:
        assert reply.code == "ambiguous_name"
        ambiguous = {name for name in names if f"'{name}'" in reply.text}
        assert ambiguous
    else:
        (made,) = raw(bench.sandbox, odd.name, "Odd")
        assert dict(made.cells) == row
    for n, name in enumerate(names):
        where = [{"field": name, "op": "contains", "value": "cell"}]
        reply = await bench.call("find_records", base="Odd", table=odd.id, where=where, fields=[name])
        assert reply.code in ("", "ambiguous_name"), (name, reply.text)
        if not reply.is_error:
            assert [cell for row in table(reply.text).rows for key, cell in row.items() if key != "id"] == [
                f"cell {n}"
            ]


PATHS = (
    *("..", ".", "../..", "..%2f..", "%2e%2e", "..\\..", "/", "//evil.example", "a/b", "\x00", "app/../x"),
    *("\uff0e\uff0e/", "?a=b", "#x", "appStudio00000001/../appArchive0000001", "appStudio0000000/"),
    *("rec/../../meta/whoami", "..;/", "%252e%252e"),
)


@behaviour("quoting.paths")
@pytest.mark.parametrize(
    ("tool", "known"),
    [
        ("find_records", {"base": "Studio", "table": "Tasks", "cursor": ""}),
        ("get_records", {"base": "Studio", "table": "Tasks", "ids": "Write launch copy"}),
        ("describe_base", {"base": "Studio", "table": "Tasks"}),
        ("list_comments", {"base": "Studio", "table": "Tasks", "record": "Write launch copy", "cursor": ""}),
        ("write_comment", {"base": "Studio", "table": "Tasks", "record": "x", "reply_to": "", "text": "hi"}),
        ("delete_records", {"base": "Studio", "table": "Tasks", "ids": "Write launch copy"}),
    ],
)
async def test_no_name_or_id_walks_out_of_the_base_it_is_meant_for(
    studio: World, tool: str, known: dict[str, str]
) -> None:
    for path in PATHS:
        for place in known:
            reply = await studio.call(tool, **{**known, place: path})
            assert reply.code != "internal", (path, place)
    for one in studio.requests:
        assert one.path.startswith(("/v0/appStudio00000001/", "/v0/meta/bases")), one.path
        assert ".." not in one.path
