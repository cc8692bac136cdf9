"""Bases, their tables and fields, and who may use them."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from pyairtable_mcp.airtable.channel import Ask, Channel
from pyairtable_mcp.airtable.models import Base, BaseSchema, Field, Identity, Table, User
from pyairtable_mcp.airtable.shapes import list_of, model_of, models_of, offset_of
from pyairtable_mcp.airtable.wire import BadShape

Body = Mapping[str, JsonValue]
"""A request body in Airtable's own words (API reference: create and update table and field)."""


async def read_bases(channel: Channel) -> tuple[Base, ...]:
    """Read every base the token can see, page after page."""
    bases: list[Base] = []
    offset = ""
    while True:
        query = (("offset", offset),) if offset else ()
        ask = Ask(method="GET", segments=("meta", "bases"), parse=_bases, query=query)
        page, offset = await channel.ask(ask)
        bases += page
        if not offset:
            return tuple(bases)


async def read_schema(channel: Channel, base: str) -> BaseSchema:
    """Read the tables, fields and views of a base."""

    def parse(data: JsonValue) -> BaseSchema:
        return BaseSchema(id=base, tables=models_of(Table, "tables")(data))

    return await channel.ask(Ask(method="GET", segments=_tables(base), parse=parse, base=base))


async def create_base(channel: Channel, workspace: str, name: str, tables: Sequence[Body]) -> BaseSchema:
    """Create a base with its tables."""
    ask = Ask(
        method="POST",
        segments=("meta", "bases"),
        parse=model_of(BaseSchema),
        body={"workspaceId": workspace, "name": name, "tables": [dict(each) for each in tables]},
        effect="once",
    )
    return await channel.ask(ask)


async def create_table(channel: Channel, base: str, body: Body) -> Table:
    """Create a table."""
    ask = Ask(
        method="POST",
        segments=_tables(base),
        parse=model_of(Table),
        base=base,
        body=dict(body),
        effect="once",
    )
    return await channel.ask(ask)


async def update_table(channel: Channel, base: str, table: str, body: Body) -> Table:
    """Change a table's name or description."""
    ask = Ask(
        method="PATCH",
        segments=(*_tables(base), table),
        parse=model_of(Table),
        base=base,
        body=dict(body),
        effect="repeatable",
    )
    return await channel.ask(ask)


async def create_field(channel: Channel, base: str, table: str, body: Body) -> Field:
    """Create a field."""
    ask = Ask(
        method="POST",
        segments=(*_tables(base), table, "fields"),
        parse=model_of(Field),
        base=base,
        body=dict(body),
        effect="once",
    )
    return await channel.ask(ask)


async def update_field(channel: Channel, base: str, table: str, field: str, body: Body) -> Field:
    """Change a field's name, description or options."""
    ask = Ask(
        method="PATCH",
        segments=(*_tables(base), table, "fields", field),
        parse=model_of(Field),
        base=base,
        body=dict(body),
        effect="repeatable",
    )
    return await channel.ask(ask)


async def read_collaborators(channel: Channel, base: str) -> tuple[User, ...]:
    """Read who may use a base, each person once (API reference: get base collaborators)."""
    ask = Ask(
        method="GET",
        segments=("meta", "bases", base),
        parse=_collaborators,
        base=base,
        query=(("include", "collaborators"),),
    )
    return await channel.ask(ask)


async def read_identity(channel: Channel) -> Identity:
    """Read whom the token belongs to."""
    return await channel.ask(Ask(method="GET", segments=("meta", "whoami"), parse=model_of(Identity)))


def _tables(base: str) -> tuple[str, ...]:
    return ("meta", "bases", base, "tables")


def _bases(data: JsonValue) -> tuple[tuple[Base, ...], str]:
    return models_of(Base, "bases")(data), offset_of(data)


def _collaborators(data: JsonValue) -> tuple[User, ...]:
    people = data.get("individualCollaborators") if isinstance(data, dict) else None
    if not isinstance(people, dict):
        raise BadShape("no collaborators")
    users: dict[str, User] = {}
    for key in ("baseCollaborators", "workspaceCollaborators"):
        for each in list_of(people, key) if key in people else ():
            user = _user(each)
            users.setdefault(user.id, user)
    return tuple(users.values())


def _user(data: JsonValue) -> User:
    match data:
        case {"userId": str(user_id), **rest}:
            return User.model_validate({"id": user_id, "email": rest.get("email"), "name": rest.get("name")})
    raise BadShape("not a collaborator")
