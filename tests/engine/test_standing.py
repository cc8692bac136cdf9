"""Sagas of whoever may not go on: nothing new is done, and what was done is taken back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.base.mandates import Mandate, Mandates
from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.engine.standing import Stopped
from pyairtable_mcp.store import open_store
from pyairtable_mcp.store.journal_values import SagaRow
from tests.engine.sagas import QUICK, ended, playing, saga

MANDATE = Mandate(scopes=("read", "write"), token="api:one")
WHY = "The token was revoked."


def saying(*told: str) -> tuple[Stopped, list[tuple[str, Mandates]]]:
    """Return what tells this, one after the other and then the last for good, and whom it was asked about."""
    answers: Iterator[str] = iter(told)
    asked: list[tuple[str, Mandates]] = []

    async def stopped(principal: str, mandates: Mandates) -> str:
        asked.append((principal, mandates))
        return next(answers, told[-1])

    return stopped, asked


async def test_each_step_is_begun_only_while_its_principal_may(tmp_path: Path) -> None:
    stopped, asked = saying("", WHY)
    async with playing(str(tmp_path / "store.db"), stopped=stopped) as field:
        new = saga(field.create("new 1", step="one"), field.create("new 2", step="two"))
        report = await field.engine.run(replace(new, principal="user:mona", mandates=(MANDATE,)))
        assert report.status is Status.COMPENSATED
        assert report.error is not None
        assert (report.error.code, WHY in report.error.message) == ("not_allowed", True)
        assert field.new() == []
    assert asked == [("user:mona", (MANDATE,))] * 2


async def test_the_rest_of_a_step_that_is_taken_up_again_is_not_sent(tmp_path: Path) -> None:
    stopped, _ = saying("", WHY)
    passed: list[str] = []

    def fail(point: str) -> None:
        passed.append(point)
        if passed.count("intend") == 2 and point == "intend" and "failed" not in passed:
            passed.append("failed")
            raise Unavailable("The process was ended here.")

    terms = replace(QUICK, checkpoint=fail)
    async with playing(str(tmp_path / "store.db"), stopped=stopped, terms=terms) as field:
        new = saga(field.create(*[f"new {number}" for number in range(15)]))
        begun = await field.engine.start(replace(new, principal="user:mona"))
        report = await field.engine.followed(begun)
        report = report if report.status is Status.COMPENSATED else await field.engine.resume(begun)
        assert report.status is Status.COMPENSATED
        assert field.new() == []
        creates = [one for one in field.sandbox.requests if one.method == "POST"]
        assert len(creates) == 1


async def test_who_began_it_as_the_operator_is_not_asked_about(tmp_path: Path) -> None:
    stopped, asked = saying(WHY)
    async with playing(str(tmp_path / "store.db"), stopped=stopped) as field:
        assert (await field.engine.run(saga(field.create("new")))).status is Status.COMPLETED
    assert asked == []


async def test_who_cannot_be_served_just_now_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    where = str(tmp_path / "store.db")
    async with open_store(where, SystemClock()) as store:
        for name, who in (("sgout", "user:out"), ("sgsound", "user:in")):
            row = SagaRow(id=name, principal=who, status=Status.RUNNING, definition={"steps": []})
            assert await store.journal.open(row)

    def let(principal: str) -> None:
        if principal == "user:out":
            raise Unavailable("Airtable does not answer when it is asked for a token.")

    async with playing(where, let=let) as field:
        await field.engine.ready()
        assert (await ended(field, "sgsound")).status is Status.COMPLETED
        (waits,) = [one for one in await field.engine.list() if one.id == "sgout"]
        assert (waits.status, waits.owner) == (Status.RUNNING, "")
        assert (
            waits.reason == "Airtable does not answer when it is asked for a token; it is tried again in 10 s"
        )
