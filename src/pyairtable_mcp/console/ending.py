"""How a command for people begins and ends: on which store, and with which code."""

import sys
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import anyio
import click
from pydantic import SecretStr

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.text import listed, visible
from pyairtable_mcp.console.codes import NOT_DONE

store_option = click.option(
    "--store", default=None, help="A file or URL; one with a password only as PYAIRTABLE_MCP_STORE."
)


def use_store(context: click.Context, store: str | None) -> None:
    """Let the commands of a group work on the store that was named, if one was."""
    if not store:
        return
    if "://" in store and urlsplit(store).password:
        raise click.UsageError("A command line can be read by others: set PYAIRTABLE_MCP_STORE instead.")
    context.obj = context.obj.model_copy(update={"store": SecretStr(store)})


def typed(what: str, *, twice: bool = False) -> str:
    """Ask for a secret at a terminal; a pipe is taken at its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))


def end(work: Coroutine[Any, Any, int]) -> None:
    """Do the work and end with its code; a failure is told on standard error."""
    try:
        sys.exit(anyio.run(_run, work))
    except AppError as error:
        near = f"Closest: {listed(error.candidates)}." if error.candidates else ""
        told = " ".join(filter(None, (error.message, error.hint, near)))
        click.echo("\n  ".join(map(visible, f"Error: {told}".split("\n"))), err=True)
        sys.exit(NOT_DONE)


async def _run(work: Coroutine[Any, Any, int]) -> int:
    return await work
