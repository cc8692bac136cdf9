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


NAME: Final = click.argument("name")


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


@workflow.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check it and show what saving would do.")
@click.pass_obj
def save(settings: Settings, *, file: Path, dry_run: bool) -> None:
    """Save a definition as the newest version of its workflow."""
    from pyairtable_mcp.console.flows import flow_saved
    from pyairtable_mcp.console.validating import text_of

    end(flow_saved(settings, text_of(file), dry_run=dry_run))


@workflow.command()
@click.argument("name", default="")
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="An input. Repeatable.")
@click.option("--rerun", default="", metavar="SAGA", help="Repeat this run, with its inputs.")
@click.option("--from-step", default="", help="Repeat it from this step on.")
@click.option("--dry-run", is_flag=True, help="Show what would be done.")
@click.option("--wait/--no-wait", default=True, help="Wait for its end, or leave it to a running server.")
@click.option("--yes", "-y", is_flag=True, help="Approve whatever it asks.")
@click.pass_obj
def run(
    settings: Settings,
    *,
    name: str,
    inputs: Sequence[str],
    rerun: str,
    from_step: str,
    dry_run: bool,
    wait: bool,
    yes: bool,
) -> None:
    """Run a workflow here, and show what it did."""
    from pyairtable_mcp.console.flows import Wish, flow_run

    wish = Wish(
        workflow=name, inputs=inputs, rerun=rerun, from_step=from_step, dry_run=dry_run, wait=wait, yes=yes
    )
    end(flow_run(settings, wish))


@workflow.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show the workflows there are."""
    from pyairtable_mcp.console.flowlooking import flow_listing

    end(flow_listing(settings))


@workflow.command()
@click.argument("name", default="")
@click.option("--limit", default=10, type=click.IntRange(1, 1000), help="How many at most.")
@click.pass_obj
def history(settings: Settings, *, name: str, limit: int) -> None:
    """Show the last runs with their steps, of one workflow or of all."""
    from pyairtable_mcp.console.flowlooking import flow_history

    end(flow_history(settings, name, limit))


@workflow.command()
@click.argument("name", default="")
@click.option(
    "--secret", default="", metavar="ID", help="Print what signs the requests for this webhook trigger."
)
@click.pass_obj
def triggers(settings: Settings, *, name: str, secret: str) -> None:
    """Show what starts workflows, and when next."""
    from pyairtable_mcp.console.flowlooking import flow_triggers

    end(flow_triggers(settings, name, secret))


@workflow.command()
@NAME
@click.pass_obj
def enable(settings: Settings, *, name: str) -> None:
    """Let a workflow start runs."""
    from pyairtable_mcp.console.flows import flow_switched

    end(flow_switched(settings, name, enabled=True))


@workflow.command()
@NAME
@click.pass_obj
def disable(settings: Settings, *, name: str) -> None:
    """Let a workflow start no runs; those that go on are not touched."""
    from pyairtable_mcp.console.flows import flow_switched

    end(flow_switched(settings, name, enabled=False))


@workflow.command()
@NAME
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(settings: Settings, *, name: str, yes: bool) -> None:
    """Forget a workflow; what it did stays readable."""
    from pyairtable_mcp.console.flows import flow_deleted

    end(flow_deleted(settings, name, yes=yes))
