"""The commands `keys …`: what seals the secrets that are kept in the store."""

import secrets

import click


@click.group()
def keys() -> None:
    """Make keys for the setting PYAIRTABLE_MCP_AUTH_KEYS, which seals linked accounts in the store.

    To change keys, put the new one before the old ones, run `keys reseal`, and take the old ones out.
    """


@keys.command()
def new() -> None:
    """Print a new key."""
    from pyairtable_mcp.auth.sealing import new_key

    click.echo(new_key(secrets.SystemRandom()))
