"""The base `Studio`: an agency with its clients, projects, tasks, invoices, people and timesheets."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final

from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.seeds import words
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder
from pyairtable_mcp.sandbox.seeds.rows import fill
from pyairtable_mcp.sandbox.state.model import Base, Table, User

STUDIO_ID: Final = "appStudio00000001"
_FOUNDED: Final = datetime(2023, 2, 1, 9, tzinfo=UTC)


def studio_base(owner: str, users: Sequence[User]) -> Base:
    """Make the base, which is the same every time for the same owner and users."""
    builder = BaseBuilder(STUDIO_ID, "Studio", Random(STUDIO_ID), owner, _FOUNDED)
    tables = _tables(builder)
    builder.connect()
    fill(builder, tables, users)
    return builder.base


def _tables(builder: BaseBuilder) -> Mapping[str, Table]:
    tables = (_clients(builder), _projects(builder), _tasks(builder), _invoices(builder))
    return {each.name: each for each in (*tables, _people(builder), _timesheets(builder))}


def _clients(builder: BaseBuilder) -> Table:
    return builder.table(
        "Clients",
        c.line("Name"),
        c.one_of("Status", "Lead", "Active", "On hold", "Former"),
        c.one_of("Industry", *words.INDUSTRIES),
        *c.plain("email", "Contact email"),
        *c.plain("phoneNumber", "Phone"),
        *c.plain("url", "Website"),
        *c.plain("singleLineText", "City", "Country"),
        c.day("Since"),
        c.stars("Rating", 5),
        c.tick("VIP"),
        *c.plain("multilineText", "Notes"),
        c.link("Projects", "Projects", "Client"),
        c.link("Invoices", "Invoices", "Client"),
        c.count("Project count", "Projects"),
        c.rollup("Total billed", "Invoices", "Amount", "SUM(values)", c.MONEY_RESULT),
        c.made("Created"),
        *c.plain("autoNumber", "Ref"),
    )


def _projects(builder: BaseBuilder) -> Table:
    table = builder.table(
        "Projects",
        c.line("Name"),
        c.link("Client", "Clients", "Projects", single=True),
        c.one_of("Status", "Planned", "In progress", "In Review", "On hold", "Done"),
        c.one_of("Priority", "Low", "Medium", "High"),
        c.link("Lead", "People", "Leads", single=True),
        c.link("Team", "People", "Teams"),
        *c.plain("singleCollaborator", "Owner"),
        c.day("Start"),
        c.day("Due"),
        c.money("Budget"),
        c.rollup("Billed", "Invoices", "Amount", "SUM(values)", c.MONEY_RESULT),
        c.percent("Progress"),
        c.some_of("Tags", *words.PROJECT_TAGS),
        *c.plain("richText", "Brief"),
        c.link("Tasks", "Tasks", "Project"),
        c.link("Invoices", "Invoices", "Project"),
        c.lookup("Client city", "Client", "City"),
        c.formula("Over budget", "IF({Billed} > {Budget}, 1, 0)", c.NUMBER_RESULT),
        c.files("Files"),
    )
    builder.view(table, "Active projects", 'OR({Status} = "In progress", {Status} = "In Review")')
    return table


def _tasks(builder: BaseBuilder) -> Table:
    overdue = 'IF(AND({Due}, {Status} != "Done", IS_BEFORE({Due}, TODAY())), "Overdue", "")'
    table = builder.table(
        "Tasks",
        c.line("Name"),
        c.link("Project", "Projects", "Tasks", single=True),
        c.link("Assignee", "People", "Tasks", single=True),
        c.one_of("Status", "Todo", "In progress", "In Review", "Blocked", "Done"),
        c.stars("Priority", 3),
        c.day("Due"),
        c.number("Estimate", 1),
        c.moment("Done at"),
        c.some_of("Labels", *words.LABELS),
        *c.plain("multilineText", "Notes"),
        c.tick("Billable"),
        c.link("Timesheets", "Timesheets", "Task"),
        c.rollup("Hours logged", "Timesheets", "Hours", "SUM(values)", c.NUMBER_RESULT),
        c.formula("Overdue", overdue, c.TEXT_RESULT),
    )
    builder.view(table, "Open tasks", '{Status} != "Done"')
    return table


def _invoices(builder: BaseBuilder) -> Table:
    return builder.table(
        "Invoices",
        c.line("Number"),
        c.link("Client", "Clients", "Invoices", single=True),
        c.link("Project", "Projects", "Invoices", single=True),
        c.money("Amount"),
        c.one_of("Status", "Draft", "Sent", "Paid", "Overdue"),
        c.day("Issued"),
        c.day("Due"),
        c.day("Paid on"),
        c.percent("Tax rate"),
        c.formula("Total", "ROUND({Amount} * (1 + {Tax rate}), 2)", c.MONEY_RESULT),
        c.number("Payment terms", 0),
        c.line("Memo"),
    )


def _people(builder: BaseBuilder) -> Table:
    return builder.table(
        "People",
        c.line("Name"),
        *c.plain("email", "Email"),
        c.one_of("Role", *words.ROLES),
        c.some_of("Skills", *words.SKILLS),
        c.money("Hourly rate"),
        c.tick("Active"),
        c.day("Joined"),
        c.link("Tasks", "Tasks", "Assignee"),
        c.link("Leads", "Projects", "Lead"),
        c.link("Teams", "Projects", "Team"),
        c.link("Timesheets", "Timesheets", "Person"),
    )


def _timesheets(builder: BaseBuilder) -> Table:
    return builder.table(
        "Timesheets",
        c.line("Entry"),
        c.link("Person", "People", "Timesheets", single=True),
        c.link("Task", "Tasks", "Timesheets", single=True),
        c.day("Date"),
        c.number("Hours", 2),
        c.span("Spent"),
        c.tick("Billable"),
        c.line("Note"),
    )
