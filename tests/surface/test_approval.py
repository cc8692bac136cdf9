"""A person approves what is kept for them: by a form of the client, or by a confirm token."""

import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from pydantic import JsonValue

from pyairtable_mcp.base.settings import ApprovalSettings, Settings
from tests.support.behaviours import behaviour
from tests.support.held import held
from tests.support.inside import the_table
from tests.support.world import Era, Reply, World, open_world

DELETES = Settings(approval=ApprovalSettings(deletes=True))
YES = ElicitResult(action="accept", content={"approve": True})
NO = ElicitResult(action="accept", content={"approve": False})
DECLINED = ElicitResult(action="decline")
LEFT_OPEN = ElicitResult(action="cancel")
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])


class Person:
    """Answers forms one after the other; `asked` is what they were asked, `meanwhile` happens before."""

    def __init__(self, *answers: ElicitResult) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.meanwhile: list[Callable[[], None]] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        while self.meanwhile:
            self.meanwhile.pop()()
        return self.answers.pop(0)


@asynccontextmanager
async def asking(
    person: Person | None = None, era: Era = "auto", settings: Settings = DELETES
) -> AsyncIterator[World]:
    async with held(open_world(settings=settings, era=era, person=person)) as world:
        yield world


def ids(world: World) -> list[str]:
    return list(the_table(world.sandbox, "Tasks").records)


def rename(world: World, record: str, name: str) -> None:
    table = the_table(world.sandbox, "Tasks")
    table.records[record].cells[table.primary.id] = name


def changed(world: World) -> bool:
    """Tell whether anything was asked of Airtable that is no reading."""
    return any(
        one.method not in ("GET", "POST") or (one.method == "POST" and not one.path.endswith("listRecords"))
        for one in world.requests
    )


async def delete(world: World, *records: str) -> Reply:
    return await world.call("delete_records", base="Studio", table="Tasks", ids=list(records))


async def status(world: World, saga: str) -> str:
    return (await world.call("list_sagas", saga=saga)).text


def saga_in(text: str) -> str:
    found = re.search(r"\bsg[a-z0-9]{6}\b", text)
    assert found, text
    return found[0]


def token_in(text: str) -> str:
    """Return the last confirm token that the server wrote to its log."""
    found = re.findall(r"confirm token is (\S+)", text)
    assert found, text
    return str(found[-1])


@behaviour("approval.form")
@ERAS
async def test_a_person_who_approves_lets_it_run(era: Era) -> None:
    person = Person(YES)
    async with asking(person, era) as world:
        first, second, *_ = ids(world)
        told = await delete(world, first, second)
        assert not told.is_error, told.text
        assert "completed" in told.text
        assert "2 deleted" in told.text
        assert not {first, second} & set(ids(world))
    (message,) = person.asked
    assert "it deletes 2 records" in message
    assert first in message


@behaviour("approval.form")
@ERAS
@pytest.mark.parametrize("answer", [NO, DECLINED], ids=["no", "declined"])
async def test_a_person_who_does_not_approve_ends_it_with_nothing_sent(
    era: Era, answer: ElicitResult
) -> None:
    async with asking(Person(answer), era) as world:
        told = await delete(world, ids(world)[0])
        assert (told.is_error, told.code) == (True, "not_allowed")
        assert "Nothing of it was sent" in told.text
        assert not changed(world)
        assert "cancelled" in await status(world, saga_in(told.text))


@behaviour("approval.form")
@ERAS
async def test_a_person_who_does_not_answer_leaves_it_waiting(era: Era) -> None:
    async with asking(Person(LEFT_OPEN), era) as world:
        told = await delete(world, ids(world)[0])
        assert not told.is_error
        assert not changed(world)
        assert "awaiting approval" in await status(world, saga_in(told.text))


@behaviour("approval.sealed")
@ERAS
async def test_what_changed_while_a_person_looked_is_asked_again(era: Era) -> None:
    person = Person(YES, YES)
    async with asking(person, era) as world:
        record = ids(world)[0]
        person.meanwhile.append(lambda: rename(world, record, "Theirs"))
        told = await delete(world, record)
        assert not told.is_error, told.text
        assert record not in ids(world)
    first, second = person.asked
    assert "Theirs" not in first
    assert "Theirs" in second
    assert "has changed since" in second


@behaviour("approval.token")
async def test_a_client_without_forms_is_told_who_has_to_approve_but_not_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with asking() as world:
        record = ids(world)[0]
        with caplog.at_level(logging.WARNING):
            told = await delete(world, record)
        saga, token = saga_in(told.text), token_in(caplog.text)
        assert not told.is_error
        assert f"pyairtable-mcp sagas approve {saga}" in told.text
        assert record in told.text
        assert token not in told.text + await status(world, saga)
        assert not changed(world)
        assert "awaiting approval" in (await world.call("resume_saga", saga=saga)).text
        told = await world.call("resume_saga", saga=saga, confirm=token)
        assert not told.is_error, told.text
        assert record not in ids(world)
        again = await world.call("resume_saga", saga=saga, confirm=token)
        assert again.text == f"error not_allowed: The confirm token does not fit saga {saga}."


