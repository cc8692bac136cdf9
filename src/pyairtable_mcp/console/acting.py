"""Acting on sagas: the same use cases as the tools, in an application of this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import click

from pyairtable_mcp.app import running
from pyairtable_mcp.base.errors import NotAllowed
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.codes import DONE, NOT_DONE, WAITS
from pyairtable_mcp.console.showing import console, diff_of, plain, whole
from pyairtable_mcp.engine.call import SagaCall
from pyairtable_mcp.engine.tools.arguments import CancelSaga, ResumeSaga, UndoSaga
from pyairtable_mcp.engine.tools.asking import viewed
from pyairtable_mcp.engine.tools.depicting import depicted, schemas_of
from pyairtable_mcp.engine.tools.managing import cancel_saga, resume_saga, taken_back, undo_shown
from pyairtable_mcp.operations.parsing import parse
from pyairtable_mcp.workflows.call import FlowCall

_BY: Final = "command line"


@dataclass(frozen=True, kw_only=True)
class Undo:
    """What is to be taken back, and how."""

    saga: str
    force: bool
    from_step: str
    dry_run: bool
    yes: bool


@asynccontextmanager
async def acting(settings: Settings) -> AsyncIterator[FlowCall]:
    """Give a call to work with; raises `NotConfigured` without a token, before anything is taken up."""
    async with running(settings) as app:
        app.airtable.ready()
        yield app.dispatcher.new_call()


async def undone(settings: Settings, wish: Undo) -> int:
    """Show what taking back would do, ask, do it, and show what came of it."""
    args = parse(UndoSaga, {"saga": wish.saga, "force": wish.force, "from_step": wish.from_step})
    async with acting(settings) as call:
        planned = await undo_shown(call, args)
        console().print(*diff_of(depicted(planned, await schemas_of(call, planned))), sep="\n")
        if wish.dry_run:
            return DONE
        _ask(f"Take back {wish.saga}?", yes=wish.yes)
        view = await taken_back(call, args)
        return await settled(call, view.id, yes=wish.yes)


async def resumed(settings: Settings, saga: str, *, force: bool) -> int:
    """Go on with a saga, and show what came of it."""
    async with acting(settings) as call:
        await resume_saga(call, parse(ResumeSaga, {"saga": saga, "force": force}))
        return await _told(call, saga)


async def approved(settings: Settings, saga: str, *, yes: bool) -> int:
    """Show what a saga would do, ask, and let it run."""
    async with acting(settings) as call:
        if (await (await call.sagas()).get(saga)).saga.status is not Status.AWAITING_APPROVAL:
            raise NotAllowed(f"Saga {saga} waits for nobody's approval.")
        return await settled(call, saga, yes=yes)


async def settled(call: SagaCall, saga: str, *, yes: bool) -> int:
    """Have the person here decide as long as the saga asks; show what came of it."""
    engine = await call.sagas()
    while True:
        view = await viewed(call, await engine.get(saga))
        if view.question is None:
            return await _told(call, saga)
        await _shown(call, saga)
        _ask(f"Let {saga} do this?", yes=yes)
        await engine.approve(saga, _BY, view.question.id)


async def tokened(settings: Settings, saga: str) -> int:
    """Print a confirm token; the one before fits no longer."""
    async with acting(settings) as call:
        token = await (await call.sagas()).new_token(saga)
    console().print(plain(token))
    return DONE


async def rejected(settings: Settings, saga: str) -> int:
    """End a saga that waits for approval."""
    async with acting(settings) as call:
        report = await (await call.sagas()).reject(saga, _BY)
        await _shown(call, saga)
    return DONE if report.status in FINISHED else NOT_DONE


async def resolved(settings: Settings, saga: str, note: str) -> int:
    """Note that somebody has dealt with what is left."""
    async with acting(settings) as call:
        await (await call.sagas()).resolve(saga, note)
        await _shown(call, saga)
    return DONE


async def cancelled(settings: Settings, saga: str, *, yes: bool) -> int:
    """Stop a saga, wait until it is taken back, and show what came of it."""
    async with acting(settings) as call:
        await _shown(call, saga)
        _ask(f"Stop {saga} and take it back?", yes=yes)
        await cancel_saga(call, parse(CancelSaga, {"saga": saga}))
        report = await (await call.sagas()).followed(saga)
        await _shown(call, saga)
    return DONE if report.status in FINISHED else NOT_DONE


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True)


async def _told(call: SagaCall, saga: str) -> int:
    """Show a saga, and return the code its state ends with."""
    await _shown(call, saga)
    status = (await (await call.sagas()).get(saga)).saga.status
    if status is Status.AWAITING_APPROVAL:
        return WAITS
    return NOT_DONE if status in (Status.COMPENSATED, Status.COMPENSATION_FAILED, Status.CANCELLED) else DONE


async def _shown(call: SagaCall, saga: str) -> None:
    history = await (await call.sagas()).get(saga)
    steps = depicted(history, await schemas_of(call, history))
    view = await viewed(call, history)
    console().print(whole(view, steps, ZoneInfo(call.settings.time_zone)))
