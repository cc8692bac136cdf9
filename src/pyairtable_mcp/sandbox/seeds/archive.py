"""The base `Archive`: tables of the same names as the studio's, and one very wide one."""

from datetime import UTC, datetime
from random import Random
from typing import Final

from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.seeds import words
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder
from pyairtable_mcp.sandbox.seeds.columns import Column
from pyairtable_mcp.sandbox.state.model import Base

ARCHIVE_ID: Final = "appArchive0000001"
_MADE: Final = datetime(2022, 5, 2, 9, tzinfo=UTC)
_MEASURES: Final = ("Width", "Height", "Depth", "Weight", "Price", "Stock")


def archive_base(owner: str) -> Base:
    """Make the base, which is the same every time for the same owner."""
    builder = BaseBuilder(ARCHIVE_ID, "Archive", Random(ARCHIVE_ID), owner, _MADE)
    clients = builder.table(
        "Clients", c.line("Name"), c.one_of("Status", "Former"), c.link("Projects", "Projects", "Client")
    )
    projects = builder.table(
        "Projects",
        c.line("Name"),
        c.link("Client", "Clients", "Projects", single=True),
        c.one_of("Status", "Done"),
    )
    inventory = builder.table("Inventory", *_wide())
    builder.connect()
    for name in ("Initech", "Umbrella Books", "Acme Robotics"):
        client = builder.add(clients, _MADE, {"Name": name, "Status": "Former"})
        builder.add(projects, _MADE, {"Name": f"{name} 2021", "Client": [client], "Status": "Done"})
    for place in range(12):
        cells = {f"{name} {slot}": builder.rng.randint(1, 90) for name in _MEASURES for slot in range(1, 7)}
        builder.add(
            inventory,
            _MADE,
            {"Item": f"Item {place + 1:02d}", "Kind": builder.rng.choice(words.SKILLS), **cells},
        )
    return builder.base


def _wide() -> tuple[Column, ...]:
    """Return forty columns."""
    measures = [c.number(f"{name} {slot}", 0) for name in _MEASURES for slot in range(1, 7)]
    return (
        c.line("Item"),
        c.one_of("Kind", *words.SKILLS),
        *measures,
        c.tick("Discarded"),
        *c.plain("multilineText", "Remarks"),
    )
