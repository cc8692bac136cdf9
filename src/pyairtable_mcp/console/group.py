"""The commands `sagas …`; each ends with 0 when it is done, 1 when not, 3 when a person is waited for."""

from typing import Final

import click

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end, store_option, use_store

SAGA: Final = click.argument("saga")
YES: Final = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
FORCE: Final = click.option("--force", is_flag=True, help="Also over what people changed since.")


@click.group(invoke_without_command=True)
@store_option
@click.pass_context
def sagas(context: click.Context, store: str | None) -> None:
    """Look at what was changed through this server, approve it, take it back.

    Ends with 0 when it is done, 1 when it is not, 2 for wrong usage, 3 when a person is waited for.
    """
    use_store(context, store)
    if context.invoked_subcommand is None:
        context.invoke(list_)


@sagas.command("list")
@click.option("--unfinished", is_flag=True, help="Only those that are not over.")
@click.option("--record", default="", help="Only those that touched this record id.")
@click.option("--limit", default=20, type=click.IntRange(1, 1000), help="How many at most.")
@click.pass_obj
def list_(settings: Settings, *, unfinished: bool, record: str, limit: int) -> None:
    """Show sagas, the youngest first."""
    from pyairtable_mcp.console.looking import listing

    end(listing(settings, unfinished=unfinished, record=record, limit=limit))


@sagas.command()
@SAGA
@click.pass_obj
def show(settings: Settings, saga: str) -> None:
    """Show what a saga did to each record, and how to go on."""
    from pyairtable_mcp.console.looking import showing

    end(showing(settings, saga))


@sagas.command()
@SAGA
@FORCE
@click.option("--from-step", default="", help="Only this step and those after it.")
@click.option("--dry-run", is_flag=True, help="Show what would be done.")
@YES
@click.pass_obj
def undo(settings: Settings, *, saga: str, force: bool, from_step: str, dry_run: bool, yes: bool) -> None:
    """Take back what a saga did."""
    from pyairtable_mcp.console.acting import Undo, undone

    end(undone(settings, Undo(saga=saga, force=force, from_step=from_step, dry_run=dry_run, yes=yes)))


@sagas.command()
@SAGA
@FORCE
@click.pass_obj
def resume(settings: Settings, *, saga: str, force: bool) -> None:
    """Go on with a saga that rests, or try again what could not be taken back."""
    from pyairtable_mcp.console.acting import resumed

    end(resumed(settings, saga, force=force))


@sagas.command()
@SAGA
@click.option("--token", is_flag=True, help="Print a confirm token for whoever asked, and run nothing here.")
@YES
@click.pass_obj
def approve(settings: Settings, *, saga: str, token: bool, yes: bool) -> None:
    """Show what a saga would do, and let it run here."""
    from pyairtable_mcp.console.acting import approved, tokened

    end(tokened(settings, saga) if token else approved(settings, saga, yes=yes))


@sagas.command()
@SAGA
@click.pass_obj
def reject(settings: Settings, saga: str) -> None:
    """End a saga that waits for approval."""
    from pyairtable_mcp.console.acting import rejected

    end(rejected(settings, saga))


@sagas.command()
@SAGA
@click.option("--note", required=True, help="Who has dealt with what is left, and how.")
@click.pass_obj
def resolve(settings: Settings, saga: str, note: str) -> None:
    """Note that somebody has dealt with what could not be taken back."""
    from pyairtable_mcp.console.acting import resolved

    end(resolved(settings, saga, note))


@sagas.command()
@SAGA
@YES
@click.pass_obj
def cancel(settings: Settings, saga: str, *, yes: bool) -> None:
    """Stop a saga and take back what it did."""
    from pyairtable_mcp.console.acting import cancelled

    end(cancelled(settings, saga, yes=yes))
