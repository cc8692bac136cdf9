"""A base of thirty tables with thirty fields each, of the types a grown base has."""

from datetime import UTC, datetime
from random import Random
from typing import Final

from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder
from pyairtable_mcp.sandbox.state.model import Workspace

NAME: Final = "Operations"
TABLES: Final = (
    "Clients", "Contacts", "Leads", "Deals", "Quotes", "Contracts", "Projects", "Milestones",
    "Tasks", "Sprints", "People", "Teams", "Applicants", "Interviews", "Trainings", "Timesheets",
    "Absences", "Invoices", "Payments", "Expenses", "Vendors", "Orders", "Products", "Stock",
    "Shipments", "Assets", "Campaigns", "Articles", "Events", "Tickets",
)  # fmt: skip


def add_wide_base(workspace: Workspace) -> None:
    """Add the base; each table links to the next one, and back."""
    made = datetime(2024, 1, 1, tzinfo=UTC)
    builder = BaseBuilder("appWide0000000001", NAME, Random(30), workspace.owner, made)
    for at, name in enumerate(TABLES):
        builder.table(name, *_columns(name, TABLES[(at + 1) % len(TABLES)], TABLES[at - 1]))
    builder.connect()
    workspace.bases[builder.base.id] = builder.base


def _columns(table: str, following: str, preceding: str) -> tuple[c.Column, ...]:
    one = table.removesuffix("s")
    return (
        c.line("Name"),
        c.line(f"{one} code"),
        c.one_of("Status", "New", "Active", "On hold", "Done", "Dropped"),
        c.one_of("Stage", "Draft", "In review", "Approved", "Sent"),
        c.some_of("Tags", "urgent", "internal", "recurring", "archived", "remote", "paid"),
        c.some_of("Regions", "North", "South", "East", "West"),
        c.stars("Priority", 5),
        *c.plain("singleCollaborator", "Owner"),
        *c.plain("email", "E-mail"),
        *c.plain("phoneNumber", "Phone"),
        *c.plain("url", "Website"),
        *c.plain("singleLineText", "City", "Country"),
        c.day("Start"),
        c.day("Due"),
        c.moment("Closed at"),
        c.money("Budget"),
        c.money("Cost"),
        c.percent("Progress"),
        c.number("Quantity", 0),
        c.span("Effort"),
        c.tick("Billable"),
        *c.plain("multilineText", "Notes"),
        c.files("Files"),
        c.link(f"Next {following.lower()}", following, f"Earlier {table.lower()}"),
        c.link(f"Earlier {preceding.lower()}", preceding, f"Next {table.lower()}"),
        c.lookup(f"{following} owner", f"Next {following.lower()}", "Owner"),
        c.rollup(f"{following} cost", f"Next {following.lower()}", "Cost", "SUM(values)", c.MONEY_RESULT),
        c.formula("Left", "{Budget} - {Cost}", c.MONEY_RESULT),
        c.made("Created"),
    )
