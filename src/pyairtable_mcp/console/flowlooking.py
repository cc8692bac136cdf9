"""Looking at workflows: straight from the store, so that nothing is taken up by a look."""

from zoneinfo import ZoneInfo

from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import UnknownName
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import closest, quoted
from pyairtable_mcp.console.codes import DONE
from pyairtable_mcp.console.flowshowing import flows_table, history_of, triggers_table
from pyairtable_mcp.console.looking import looking
from pyairtable_mcp.console.showing import console, plain
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.workflows.tools.finding import unknown
from pyairtable_mcp.workflows.tools.looking import all_of, stories
from pyairtable_mcp.workflows.tools.views import WorkflowLine


async def flow_listing(settings: Settings) -> int:
    """Print the workflows there are."""
    async with looking(settings) as store:
        found = await all_of(store, SystemClock())
    console().print(flows_table(found.workflows, ZoneInfo(settings.time_zone)))
    return DONE


async def flow_history(settings: Settings, name: str, limit: int) -> int:
    """Print the last runs, of one workflow or of all, with their steps."""
    async with looking(settings) as store:
        runs = await store.runs.find(name, limit=limit)
        if name and not runs and await store.workflows.load(name) is None:
            raise await unknown(store, name, None)
        told = await stories(store, runs)
    console().print(history_of(told, ZoneInfo(settings.time_zone)))
    return DONE


async def flow_triggers(settings: Settings, name: str, secret: str) -> int:
    """Print what starts workflows; with `secret` the id of a trigger, what signs its requests."""
    async with looking(settings) as store:
        lines = (await all_of(store, SystemClock())).workflows
        if name and all(one.name != name for one in lines):
            raise await unknown(store, name, None)
        if secret:
            console().print(plain(await _secret(store, name, secret)))
            return DONE
    shown: list[WorkflowLine] = [one for one in lines if name in ("", one.name)]
    console().print(triggers_table(shown, ZoneInfo(settings.time_zone)))
    return DONE


async def _secret(store: Store, name: str, trigger: str) -> str:
    rows = [row for row in await store.triggers.find(name) if row.secret]
    found = [row.secret for row in rows if row.id == trigger]
    if not found:
        ids = [row.id for row in rows]
        raise UnknownName(
            f"Workflow {quoted(name)} has no webhook trigger {quoted(trigger)}.",
            hint=f"It has: {', '.join(closest(trigger, ids) or ids)}." if ids else "It has none.",
        )
    return found[0]
