"""The commands `audit …`: what was done through this server, by whom, and whether all of it is there."""

import click

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end, store_option, use_store


@click.group()
@store_option
@click.pass_context
def audit(context: click.Context, store: str | None) -> None:
    """Read, export and verify the record of who did what.

    Ends with 0 when it is done, 1 when it is not, 2 for wrong usage.
    """
    use_store(context, store)


@audit.command()
@click.option("--principal", default="", help="Only what this principal did, e.g. user:mona or token:ci.")
@click.option("--tool", default="", help="Only this tool.")
@click.option("--limit", default=50, type=click.IntRange(1, 10_000), help="How many at most.")
@click.pass_obj
def read(settings: Settings, *, principal: str, tool: str, limit: int) -> None:
    """Show what was done, the youngest first."""
    from pyairtable_mcp.console.auditing import shown

    end(shown(settings, principal=principal, tool=tool, limit=limit))


@audit.command()
@click.option("--after", default=0, type=click.IntRange(0), help="Only rows behind this number.")
@click.pass_obj
def export(settings: Settings, *, after: int) -> None:
    """Write all rows to standard output, one JSON object a line, the oldest first."""
    from pyairtable_mcp.console.auditing import exported

    end(exported(settings, after))


@audit.command()
@click.option(
    "--head", default="", help="What an earlier check printed, NUMBER:HASH; it has to be there still."
)
@click.pass_obj
def verify(settings: Settings, *, head: str) -> None:
    """Tell whether a row was altered, removed or moved, and print where the record ends.

    Keep that line elsewhere: whoever can write in the store could make a new record from the start, but not
    one that holds it.
    """
    from pyairtable_mcp.console.auditing import verified

    end(verified(settings, head))
