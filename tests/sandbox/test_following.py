"""Computed cells follow their sources at once: after any writes they say what a plain model says."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.schema.loading import check_base, field_from_metadata
from pyairtable_mcp.sandbox.state.model import Table

from .driving import EMPTY, Answer, Driver, cells, driver

ITEMS, ORDERS = "tblItems000000000", "tblOrders00000000"
WAY = {"recordLinkFieldId": "fldOrderItems0000"}
PRICES = {**WAY, "fieldIdInLinkedTable": "fldItemPrice00000"}
LINK = {"isReversed": False, "prefersSingleRecordLink": False}


def described(key: str, name: str, kind: str, options: Json = None) -> Json:
    return {"id": key, "name": name, "type": kind, "options": options or {}}


FIELDS: dict[str, list[Json]] = {
    ITEMS: [
        described("fldItemName000000", "Name", "singleLineText"),
        described("fldItemPrice00000", "Price", "number", {"precision": 0}),
        described(
            "fldItemOrders0000",
            "Orders",
            "multipleRecordLinks",
            {**LINK, "linkedTableId": ORDERS, "inverseLinkFieldId": "fldOrderItems0000"},
        ),
        described("fldItemCount00000", "Count", "count", {"recordLinkFieldId": "fldItemOrders0000"}),
        described(
            "fldItemTotals0000",
            "Totals",
            "multipleLookupValues",
            {"recordLinkFieldId": "fldItemOrders0000", "fieldIdInLinkedTable": "fldOrderTotal0000"},
        ),
    ],
    ORDERS: [
        described("fldOrderName00000", "Name", "singleLineText"),
        described(
            "fldOrderItems0000",
            "Items",
            "multipleRecordLinks",
            {**LINK, "linkedTableId": ITEMS, "inverseLinkFieldId": "fldItemOrders0000"},
        ),
        described("fldOrderPrices000", "Prices", "multipleLookupValues", PRICES),
        described("fldOrderTotal0000", "Total", "rollup", {**PRICES, "formula": "SUM(values)"}),
        described(
            "fldOrderLabel0000", "Label", "formula", {"formula": "{Name}&': '&{Items}&' '&({Total}*2)"}
        ),
        described(
            "fldOrderAll000000",
            "All totals",
            "rollup",
            {**WAY, "fieldIdInLinkedTable": "fldItemTotals0000", "formula": "MAX(values)"},
        ),
    ],
}


def shop() -> Driver:
    """Return a sandbox with items, and orders that compute over them."""
    made = driver("empty")
    base = made.sandbox.workspace.bases["appEmpty000000001"]
    for key, name in ((ITEMS, "Items"), (ORDERS, "Orders")):
        fields = [field_from_metadata(each) for each in FIELDS[key]]
        base.tables[key] = Table(key, name, {each.id: each for each in fields})
    check_base(base)
    return made


def picked(keys: Iterable[str], places: list[int]) -> list[str]:
    """Return the keys at these places, counted around; none when there are no keys."""
    held = list(keys)
    return list(dict.fromkeys(held[place % len(held)] for place in places)) if held else []


@dataclass
class Order:
    name: str
    items: list[str] = field(default_factory=list)


NAMES, PRICE = st.sampled_from("abc"), st.none() | st.integers(-9, 9)
PLACE = st.integers(0, 20)
PLACES = st.lists(PLACE, max_size=3)


class Following(RuleBasedStateMachine):
    """Writes at random from both sides of the link, and a model of dictionaries beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = shop()
        self.loop = asyncio.new_event_loop()
        self.prices: dict[str, tuple[str, int | None]] = {}
        self.made: dict[str, Order] = {}

    def teardown(self) -> None:
        self.loop.close()

    def ask(self, method: str, path: str, json: object = None) -> Answer:
        found = self.loop.run_until_complete(self.shop(method, f"{EMPTY}/{path}", json))
        assert found.status == 200, found.body
        return found

    @rule(name=NAMES, price=PRICE)
    def add_item(self, name: str, price: int | None) -> None:
        made = self.ask("POST", "Items", {"fields": {"Name": name, "Price": price}})
        self.prices[str(made.body["id"])] = (name, price)

    @rule(name=NAMES, places=PLACES)
    def add_order(self, name: str, places: list[int]) -> None:
        chosen = picked(self.prices, places)
        made = self.ask("POST", "Orders", {"fields": {"Name": name, "Items": chosen}})
        self.made[str(made.body["id"])] = Order(name, chosen)

    @rule(place=PLACE, price=PRICE)
    def change_price(self, place: int, price: int | None) -> None:
        for key in picked(self.prices, [place]):
            self.ask("PATCH", f"Items/{key}", {"fields": {"Price": price}})
            self.prices[key] = (self.prices[key][0], price)

    @rule(place=PLACE, places=PLACES)
    def choose_items(self, place: int, places: list[int]) -> None:
        for key in picked(self.made, [place]):
            self.made[key].items = picked(self.prices, places)
            self.ask("PATCH", f"Orders/{key}", {"fields": {"Items": self.made[key].items}})

    @rule(place=PLACE, places=PLACES)
    def choose_orders(self, place: int, places: list[int]) -> None:
        for key in picked(self.prices, [place]):
            chosen = picked(self.made, places)
            self.ask("PATCH", f"Items/{key}", {"fields": {"Orders": chosen}})
            for order, each in self.made.items():
                if order in chosen and key not in each.items:
                    each.items.append(key)
                elif order not in chosen and key in each.items:
                    each.items.remove(key)

    @rule(place=PLACE)
    def delete_item(self, place: int) -> None:
        for key in picked(self.prices, [place]):
            self.ask("DELETE", f"Items/{key}")
            del self.prices[key]
            for each in self.made.values():
                each.items = [item for item in each.items if item != key]

    @rule(place=PLACE)
    def delete_order(self, place: int) -> None:
        for key in picked(self.made, [place]):
            self.ask("DELETE", f"Orders/{key}")
            del self.made[key]

    @invariant()
    def cells_say_what_the_model_says(self) -> None:
        totals = {
            key: sum(self.prices[each][1] or 0 for each in order.items) for key, order in self.made.items()
        }
        lists = {
            key: [each for each, order in self.made.items() if key in order.items] for key in self.prices
        }
        for record in self.ask("GET", "Orders").records:
            shown, order = cells(record), self.made[str(record["id"])]
            prices = [price for each in order.items if (price := self.prices[each][1]) is not None]
            names = ", ".join(self.prices[each][0] for each in order.items)
            total = totals[str(record["id"])]
            assert (shown.get("Prices"), shown["Total"]) == (prices or None, total)
            assert shown["Label"] == f"{order.name}: {names} {total * 2}"
            reached = [totals[other] for each in order.items for other in lists[each]]
            assert shown["All totals"] == max(reached, default=0)
        for record in self.ask("GET", "Items").records:
            shown, linked = cells(record), lists[str(record["id"])]
            assert shown["Count"] == len(linked)
            found = shown.get("Totals", [])
            assert isinstance(found, list)
            assert sorted(found) == sorted(totals[each] for each in linked)


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    deadline=None, max_examples=25, stateful_step_count=20, suppress_health_check=[HealthCheck.too_slow]
)
