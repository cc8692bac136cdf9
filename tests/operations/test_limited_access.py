"""Tokens and bases that give less than usual."""

from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.seeds import columns as c
from tests.support.answers import fenced, table
from tests.support.behaviours import behaviour
from tests.support.inside import fill, lab, named, raw, the_table, writes
from tests.support.world import World, open_world

NO_LIST = Fault(
    path_contains="/meta/bases/appStudio00000001", status=403, body={"error": {"type": "NO"}}, times=1
)


async def ready(world: World) -> None:
    """Remember the schema, then forbid the list of collaborators once."""
    await world.call("describe_base", base="Studio")
    world.sandbox.faults.add(NO_LIST)


@behaviour("limited.people")
async def test_without_a_list_of_people_an_email_is_left_to_airtable_and_a_known_name_still_works(
    studio: World,
) -> None:
    await ready(studio)
    rows = [{"Name": "By e-mail", "Owner": "jonas.weber@example.com"}]
    reply = await studio.call("create_records", base="Studio", table="Projects", records=rows)
    assert not reply.is_error, reply.text
    await ready(studio)
    rows = [{"Name": "By name", "Owner": "Mei Tanaka"}]
    reply = await studio.call("create_records", base="Studio", table="Projects", records=rows)
    assert not reply.is_error, reply.text
    for name, email in (("By e-mail", "jonas.weber@example.com"), ("By name", "mei.tanaka@example.com")):
        owner = named(studio.sandbox, "Projects", name)["Owner"]
        assert isinstance(owner, dict)
        assert owner["email"] == email
    await ready(studio)
    rows = [{"Name": "Nobody", "Owner": "No Such Person"}]
    reply = await studio.call("create_records", base="Studio", table="Projects", records=rows)
    assert reply.code == "unknown_name"


@behaviour("limited.empty")
async def test_a_token_without_bases_and_a_base_without_tables_say_so() -> None:
    async with open_world(seed="empty") as world:
        reply = await world.call("describe_base", base="Empty")
        assert not reply.is_error
        assert "0 of 0 tables" in reply.text
        reply = await world.call("find_records", base="Empty", table="Tasks")
        assert reply.code == "unknown_name"
    async with open_world(seed="empty") as world:
        world.sandbox.workspace.bases.clear()
        reply = await world.call("list_bases")
        assert not reply.is_error
        assert "no base" in reply.text


@behaviour("limited.empty")
async def test_an_empty_table_reads_as_empty(studio: World) -> None:
    the_table(studio.sandbox, "Clients").records.clear()
    reply = await studio.call("find_records", base="Studio", table="Clients")
    assert not reply.is_error
    assert "no records match" in reply.text
    reply = await studio.call("delete_records", base="Studio", table="Clients", formula="TRUE()")
    assert not reply.is_error
    assert writes(studio.requests) == []


@behaviour("limited.attach_refused")
async def test_a_refused_attachment_is_told_and_leaves_the_files_as_they_were(studio: World) -> None:
    studio.sandbox.faults.add(
        Fault(method="PATCH", status=422, body={"error": {"type": "INVALID_ATTACHMENT_OBJECT"}})
    )
    before = raw(studio.sandbox, "Projects")
    here = {"base": "Studio", "table": "Projects", "record": "Website relaunch", "field": "Files"}
    reply = await studio.call("attach_file", **here, url="https://a.example/x.pdf")
    assert reply.code == "rejected"
    assert raw(studio.sandbox, "Projects") == before


@behaviour("find.search_whole")
async def test_a_search_too_wide_to_be_whole_is_refused(studio: World) -> None:
    builder = lab(studio.sandbox)
    builder.table("Wide", *(c.line(f"Column {n}") for n in range(120)))
    builder.connect()
    reply = await studio.call("find_records", base="Lab", table="Wide", search=" ".join("abcdefghijklmnop"))
    assert reply.code == "invalid_arguments"
    assert "120 text fields" in reply.text


@behaviour("render.grouped")
async def test_a_dry_run_with_many_different_changes_counts_those_it_does_not_show(studio: World) -> None:
    patches = [
        {"id": one.id, "fields": {"Notes": f"Note {n}"}}
        for n, one in enumerate(raw(studio.sandbox, "Tasks")[:60])
    ]
    reply = await studio.call("update_records", base="Studio", table="Tasks", records=patches, dry_run=True)
    assert "60 records" in reply.text
    assert "other changes" in fenced(reply.text)


@behaviour("read.describe_table")
async def test_a_full_description_tells_what_people_wrote_about_tables_and_fields(studio: World) -> None:
    tasks = the_table(studio.sandbox, "Tasks")
    tasks.description = "Everything to do\nand more"
    tasks.primary.description = "What it is called\u202e"
    reply = await studio.call("describe_base", base="Studio", table="Tasks", detail="full")
    assert "Everything to do\\nand more" in reply.text
    assert "What it is called[U+202E]" in reply.text


@behaviour("values.clear")
async def test_files_named_by_id_stay_and_the_others_go(studio: World) -> None:
    builder = lab(studio.sandbox)
    held = builder.table("Held", c.line("Name"), c.files("Files"))
    builder.connect()
    files = [
        {"id": f"att{n:014d}", "url": f"https://a.example/{n}", "filename": f"{n}.pdf"} for n in range(3)
    ]
    fill(held, {"Name": "x", "Files": files})
    patch = {"id": "x", "fields": {"Files": [{"id": files[2]["id"]}, "https://a.example/new.pdf"]}}
    reply = await studio.call("update_records", base="Lab", table="Held", records=[patch])
    assert not reply.is_error, reply.text
    reply = await studio.call("get_records", base="Lab", table="Held", ids=["x"])
    assert table(reply.text).column("Files") == ["2.pdf, new.pdf"]
    reply = await studio.call(
        "update_records", base="Lab", table="Held", records=[{"id": "x", "fields": {"Files": []}}]
    )
    assert raw(studio.sandbox, "Held", "Lab")[0]["Files"] is None
