"""Making webhooks and reading what they were told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyairtable_mcp.formula.compiler import Formulas
from pyairtable_mcp.sandbox.committing import committing
from pyairtable_mcp.sandbox.state.actor import Actor
from pyairtable_mcp.sandbox.state.model import Base, Field, Table
from pyairtable_mcp.sandbox.state.transaction import Transaction

from .driving import Driver

HOOKS = "/v0/bases/appStudio00000001/webhooks"


def watching(filters: Mapping[str, object] | None = None, **includes: object) -> dict[str, object]:
    options = {"filters": {"dataTypes": ["tableData"], **(filters or {})}, "includes": includes}
    return {"notificationUrl": "https://example.com/hook", "specification": {"options": options}}


async def hook(studio: Driver, filters: Mapping[str, object] | None = None, **includes: object) -> str:
    made = await studio("POST", HOOKS, watching(filters, **includes))
    assert made.status == 200, made.body
    return f"{HOOKS}/{made.body['id']}"


def base_of(studio: Driver) -> Base:
    return studio.sandbox.workspace.bases["appStudio00000001"]


def table_of(studio: Driver, name: str) -> Table:
    table = base_of(studio).table_by(name)
    assert table
    return table


def field_of(studio: Driver, table: str, name: str) -> Field:
    field = table_of(studio, table).field_by(name)
    assert field
    return field


def table_id(studio: Driver, name: str) -> str:
    return table_of(studio, name).id


def field_id(studio: Driver, table: str, name: str) -> str:
    return field_of(studio, table, name).id


async def payloads(studio: Driver, path: str) -> list[Any]:
    """Return the first page of payloads of a webhook."""
    page: Any = (await studio("GET", f"{path}/payloads")).body
    return list(page["payloads"])


async def told(studio: Driver, path: str, table: str) -> list[Any]:
    """Return what was told of one table, payload by payload."""
    place = table_id(studio, table)
    return [each.get("changedTablesById", {}).get(place, {}) for each in await payloads(studio, path)]


@contextmanager
def acting(studio: Driver, source: str = "client", place: str = "") -> Iterator[Transaction]:
    """Change the base as somebody who does not use the API."""
    actor = Actor("usrMeiTanaka00001", source, place)
    with committing(studio.sandbox.workspace, base_of(studio), actor, Formulas()) as transaction:
        yield transaction
