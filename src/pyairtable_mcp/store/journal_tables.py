"""The journal's tables, as migrations 2, 3 and 5 made them."""

import json
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Column, Dialect, Float, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))


class JsonText(TypeDecorator[JsonValue]):
    """JSON in a column of text; escaped to ASCII, because PostgreSQL's text takes no NUL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: JsonValue, dialect: Dialect) -> str:
        """Write a value."""
        del dialect
        return _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> JsonValue:
        """Read a value."""
        del dialect
        read: JsonValue = json.loads(value) if value else None
        return read


_TABLES: Final = MetaData()

SAGAS: Final = Table(
    "sagas",
    _TABLES,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("mandates", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("definition", JsonText, nullable=False),
    Column("options", JsonText, nullable=False),
    Column("undoes", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("wake_at", Float, nullable=False),
    Column("stop", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("resolved", Text, nullable=False),
    Column("result", JsonText, nullable=False),
    Column("approval", JsonText, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("changed", Float, nullable=False),
)
STEPS: Final = Table(
    "steps",
    _TABLES,
    Column("saga", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("spec", JsonText, nullable=False),
    Column("plan", JsonText, nullable=False),
    Column("result", JsonText, nullable=False),
    Column("began", Float, nullable=False),
    Column("ended", Float, nullable=False),
)
INTENTS: Final = Table(
    "intents",
    _TABLES,
    Column("saga", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("undoes", Integer, nullable=False),
    Column("via", Text, nullable=False),
    Column("write", JsonText, nullable=False),
    Column("since", Text, nullable=False),
    Column("at", Float, nullable=False),
)
OUTCOMES: Final = Table(
    "outcomes",
    _TABLES,
    Column("saga", Text, primary_key=True),
    Column("intent", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("items", JsonText, nullable=False),
    Column("error", JsonText, nullable=False),
    Column("at", Float, nullable=False),
)
IMAGES: Final = Table(
    "images",
    _TABLES,
    Column("saga", Text, primary_key=True),
    Column("intent", Integer, primary_key=True),
    Column("moment", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("record", Text, nullable=False),
    Column("cells", JsonText, nullable=False),
)
EXECUTORS: Final = Table(
    "executors",
    _TABLES,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("started", Float, nullable=False),
    Column("alive_until", Float, nullable=False),
)
