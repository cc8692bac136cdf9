"""What one principal has and another must not learn of, thing by thing, each beside one that never was."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mcp.types import ElicitRequestFormParams, InputRequiredResult
from pydantic import JsonValue

from pyairtable_mcp.sandbox.state.model import Table
from tests.remote.offices import Desk, Office
from tests.support import examples as e
from tests.support.inside import the_base, the_table

SAGA: Final = re.compile(r"\bsg[23456789abcdefghjkmnpqrstuvwxyz]{6}\b")
CONFIRM: Final = re.compile(r"\b[a-z0-9]{4}(-[a-z0-9]{4}){5}\b")
ORDERS: Final = {"base": "Warehouse", "table": "Orders"}
COLUMN: Final[dict[str, JsonValue]] = {"name": "Weight", "type": "number"}
FLOW: Final = """
name: stocktake
description: Counts what is in Bay Seventeen
on: {webhook: [{id: counted}]}
steps:
  - {id: make, do: create, with: {base: Warehouse, table: Orders, records: [{Number: "Pallet ninety"}]}}
"""
OWN: Final = ("stocktake", "Bay Seventeen", "Crate forty-two", "Pallet ninety", "leopard", "token:ada")
NEVER_ID: Final = "000000"

Pair = tuple[str, str]
"""What there is, and what there never was."""


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """What Ada has: by the kind of an argument what could be put there, and her question to a person."""

    pairs: Mapping[str, Sequence[Pair]]
    question: InputRequiredResult
    asked_by: Mapping[str, JsonValue]
    waiting: str
    saga: str
    words: frozenset[str]
    """What nobody else may ever be told."""


def beside(real: str) -> Pair:
    """Return a thing and one that never was, alike in all but its end."""
    is_id = re.fullmatch(r"[a-z]{3}[A-Za-z0-9]{14}", real)
    return real, real[:-6] + NEVER_ID if is_id else f"{real[:-1]}q"


async def gathered(here: Office, ada: Desk, log: Callable[[], Sequence[str]]) -> Belongings:
    """Let Ada work where nobody else looks, and return all that came of it; `log` is the server's."""
    made = await ada.call("create_records", **ORDERS, records=[{"Number": "Crate forty-two"}])
    (saga,) = set(SAGA.findall(made.text))
    (crate,) = set(re.findall(r"\brec\w{14}\b", made.text))
    note = await ada.call("write_comment", **ORDERS, record=crate, text="Beware of the leopard")
    (comment,) = re.findall(r"\bcom\w{14}\b", note.text)
    await ada.call("save_workflow", definition=FLOW)
    (run,) = set(SAGA.findall((await ada.call("run_workflow", workflow="stocktake")).text))
    page = (await ada.call("find_records", **ORDERS, limit=2)).text
    (cursor,) = re.findall(r"cursor[^\w]+([\w=-]{8,})", page)
    wish: dict[str, JsonValue] = {**ORDERS, "fields": [COLUMN]}
    question = await ada.client.session.call_tool("create_fields", wish, allow_input_required=True)
    assert isinstance(question, InputRequiredResult)
    (waiting,) = set(SAGA.findall(_told(question)))
    (confirm,) = (found[0] for line in log() if waiting in line and (found := CONFIRM.search(line)))
    orders, invoices = the_table(here.sandbox, "Orders", "Warehouse"), the_table(here.sandbox, "Invoices")
    base = the_base(here.sandbox, "Warehouse")
    sagas = [saga, run, waiting]
    pairs = {
        e.BASE: [beside(base.id), beside(base.name)],
        e.TABLE: [beside(orders.id), beside(invoices.id), beside(invoices.name)],
        e.RECORD: [beside(crate), beside(next(iter(invoices.records))), beside("Crate forty-two")],
        e.LINK: [beside(next(iter(the_table(here.sandbox, "People").records))), beside("Ada Larsen")],
        e.FIELD: [beside(next(iter(invoices.fields))), beside("Unit price")],
        e.VIEW: [beside(next(iter(orders.views)))],
        e.COMMENT: [beside(comment)],
        e.CURSOR: [(cursor, base64.urlsafe_b64encode(b"ffffff.2.2.").decode().rstrip("="))],
        e.SAGA: [(one, "sgzzzzzz") for one in sagas],
        e.STEP: [("make", "makq")],
        e.TOKEN: [beside(confirm)],
        e.WORKFLOW: [beside("stocktake")],
    }
    pairs |= {e.NEW: pairs[e.TABLE], e.CELLS: pairs[e.FIELD], e.FORMULA: pairs[e.FIELD]}
    secret = next(one.secret for one in await here.store.triggers.find("stocktake"))
    words = [*sagas, crate, comment, secret, confirm, base.id, base.name]
    return Belongings(
        pairs=pairs,
        question=question,
        asked_by=wish,
        waiting=waiting,
        saga=saga,
        words=frozenset([*words, *OWN, *_hidden(orders, invoices)]),
    )


def _hidden(table: Table, *linked: Table) -> Iterator[str]:
    """Yield all of a table; of tables that others link to, what their cells do not show."""
    yield from (table.id, table.name, *table.fields, *table.views, *table.records)
    for one in linked:
        yield from (one.id, *one.fields, *one.views)


def _told(question: InputRequiredResult) -> str:
    (one,) = (question.input_requests or {}).values()
    assert isinstance(one.params, ElicitRequestFormParams)
    return one.params.message
