"""What the expressions of a workflow may name, by where they stand."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from pyairtable_mcp.engine.expressions.shapes import PLAIN, Shape, listing
from pyairtable_mcp.engine.steps.scope import FAILURE, INPUTS, TRIGGER
from pyairtable_mcp.workflows.definition.model import Input

TriggerKind = Literal["manual", "schedule", "record", "webhook"]

_ALWAYS: Final[Shape] = {"kind": PLAIN, "id": PLAIN, "at": PLAIN}
AFTER_FAILURE: Final[Shape] = {FAILURE: {"error": PLAIN, "saga": PLAIN, "step": PLAIN}}
"""What the steps after a failure are told."""


def record_trigger_shape(fields: Iterable[str] | None = None) -> Shape:
    """Return what a change of a record with these fields tells; with any when they are not known."""
    cells = None if fields is None else dict.fromkeys(fields)
    return {
        **_ALWAYS,
        "base": PLAIN,
        "table": PLAIN,
        "event": PLAIN,
        "record": {"id": PLAIN, "fields": cells},
        "before": {"fields": cells},
        "changed": listing(PLAIN),
    }


TRIGGERS: Final[Mapping[TriggerKind, Shape]] = MappingProxyType(
    {
        "manual": _ALWAYS,
        "schedule": {**_ALWAYS, "due": PLAIN},
        "record": record_trigger_shape(),
        "webhook": {**_ALWAYS, "body": None, "headers": None},
    }
)
"""What each kind of trigger tells of what started a run."""


def trigger_shape(kinds: Iterable[TriggerKind], fields: Iterable[str] | None = None) -> Shape:
    """Return what may be named of what started a run, if it was one of these kinds.

    `fields` are those that a record of any of its triggers can have.
    """
    merged: dict[str, Shape | None] = {}
    for kind in ("manual", *kinds):
        merged |= record_trigger_shape(fields) if kind == "record" else TRIGGERS[kind]
    return {TRIGGER: merged}


def inputs_shape(inputs: Mapping[str, Input | None]) -> Shape:
    """Return what may be named of inputs; anything of one that cannot be read."""
    return {INPUTS: {name: _input_shape(one) if one else None for name, one in inputs.items()}}


def _input_shape(one: Input) -> Shape:
    return listing(PLAIN) if one.type == "list" else PLAIN
