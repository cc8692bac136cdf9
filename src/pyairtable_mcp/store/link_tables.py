"""The tables of Airtable credentials, as migration 4 made them. Every secret in them is sealed."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text

_TABLES: Final = MetaData()

LINKS: Final = Table(
    "links",
    _TABLES,
    Column("principal", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("access_until", Float, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("claim", Text, nullable=False),
    Column("claim_until", Float, nullable=False),
    Column("changed", Float, nullable=False),
)
LINKINGS: Final = Table(
    "linkings",
    _TABLES,
    Column("digest", Text, primary_key=True),
    Column("principal", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("until", Float, nullable=False),
)
