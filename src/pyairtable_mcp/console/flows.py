"""Saving workflows, running them, and letting them start runs or not, from a command line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import SystemRandom

import click
from pydantic import JsonValue

from pyairtable_mcp.base.errors import InvalidArguments
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import quoted
from pyairtable_mcp.console.acting import acting, settled
from pyairtable_mcp.console.codes import DONE
from pyairtable_mcp.console.flowshowing import rehearsal_lines, saved_lines
from pyairtable_mcp.console.looking import looking
from pyairtable_mcp.console.showing import console, plain
from pyairtable_mcp.engine.tools.views import Rehearsal
from pyairtable_mcp.operations.parsing import parse
from pyairtable_mcp.workflows.tools.arguments import RunWorkflow, SaveWorkflow
from pyairtable_mcp.workflows.tools.finding import unknown
from pyairtable_mcp.workflows.tools.running import run_workflow
from pyairtable_mcp.workflows.tools.saving import save_workflow
from pyairtable_mcp.workflows.triggers.setting import set_up


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A run somebody wants: of which workflow, told what (`name=value`), and how."""

    workflow: str = ""
    inputs: Sequence[str] = field(default_factory=tuple)
    rerun: str = ""
    from_step: str = ""
    dry_run: bool = False
    wait: bool = True
    yes: bool = False


async def flow_saved(settings: Settings, text: str, *, dry_run: bool) -> int:
    """Save a definition, and show what is to be known of it."""
    async with acting(settings) as call:
        view = await save_workflow(call, SaveWorkflow(definition=text, dry_run=dry_run))
        console().print(*saved_lines(view, settings.time_zone), sep="\n")
    return DONE


async def flow_run(settings: Settings, wish: Wish) -> int:
    """Run a workflow, and show what came of it; the person here is asked what it asks."""
    given: dict[str, JsonValue] = {
        "workflow": wish.workflow, "inputs": _inputs(wish.inputs), "rerun": wish.rerun,
        "from_step": wish.from_step, "dry_run": wish.dry_run, "wait": wish.wait,
    }  # fmt: skip
    args = parse(RunWorkflow, given)
    async with acting(settings) as call:
        view = await run_workflow(call, args)
        if isinstance(view, Rehearsal):
            console().print(*rehearsal_lines(view), sep="\n")
            return DONE
        if not wish.wait:
            told = f"{view.id} goes on in whichever process serves this store: sagas show {view.id}."
            console().print(plain(told))
            return DONE
        return await settled(call, view.id, yes=wish.yes)


def _inputs(given: Sequence[str]) -> dict[str, JsonValue]:
    parts = [one.partition("=") for one in given]
    for one, (name, mark, _) in zip(given, parts, strict=True):
        if not name or not mark:
            raise InvalidArguments(f"An input is given as name=value, and not as {quoted(one)}.")
    return {name: value for name, _, value in parts}


async def flow_switched(settings: Settings, name: str, *, enabled: bool) -> int:
    """Let a workflow start runs, or not."""
    async with looking(settings) as store:
        row = await store.workflows.switch(name, enabled=enabled)
        if row is None:
            raise await unknown(store, name, None)
        await set_up(store, row, SystemRandom())
    console().print(plain(f"Workflow {quoted(name)} is {'on' if enabled else 'off: nothing starts it'}."))
    return DONE


async def flow_deleted(settings: Settings, name: str, *, yes: bool) -> int:
    """Forget a workflow; its versions and runs can still be looked at."""
    async with looking(settings) as store:
        if await store.workflows.load(name) is None:
            raise await unknown(store, name, None)
        if not yes:
            click.confirm(f"Delete the workflow {quoted(name)}? What it did stays readable.", abort=True)
        gone = await store.workflows.delete(name)
        if gone is not None:
            await store.triggers.set_up(name, gone.version + 1, [])
    console().print(plain(f"Workflow {quoted(name)} is deleted; workflow history {name} shows its runs."))
    return DONE
