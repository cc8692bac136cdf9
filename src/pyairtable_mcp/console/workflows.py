"""The commands `workflow …`; each ends with 0 when it is done, 1 when not, 3 when a person is waited for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end

FILES: Final = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group()
def workflow() -> None:
    """Check workflows, keep them, run them, and look at what they did."""


@workflow.command()
@FILES
@click.option("--live", is_flag=True, help="Also check names against the bases the token can reach.")
@click.pass_obj
def validate(settings: Settings, *, files: Sequence[Path], live: bool) -> None:
    """Tell everything that is wrong with definitions: line, path, what it is, the closest right word.

    Nothing is asked of Airtable without --live; `pyairtable-mcp --sandbox workflow validate FILE` checks
    names against the built-in sandbox.
    """
    from pyairtable_mcp.console.validating import validated

    end(validated(settings, files, live=live or settings.sandbox))