@behaviour("approval.token")
async def test_a_wrong_or_an_old_token_is_refused_in_the_same_words(caplog: pytest.LogCaptureFixture) -> None:
    async with asking() as world:
        record = ids(world)[0]
        saga = saga_in((await delete(world, record)).text)
        old = token_in(caplog.text)
        refused = f"error not_allowed: The confirm token does not fit saga {saga}."
        assert (await world.call("resume_saga", saga=saga, confirm="mmmm-mmmm")).text == refused
        rename(world, record, "Theirs")
        told = await world.call("resume_saga", saga=saga, confirm=old)
        assert "awaiting approval" in told.text
        assert "has changed since" in told.text
        assert not changed(world)
        assert (await world.call("resume_saga", saga=saga, confirm=old)).text == refused
        new = token_in(caplog.text)
        assert "completed" in (await world.call("resume_saga", saga=saga, confirm=new)).text
        assert record not in ids(world)


@behaviour("approval.classes")
@pytest.mark.parametrize(
    ("approval", "tool", "arguments", "why"),
    [
        (
            ApprovalSettings(records_over=2),
            "create_records",
            {"table": "Tasks", "records": [{"Name": f"n{n}"} for n in range(3)]},
            "it writes 3 records, more than 2",
        ),
        (
            ApprovalSettings(schema_changes=True),
            "create_fields",
            {"table": "Tasks", "fields": [{"name": "Mood", "type": "singleLineText"}]},
            "it changes what a base is made of",
        ),
        (
            ApprovalSettings(creates=True),
            "create_records",
            {"table": "Tasks", "records": [{"Name": "n"}]},
            "it creates 1 record",
        ),
        (
            ApprovalSettings(changes=True),
            "upsert_records",
            {
                "table": "People",
                "records": [{"Name": "Nora", "Email": "nora@example.com"}],
                "match_on": ["Email"],
            },
            "it changes 1 record",
        ),
    ],
    ids=["many records", "schema", "creating", "changing"],
)
async def test_other_classes_of_changes_are_kept_for_a_person_too(
    approval: ApprovalSettings, tool: str, arguments: dict[str, object], why: str
) -> None:
    person = Person(YES)
    async with asking(person, settings=Settings(approval=approval)) as world:
        told = await world.call(tool, base="Studio", **arguments)
        assert not told.is_error, told.text
        assert changed(world)
    assert why in person.asked[0]


@behaviour("approval.classes")
async def test_what_is_not_of_these_classes_is_not_asked_about() -> None:
    async with asking(settings=Settings(approval=ApprovalSettings(deletes=True, records_over=2))) as world:
        told = await world.call(
            "create_records", base="Studio", table="Tasks", records=[{"Name": "a"}, {"Name": "b"}]
        )
        assert "Created 2 records" in told.text


@behaviour("approval.classes")
async def test_text_that_looks_like_an_expression_is_still_text_when_it_was_approved() -> None:
    person = Person(YES)
    async with asking(person, settings=Settings(approval=ApprovalSettings(records_over=1))) as world:
        rows = [{"Name": "${{ 1 + 1 }}"}, {"Name": "b"}]
        await world.call("create_records", base="Studio", table="Tasks", records=rows)
        table = the_table(world.sandbox, "Tasks")
        names = [record.cells.get(table.primary.id) for record in table.records.values()]
        assert names[-2:] == ["${{ 1 + 1 }}", "b"]


def making_and_deleting(record: str) -> list[dict[str, JsonValue]]:
    where: dict[str, JsonValue] = {"base": "Studio", "table": "Tasks"}
    return [
        {"id": "make", "do": "create", "with": {**where, "records": [{"Name": "Made"}]}},
        {"id": "drop", "do": "delete", "with": {**where, "ids": [record]}},
        {"id": "more", "do": "delete", "with": {**where, "ids": ["${{ steps.make.records[0].id }}"]}},
    ]


@behaviour("approval.sagas")
@ERAS
async def test_a_saga_is_asked_about_before_it_begins_and_again_for_what_shows_later(era: Era) -> None:
    person = Person(YES, YES)
    async with asking(person, era) as world:
        before = ids(world)
        told = await world.call("run_saga", steps=making_and_deleting(before[0]))
        assert not told.is_error, told.text
        assert ids(world) == before[1:]
    first, second = person.asked
    assert before[0] in first
    assert "more: delete, told when it is its turn" in first
    assert before[0] not in second
    assert "Made" in second


@behaviour("approval.sagas")
async def test_a_saga_that_is_not_approved_did_nothing() -> None:
    async with asking(Person(NO)) as world:
        told = await world.call("run_saga", steps=making_and_deleting(ids(world)[0]))
        assert "Nothing of it was sent" in told.text
        assert not changed(world)


@behaviour("approval.sagas")
async def test_a_saga_that_is_rejected_half_way_is_taken_back() -> None:
    async with asking(Person(YES, NO)) as world:
        before = ids(world)
        told = await world.call("run_saga", steps=making_and_deleting(before[0]))
        assert "What it had done was taken back" in told.text
        assert len(ids(world)) == len(before)


@behaviour("approval.sagas")
async def test_taking_back_by_hand_is_asked_about_once_though_it_is_many_writes() -> None:
    person = Person(YES)
    async with asking(person) as world:
        before = ids(world)
        rows = [{"Name": f"n{n}"} for n in range(25)]
        made = await world.call("create_records", base="Studio", table="Tasks", records=rows)
        told = await world.call("undo_saga", saga=saga_in(made.text))
        assert not told.is_error, told.text
        assert ids(world) == before
    assert "it deletes 25 records" in person.asked[0]
