"""The tables of the audit, as migration 4 made them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text

_TABLES: Final = MetaData()

AUDIT: Final = Table(
    "audit",
    _TABLES,
    Column("number", BigInteger, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("principal", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("saga", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("ms", BigInteger, nullable=False),
)
ENDS: Final = Table(
    "audit_ends",
    _TABLES,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)
