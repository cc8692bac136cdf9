"""The commands `token …`: who may come in with a token. A new one is printed once, to standard output."""

from typing import Final

import click

from pyairtable_mcp.base.policy import SCOPES
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end, store_option, use_store

_DAY: Final = 86_400.0
_HOUR: Final = 3_600.0
_NAME: Final = click.argument("name")


@click.group()
@store_option
@click.pass_context
def token(context: click.Context, store: str | None) -> None:
    """Make, list, rotate and revoke the API tokens of the remote endpoint.

    Ends with 0 when it is done, 1 when it is not, 2 for wrong usage.
    """
    use_store(context, store)


@token.command()
@_NAME
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="Repeatable.  [default: all]"
)
@click.option("--policy", default="", help="Name of the policy that bounds it.")
@click.option("--days", default=90.0, type=click.FloatRange(0), help="How long it is good; 0: for ever.")
@click.option("--user", default="", help="The user it stands for; otherwise it stands for itself.")
@click.pass_obj
def create(
    settings: Settings, *, name: str, scopes: tuple[str, ...], policy: str, days: float, user: str
) -> None:
    """Make a token and print it: it is shown this once."""
    from pyairtable_mcp.auth.tokens import Wish
    from pyairtable_mcp.console.identities import token_created

    wish = Wish(name=name, scopes=scopes or SCOPES, policy=policy, seconds=days * _DAY, user=user)
    end(token_created(settings, wish))


@token.command("list")
@click.option("--all", "whole", is_flag=True, help="Also those that are revoked or have expired.")
@click.pass_obj
def list_(settings: Settings, *, whole: bool) -> None:
    """Show the tokens there are, and when each was last used."""
    from pyairtable_mcp.console.identities import tokens_listed

    end(tokens_listed(settings, whole=whole))


@token.command()
@_NAME
@click.option("--overlap", default=24.0, type=click.FloatRange(0), help="Hours the old one stays good.")
@click.option(
    "--days", type=click.FloatRange(0), help="How long the new one is good.  [default: as the old one]"
)
@click.pass_obj
def rotate(settings: Settings, *, name: str, overlap: float, days: float | None) -> None:
    """Make the next token of a name and print it; the old one stays good for a while."""
    from pyairtable_mcp.console.identities import token_rotated

    seconds = None if days is None else days * _DAY
    end(token_rotated(settings, name, overlap=overlap * _HOUR, seconds=seconds))


@token.command()
@_NAME
@click.pass_obj
def revoke(settings: Settings, *, name: str) -> None:
    """End every token of a name, or the one of an id, at once."""
    from pyairtable_mcp.console.identities import token_revoked

    end(token_revoked(settings, name))
