"""The tables of our authorization server, as migration 4 made them; codes and tokens are hashes."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text

from pyairtable_mcp.store.journal_tables import JsonText

_TABLES: Final = MetaData()

CLIENTS: Final = Table(
    "oauth_clients",
    _TABLES,
    Column("id", Text, primary_key=True),
    Column("client", JsonText, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("used", Float, nullable=False),
)
REQUESTS: Final = Table(
    "oauth_requests",
    _TABLES,
    Column("digest", Text, primary_key=True),
    Column("browser", Text, nullable=False),
    Column("asked", JsonText, nullable=False),
    Column("until", Float, nullable=False),
)
GRANTS: Final = Table(
    "oauth_grants",
    _TABLES,
    Column("id", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("grant", JsonText, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("ends", Float, nullable=False),
)
