"""The tables of workflows, as migrations 3 and 5 made them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, MetaData, Table, Text

from pyairtable_mcp.store.journal_tables import JsonText

_TABLES: Final = MetaData()

WORKFLOWS: Final = Table(
    "workflows",
    _TABLES,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", JsonText, nullable=False),
    Column("source", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("principal", Text, nullable=False),
    Column("mandates", JsonText, nullable=False),
    Column("saved", Float, nullable=False),
)
RUNS: Final = Table(
    "runs",
    _TABLES,
    Column("saga", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("event_key", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("admission", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("inputs", JsonText, nullable=False),
    Column("event", JsonText, nullable=False),
    Column("rerun_of", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("timeout", Float, nullable=False),
    Column("deadline", Float, nullable=False),
    Column("followed", Boolean, nullable=False),
    Column("created", Float, nullable=False),
)
TRIGGERS: Final = Table(
    "triggers",
    _TABLES,
    Column("workflow", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", JsonText, nullable=False),
    Column("secret", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("held_until", Float, nullable=False),
    Column("trouble", Text, nullable=False),
)
PICTURES: Final = Table(
    "pictures",
    _TABLES,
    Column("workflow", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("picture", JsonText, nullable=False),
)
