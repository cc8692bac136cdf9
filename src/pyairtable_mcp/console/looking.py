"""Looking at sagas: straight from the store, so that nothing is taken up or sent by a look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from pyairtable_mcp.app import running
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import UnknownName
from pyairtable_mcp.base.sagas import FINISHED, Status
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.codes import DONE
from pyairtable_mcp.console.showing import console, table_of, whole
from pyairtable_mcp.engine.launching import store_place
from pyairtable_mcp.engine.tools.asking import viewed
from pyairtable_mcp.engine.tools.depicting import depicted, schemas_of
from pyairtable_mcp.engine.tools.telling import shortly
from pyairtable_mcp.store.journal_values import History
from pyairtable_mcp.store.store import Store, open_store


@asynccontextmanager
async def looking(settings: Settings) -> AsyncIterator[Store]:
    """Give the store to look into."""
    with store_place(settings, temporary=settings.sandbox) as place:
        async with open_store(place(), SystemClock()) as store:
            yield store


async def listing(settings: Settings, *, unfinished: bool, record: str, limit: int) -> int:
    """Print sagas as a table."""
    statuses = [one for one in Status if one not in FINISHED] if unfinished else []
    async with looking(settings) as store:
        rows = await store.journal.find(statuses=statuses, record=record, limit=limit)
    console().print(table_of([shortly(row) for row in rows], ZoneInfo(settings.time_zone)))
    return DONE


async def showing(settings: Settings, saga: str) -> int:
    """Print all about a saga; raises `UnknownName`."""
    async with looking(settings) as store:
        history = await store.journal.load(saga)
    if history is None:
        raise UnknownName(f"There is no saga '{saga}'.", hint="`pyairtable-mcp sagas` shows them.")
    await show_history(settings, history)
    return DONE


async def show_history(settings: Settings, history: History) -> None:
    """Print all about a saga, by the names of fields where a token lets them be read."""
    async with running(settings) as app:
        call = app.dispatcher.new_call()
        steps = depicted(history, await schemas_of(call, history))
        view = await viewed(call, history)
    console().print(whole(view, steps, ZoneInfo(settings.time_zone)))
