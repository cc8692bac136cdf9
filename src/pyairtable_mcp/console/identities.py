"""What the commands `token …` and `user …` do, straight in the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import SystemRandom
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from pyairtable_mcp.auth.opening import Identities, identities
from pyairtable_mcp.auth.tokens import Wish
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import UnknownName
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.base.text import counted, quoted
from pyairtable_mcp.console.codes import DONE, NOT_DONE
from pyairtable_mcp.console.showing import console, moment, plain
from pyairtable_mcp.engine.launching import store_place
from pyairtable_mcp.store.api_tokens import ApiToken
from pyairtable_mcp.store.store import open_store
from pyairtable_mcp.store.users import Ended


@asynccontextmanager
async def _known(settings: Settings) -> AsyncIterator[Identities]:
    clock = SystemClock()
    with store_place(settings, temporary=False) as place:
        async with open_store(place(), clock) as store:
            yield identities(settings, store, clock, SystemRandom())


async def token_created(settings: Settings, wish: Wish) -> int:
    """Print a new token."""
    async with _known(settings) as known:
        if wish.user:
            await known.users.known(wish.user)
        secret = await known.tokens.create(wish)
    return _shown(secret.text, f"Token {quoted(wish.name)} is made; it is shown this once.")


async def token_rotated(settings: Settings, name: str, *, overlap: float, seconds: float | None) -> int:
    """Print the next token of a name."""
    async with _known(settings) as known:
        secret = await known.tokens.rotate(name, overlap=overlap, seconds=seconds)
    return _shown(
        secret.text, f"Token {quoted(name)} is made anew; the old one ends in {overlap / 3600:g} h."
    )


async def token_revoked(settings: Settings, name: str) -> int:
    """End tokens."""
    async with _known(settings) as known:
        count = await known.tokens.revoke(name)
    click.echo(f"Revoked {counted(count, 'token')}.", err=True)
    return DONE


async def tokens_listed(settings: Settings, *, whole: bool) -> int:
    """Print tokens as a table."""
    async with _known(settings) as known:
        now = known.clock.now().timestamp()
        rows = [row for row in await known.tokens.listed() if whole or row.is_live(now)]
    if not rows:
        console().print("No tokens.")
        return DONE
    zone = ZoneInfo(settings.time_zone)
    table = _table("name", "id", "stands for", "scopes", "policy", "made", "good until", "last used")
    for row in rows:
        table.add_row(
            plain(row.name),
            row.id,
            plain(row.principal),
            " ".join(row.scopes),
            plain(row.policy),
            _moment(row.created, zone),
            _until(row, zone),
            _moment(row.used, zone),
        )
    console().print(table)
    return DONE


async def user_added(settings: Settings, name: str, password: str, policy: str) -> int:
    """Enter a person."""
    async with _known(settings) as known:
        user = await known.users.add(name, password, policy)
    click.echo(f"User {quoted(user.name)} is added.", err=True)
    return DONE


async def users_listed(settings: Settings) -> int:
    """Print people as a table."""
    async with _known(settings) as known:
        users = await known.users.listed()
    if not users:
        console().print("No users.")
        return DONE
    zone = ZoneInfo(settings.time_zone)
    table = _table("name", "policy", "added", "password set")
    for user in users:
        table.add_row(
            plain(user.name), plain(user.policy), _moment(user.created, zone), _moment(user.changed, zone)
        )
    console().print(table)
    return DONE


async def user_removed(settings: Settings, name: str) -> int:
    """Forget a person."""
    async with _known(settings) as known:
        ended = await known.users.remove(name)
    click.echo(f"User {quoted(name)} is removed; ended: {_ended(ended)}.", err=True)
    return DONE


async def password_set(settings: Settings, name: str, password: str) -> int:
    """Give somebody another password."""
    async with _known(settings) as known:
        ended = await known.users.set_password(name, password)
    click.echo(f"The password of {quoted(name)} is set; ended: {_ended(ended)}.", err=True)
    return DONE


async def resealed(settings: Settings) -> int:
    """Put the newest key's seal on everything."""
    async with _known(settings) as known:
        done, failed = await known.credentials.reseal()
    click.echo(f"Sealed anew: {done}.", err=True)
    if failed:
        click.echo(f"Not opened by any key of auth.keys, or in use just now: {failed}.", err=True)
    return NOT_DONE if failed else DONE


async def credential_set(settings: Settings, principal: str, token: str) -> int:
    """Give a principal an Airtable token."""
    async with _known(settings) as known:
        await known.credentials.put(principal, token)
    click.echo(f"{quoted(principal)} speaks to Airtable by a token of its own.", err=True)
    return DONE


async def credential_removed(settings: Settings, principal: str) -> int:
    """Forget the Airtable token or the linked account of a principal."""
    async with _known(settings) as known:
        if not await known.credentials.remove(principal):
            raise UnknownName(f"{quoted(principal)} has no Airtable token and no linked account.")
    click.echo(f"{quoted(principal)} has no Airtable credential of its own any more.", err=True)
    return DONE


async def credentials_listed(settings: Settings) -> int:
    """Print who has which credential, and no secret."""
    async with _known(settings) as known:
        links = await known.credentials.listed()
    if not links:
        console().print("No credentials.")
        return DONE
    zone = ZoneInfo(settings.time_zone)
    table = _table("principal", "kind", "state", "changed")
    for link in links:
        kind = "token" if link.kind == "token" else "linked account"
        table.add_row(plain(link.principal), kind, link.state, _moment(link.changed, zone))
    console().print(table)
    return DONE


def _ended(ended: Ended) -> str:
    return f"{counted(ended.tokens, 'token')}, {counted(ended.grants, 'sign-in')} of programs"


def _shown(secret: str, told: str) -> int:
    click.echo(secret)
    click.echo(told, err=True)
    return DONE


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head)
    return table


def _moment(at: float, zone: ZoneInfo) -> str:
    return moment(datetime.fromtimestamp(at, UTC), zone) if at else "never"


def _until(row: ApiToken, zone: ZoneInfo) -> str:
    if row.revoked:
        return f"revoked {_moment(row.revoked, zone)}"
    return _moment(row.expires, zone) if row.expires else "for ever"
