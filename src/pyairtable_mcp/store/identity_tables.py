"""The tables of who may come in, as migration 4 made them."""

from typing import Final

from sqlalchemy import Column, Float, MetaData, Table, Text

from pyairtable_mcp.store.journal_tables import JsonText

_TABLES: Final = MetaData()

API_TOKENS: Final = Table(
    "api_tokens",
    _TABLES,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("scopes", JsonText, nullable=False),
    Column("policy", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("used", Float, nullable=False),
    Column("revoked", Float, nullable=False),
)
USERS: Final = Table(
    "users",
    _TABLES,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("changed", Float, nullable=False),
)
TRIES: Final = Table(
    "tries",
    _TABLES,
    Column("key", Text, nullable=False),
    Column("until", Float, nullable=False),
)
