"""The commands `keys …`: what seals the secrets that are kept in the store."""

import secrets

import click

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end, store_option, use_store


@click.group()
@store_option
@click.pass_context
def keys(context: click.Context, store: str | None) -> None:
    """Make keys for the setting PYAIRTABLE_MCP_AUTH_KEYS, which seals linked accounts in the store.

    To change keys, put the new one before the old ones, run `keys reseal`, and take the old ones out.
    """
    use_store(context, store)


@keys.command()
def new() -> None:
    """Print a new key."""
    from pyairtable_mcp.auth.sealing import new_key

    click.echo(new_key(secrets.SystemRandom()))


@keys.command()
@click.pass_obj
def reseal(settings: Settings) -> None:
    """Seal everything in the store with the newest key."""
    from pyairtable_mcp.console.identities import resealed

    end(resealed(settings))
