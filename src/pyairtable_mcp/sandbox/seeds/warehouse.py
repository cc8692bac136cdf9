"""The base `Warehouse`: as many orders as asked for, and their customers; the same for the same number."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from pyairtable_mcp.sandbox.seeds import columns as c
from pyairtable_mcp.sandbox.seeds import words
from pyairtable_mcp.sandbox.seeds.builder import BaseBuilder, Row
from pyairtable_mcp.sandbox.state.model import Record, Workspace

WAREHOUSE_ID: Final = "appWarehouse00001"
MOST: Final = 1_000_000
"""Orders that may be asked for."""

_OPENED: Final = datetime(2020, 1, 6, 8, tzinfo=UTC)
_FIRST_DAY: Final = date(2020, 1, 6)
_DAYS: Final = 2_200
_ORDERS_EACH: Final = 50
"""Orders a customer has on average."""


def add_warehouse(workspace: Workspace, orders: int) -> None:
    """Add the base with `orders` records in its table `Orders`, and a customer for every fifty of them."""
    builder = BaseBuilder(WAREHOUSE_ID, "Warehouse", Random(WAREHOUSE_ID), workspace.owner, _OPENED)
    table = builder.table(
        "Orders",
        c.line("Number"),
        c.link("Customer", "Customers", "Orders", single=True),
        c.one_of("Status", "New", "Packed", "Shipped", "Returned"),
        c.some_of("Tags", "gift", "express", "fragile", "bulk"),
        c.day("Placed"),
        c.moment("Shipped at"),
        c.number("Quantity", 0),
        c.money("Unit price"),
        c.tick("Paid"),
        c.formula("Total", "ROUND({Quantity} * {Unit price}, 2)", c.MONEY_RESULT),
        c.lookup("Country", "Customer", "Country"),
    )
    customers = builder.table(
        "Customers",
        c.line("Name"),
        *c.plain("email", "Email"),
        *c.plain("singleLineText", "Country"),
        c.link("Orders", "Orders", "Customer"),
        c.count("Order count", "Orders"),
        c.rollup("Spent", "Orders", "Total", "SUM(values)", c.MONEY_RESULT),
    )
    builder.connect()
    people = [
        builder.add(customers, _OPENED, _customer(builder.rng, place))
        for place in range(-(-orders // _ORDERS_EACH))
    ]
    for place in range(orders):
        builder.add(table, _OPENED + timedelta(minutes=place), _order(builder.rng, place, people))
    workspace.bases[builder.base.id] = builder.base


def _customer(rng: Random, place: int) -> Row:
    name = f"{rng.choice(words.FIRST_NAMES)} {rng.choice(words.LAST_NAMES)} {place + 1}"
    mail = f"{name.lower().replace(' ', '.')}@example.com"
    return {"Name": name, "Email": mail, "Country": rng.choice(words.PLACES)[1]}


def _order(rng: Random, place: int, people: Sequence[Record]) -> Row:
    day = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    shipped = rng.random() < 0.8
    return {
        "Number": f"O-{place + 1:06d}",
        "Customer": [rng.choice(people)],
        "Status": rng.choice(("Shipped", "Returned")) if shipped else rng.choice(("New", "Packed")),
        "Tags": list(rng.sample(("gift", "express", "fragile", "bulk"), rng.randrange(3))),
        "Placed": day.isoformat(),
        "Shipped at": f"{day + timedelta(days=2)}T{rng.randrange(8, 18):02d}:00:00.000Z" if shipped else None,
        "Quantity": rng.randint(1, 40),
        "Unit price": rng.randrange(100, 20_000) / 100,
        "Paid": rng.random() < 0.9,
    }
