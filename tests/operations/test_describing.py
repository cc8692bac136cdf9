"""list_bases and describe_base."""

from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.state.model import Base
from tests.support.answers import fenced
from tests.support.behaviours import behaviour
from tests.support.inside import lab, the_base, the_field, the_table
from tests.support.world import World


@behaviour("read.list_bases")
async def test_the_bases_are_listed_with_their_ids(world: World) -> None:
    reply = await world.call("list_bases")
    lines = fenced(reply.text).splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["Studio", "appStudio00000001"],
        ["Archive", "appArchive0000001"],
    ]
    assert len(world.requests) == 1


@behaviour("read.list_bases_search")
async def test_bases_are_searched_by_a_part_of_their_name_or_by_what_it_is_like(studio: World) -> None:
    for search, found in (
        ("stud", "Studio"),
        ("ARCH", "Archive"),
        ("Stduio", "Studio"),
        ("appArchive0000001", "Archive"),
    ):
        reply = await studio.call("list_bases", search=search)
        (line,) = fenced(reply.text).splitlines()
        assert line.startswith(found), search
    reply = await studio.call("list_bases", search="zzzz")
    assert not reply.is_error
    assert "None of the 2 bases" in reply.text


@behaviour("read.describe_base")
async def test_a_base_is_described_one_line_for_each_field(world: World) -> None:
    reply = await world.call("describe_base", base="STUDIO")
    told = fenced(reply.text).splitlines()
    tables = the_base(world.sandbox, "Studio").tables.values()
    assert [line for line in told if line.startswith("# ")] == [f"# {one.name}" for one in tables]
    assert len(told) == sum(1 + len(one.fields) for one in tables)
    assert "Client: links → Clients (one)" in told
    assert "Status: select (Planned|In progress|In Review|On hold|Done)" in told
    assert "Client city: lookup (Client.City)" in told
    assert "Billed: rollup of number (Invoices.Amount)" in told


@behaviour("read.describe_table", "names.table")
async def test_one_table_is_described_alone_with_ids_and_views_when_asked(studio: World) -> None:
    reply = await studio.call("describe_base", base="Studio", table="projects", detail="full")
    table = the_table(studio.sandbox, "Projects")
    assert all(key in reply.text for key in (table.id, *table.fields, *table.views))
    assert "# Tasks" not in reply.text
    reply = await studio.call("describe_base", base="Studio", detail="tables")
    assert len(fenced(reply.text).splitlines()) == 6


@behaviour("read.describe_fresh")
async def test_a_description_is_read_afresh_every_time(studio: World) -> None:
    await studio.call("describe_base", base="Studio", table="Tasks")
    the_field(studio.sandbox, "Tasks", "Estimate").name = "Effort"
    reply = await studio.call("describe_base", base="Studio", table="Tasks")
    assert "Effort: number" in reply.text
    reply = await studio.call("find_records", base="Studio", table="Tasks", fields=["Effort"], limit=1)
    assert not reply.is_error, "and what it told is what later calls go by"


@behaviour("names.base", "names.table", "names.before_requests")
async def test_misspelt_bases_tables_and_views_are_refused_with_the_closest_name(studio: World) -> None:
    await studio.call("describe_base", base="Studio")
    await studio.call("list_bases")
    studio.requests.clear()
    for tool, arguments, near in (
        ("find_records", {"base": "Studoi", "table": "Tasks"}, "Studio"),
        ("describe_base", {"base": "Archiv"}, "Archive"),
        ("find_records", {"base": "Studio", "table": "Task list"}, "Tasks"),
        ("create_records", {"base": "Studio", "table": "Taks", "records": [{"Name": "x"}]}, "Tasks"),
        ("delete_records", {"base": "Studio", "table": "Client", "ids": ["x"]}, "Clients"),
        ("find_records", {"base": "Studio", "table": "Tasks", "view": "Open task"}, "Open tasks"),
        ("find_records", {"base": "Studio", "table": "Tasks", "fields": ["Nam"]}, "Name"),
        ("find_records", {"base": "Studio", "table": "Tasks", "sort": ["-Duo"]}, "Due"),
        (
            "find_records",
            {"base": "Studio", "table": "Tasks", "where": [{"field": "Stats", "value": 1}]},
            "Status",
        ),
        (
            "get_records",
            {"base": "Studio", "table": "Tasks", "ids": ["x"], "fields": ["Estimat"]},
            "Estimate",
        ),
        (
            "attach_file",
            {"base": "Studio", "table": "Projects", "record": "x", "field": "Fils", "url": "http://a.b/c"},
            "Files",
        ),
        ("update_schema", {"base": "Studio", "table": "Project", "name": "x"}, "Projects"),
        (
            "upsert_records",
            {"base": "Studio", "table": "People", "records": [{"E-mail": "x"}], "match_on": ["Email"]},
            "Email",
        ),
    ):
        reply = await studio.call(tool, **arguments)
        assert reply.code == "unknown_name", (tool, arguments, reply.text)
        assert near in reply.candidates, (tool, arguments, reply.candidates)
        assert near in reply.text
    assert not [one for one in studio.requests if "/meta/" not in one.path]


@behaviour("names.ambiguous")
async def test_two_things_of_one_name_are_told_apart_by_id(studio: World) -> None:
    builder = lab(studio.sandbox)
    builder.table("Things", c.line("Name"), c.line("cost"), c.line("Cost"))
    builder.connect()
    studio.sandbox.workspace.bases["appTwin0000000001"] = Base("appTwin0000000001", "Studio")
    reply = await studio.call("describe_base", base="studio")
    assert reply.code == "ambiguous_name"
    assert {"Studio (appStudio00000001)", "Studio (appTwin0000000001)"} == set(reply.candidates)
    reply = await studio.call("describe_base", base="appTwin0000000001")
    assert not reply.is_error
    reply = await studio.call("create_records", base="Lab", table="Things", records=[{"COST": "1"}])
    assert reply.code == "ambiguous_name"
    assert len(reply.candidates) == 2
    reply = await studio.call("create_records", base="Lab", table="Things", records=[{"cost": "1"}])
    assert not reply.is_error


@behaviour("read.describe_large")
async def test_a_base_too_large_for_one_answer_says_what_it_leaves_out(studio: World) -> None:
    builder = lab(studio.sandbox)
    for n in range(30):
        many = (c.one_of(f"Field {n} {m}", *(f"option {k} of many" for k in range(25))) for m in range(30))
        builder.table(f"Table {n}", c.line("Name"), *many)
    builder.connect()
    reply = await studio.call("describe_base", base="Lab")
    assert len(reply.text.encode()) <= 4 * 5_100
    assert "30 of 30 tables" in reply.text
    assert "ask for one table" in reply.text
    reply = await studio.call("describe_base", base="Lab", table="Table 7")
    assert "option 24 of many" in reply.text
