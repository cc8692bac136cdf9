"""Ending a command with the code of its work; a failure is told in one line."""

import sys
from collections.abc import Coroutine
from typing import Any

import anyio
import click

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.text import visible
from pyairtable_mcp.console.codes import NOT_DONE


def end(work: Coroutine[Any, Any, int]) -> None:
    """Do the work and end with its code."""
    try:
        sys.exit(anyio.run(_run, work))
    except AppError as error:
        click.echo(f"Error: {visible(f'{error.message} {error.hint}'.strip())}", err=True)
        sys.exit(NOT_DONE)


async def _run(work: Coroutine[Any, Any, int]) -> int:
    return await work
