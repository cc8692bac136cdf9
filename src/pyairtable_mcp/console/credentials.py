"""The commands `credential …`: as whom a principal speaks to Airtable. A token is never an argument."""

from typing import Final

import click

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end, store_option, typed, use_store

_PRINCIPAL: Final = click.argument("principal")


@click.group()
@store_option
@click.pass_context
def credential(context: click.Context, store: str | None) -> None:
    """Set the Airtable tokens that principals (user:mona, token:ci) use instead of the server's.

    Ends with 0 when it is done, 1 when it is not, 2 for wrong usage.
    """
    use_store(context, store)


@credential.command("set")
@_PRINCIPAL
@click.pass_obj
def set_(settings: Settings, *, principal: str) -> None:
    """Give a principal an Airtable token; it is asked for, and kept sealed."""
    from pyairtable_mcp.console.identities import credential_set

    end(credential_set(settings, principal, typed("Airtable token")))


@credential.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show who has a token or a linked account."""
    from pyairtable_mcp.console.identities import credentials_listed

    end(credentials_listed(settings))


@credential.command()
@_PRINCIPAL
@click.pass_obj
def remove(settings: Settings, *, principal: str) -> None:
    """Forget a principal's token or linked account."""
    from pyairtable_mcp.console.identities import credential_removed

    end(credential_removed(settings, principal))
