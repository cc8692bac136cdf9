"""What `where` means for people and linked records, judged by an independent filter."""

from pyairtable_mcp.sandbox.state.model import User
from tests.support.answers import table
from tests.support.behaviours import behaviour
from tests.support.inside import LAB, named, raw, the_field, the_table
from tests.support.judging import emptiness, is_, item, judge, listing, no, people, person
from tests.support.world import World


@behaviour("where.people")
async def test_people_are_found_by_email_and_by_id(bench: World) -> None:
    sam, mei = "sam.rivera@example.com", "mei.tanaka@example.com"
    for field in ("Owner", "Crew"):
        await judge(
            bench,
            [
                (is_(field, "=", sam), person(field, sam)),
                (is_(field, "=", "usrSamRivera00001"), person(field, sam)),
                (is_(field, "!=", sam), no(person(field, sam))),
                (is_(field, "in", [sam, mei]), person(field, sam, mei)),
                *emptiness(field),
            ],
        )


@behaviour("where.people_name")
async def test_people_are_found_by_name(bench: World) -> None:
    sam = "sam.rivera@example.com"
    await judge(
        bench,
        [
            (is_("Owner", "=", "Sam Rivera"), lambda r: sam in people(r, "Owner")),
            (is_("Crew", "=", "Sam Rivera"), lambda r: sam in people(r, "Crew")),
            (is_("Owner", "contains", "rivera"), lambda r: sam in people(r, "Owner")),
        ],
    )


@behaviour("where.people_nobody")
async def test_a_person_no_cell_holds_matches_nothing_and_is_not_taken_for_a_blank(bench: World) -> None:
    jonas = "jonas.weber@example.com"
    for field in ("Owner", "Crew"):
        await judge(
            bench,
            [
                (is_(field, "=", jonas), lambda _: False),
                (is_(field, "!=", jonas), lambda _: True),
                (
                    is_(field, "in", [jonas, "mei.tanaka@example.com"]),
                    person(field, "mei.tanaka@example.com"),
                ),
                (is_(field, "not_in", [jonas]), lambda _: True),
            ],
        )


@behaviour("where.people_same_name")
async def test_two_people_of_one_name_are_told_apart_by_their_email(bench: World) -> None:
    twin = User("usrSamRivera00002", "Sam Rivera", "other.sam@example.com")
    bench.sandbox.workspace.users[twin.id] = twin
    things = the_table(bench.sandbox, "Things", LAB)
    owner = the_field(bench.sandbox, "Things", "Owner", LAB)
    next(iter(things.records.values())).cells[owner.id] = twin.id
    for email in (twin.email, "sam.rivera@example.com"):
        where = [is_("Owner", "=", email)]
        reply = await bench.call("find_records", base=LAB, table="Things", where=where, fields=["Name"])
        expected = [one.id for one in raw(bench.sandbox, "Things", LAB) if email in people(one, "Owner")]
        assert reply.is_error or table(reply.text).ids == expected


@behaviour("where.link_name", "where.link_id")
async def test_links_are_followed_by_name_and_by_id(studio: World) -> None:
    acme = named(studio.sandbox, "Clients", "Acme Robotics").id
    globex, globex_ltd = (
        named(studio.sandbox, "Clients", "Globex").id,
        named(studio.sandbox, "Clients", "Globex Ltd").id,
    )
    await judge(
        studio,
        [
            (is_("Client", "=", "Acme Robotics"), lambda r: acme in listing(r, "Client")),
            (is_("Client", "=", "acme robotics"), lambda r: acme in listing(r, "Client")),
            (is_("Client", "=", acme), lambda r: acme in listing(r, "Client")),
            (is_("Client", "!=", "Acme Robotics"), lambda r: acme not in listing(r, "Client")),
            (is_("Client", "=", "Globex"), lambda r: globex in listing(r, "Client")),
            (
                is_("Client", "in", ["Globex", acme]),
                lambda r: bool({globex, acme} & set(listing(r, "Client"))),
            ),
            (
                is_("Client", "not_in", ["Globex", acme]),
                lambda r: not {globex, acme} & set(listing(r, "Client")),
            ),
            (
                is_("Client", "contains", "globex"),
                lambda r: bool({globex, globex_ltd} & set(listing(r, "Client"))),
            ),
            *emptiness("Client"),
            *emptiness("Invoices"),
        ],
        base="Studio",
        name="Projects",
    )


@behaviour("where.link_one_way")
async def test_a_link_without_an_other_side_is_followed_by_name_and_id(bench: World) -> None:
    fields = [{"name": "Name", "type": "text"}]
    await bench.call("create_table", base=LAB, table="Nodes", fields=fields)
    link = [{"name": "Next", "type": "links", "links_to": "Nodes"}]
    await bench.call("create_fields", base=LAB, table="Nodes", fields=link)
    rows = [{"Name": name} for name in ("a", "b", "b, c", "c", "twin", "twin")]
    await bench.call("create_records", base=LAB, table="Nodes", records=rows)
    ids = [one.id for one in raw(bench.sandbox, "Nodes", LAB)]
    links = [{"Name": f"to {n}", "Next": [key]} for n, key in enumerate(ids)]
    reply = await bench.call("create_records", base=LAB, table="Nodes", records=links)
    assert not reply.is_error, reply.text
    for n, key in enumerate(ids):
        reply = await bench.call("find_records", base=LAB, table="Nodes", where=[is_("Next", "=", key)])
        found = table(reply.text).column("Name")
        assert found == [f"to {n}"] or (n > 3 and reply.code == "ambiguous_name"), (n, reply.text)
    for n, name in enumerate(("a", "b", "b, c", "c")):
        reply = await bench.call("find_records", base=LAB, table="Nodes", where=[is_("Next", "=", name)])
        assert table(reply.text).column("Name") == [f"to {n}"], reply.text


@behaviour("where.link_ambiguous")
async def test_two_linked_records_of_one_name_are_told_apart_by_their_ids(studio: World) -> None:
    reply = await studio.call(
        "find_records", base="Studio", table="Projects", where=[is_("Team", "=", "Alex Kim")]
    )
    assert reply.code == "ambiguous_name"
    kims = [one for one in raw(studio.sandbox, "People") if one["Name"] == "Alex Kim"]
    assert len(reply.candidates) == 2
    assert all(any(kim.id in told for told in reply.candidates) for kim in kims)
    for kim in kims:
        await judge(studio, [(is_("Team", "=", kim.id), item("Team", kim.id))], "Studio", "Projects")


@behaviour("where.link_unknown")
async def test_a_linked_record_that_is_not_there_is_refused_with_the_closest_names(studio: World) -> None:
    reply = await studio.call(
        "find_records", base="Studio", table="Projects", where=[is_("Client", "=", "Acme Robotcs")]
    )
    assert (reply.code, reply.candidates) == ("unknown_name", ("Acme Robotics",))
