"""The commands `user …`: people who sign in with a password, which is typed and never an argument."""

from typing import Final

import click

from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.console.ending import end, store_option, typed, use_store

_NAME: Final = click.argument("name")


@click.group()
@store_option
@click.pass_context
def user(context: click.Context, store: str | None) -> None:
    """Add, list and remove people who sign in at the remote endpoint.

    Ends with 0 when it is done, 1 when it is not, 2 for wrong usage.
    """
    use_store(context, store)


@user.command()
@_NAME
@click.option("--policy", default="", help="Name of the policy that bounds them.")
@click.pass_obj
def add(settings: Settings, *, name: str, policy: str) -> None:
    """Add somebody; the password is asked for."""
    from pyairtable_mcp.console.identities import user_added

    end(user_added(settings, name, typed("Password", twice=True), policy))


@user.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """Show who there is."""
    from pyairtable_mcp.console.identities import users_listed

    end(users_listed(settings))


@user.command()
@_NAME
@click.pass_obj
def remove(settings: Settings, *, name: str) -> None:
    """Remove somebody, and end the tokens and the sign-ins of programs that stand for them."""
    from pyairtable_mcp.console.identities import user_removed

    end(user_removed(settings, name))


@user.command("password")
@_NAME
@click.pass_obj
def password_(settings: Settings, *, name: str) -> None:
    """Give somebody another password, which is asked for, and end the sign-ins of their programs."""
    from pyairtable_mcp.console.identities import password_set

    end(password_set(settings, name, typed("Password", twice=True)))
