"""What the expressions of a workflow may name, by where they stand."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from pyairtable_mcp.engine.expressions.checking import Shape
from pyairtable_mcp.engine.steps.scope import FAILURE, INPUTS, TRIGGER

TriggerKind = Literal["manual", "schedule", "record", "webhook"]

_ALWAYS: Final[Shape] = {"kind": {}, "id": {}, "at": {}}
TRIGGERS: Final[Mapping[TriggerKind, Shape]] = MappingProxyType(
    {
        "manual": _ALWAYS,
        "schedule": {**_ALWAYS, "due": {}},
        "record": {
            **_ALWAYS,
            "base": {},
            "table": {},
            "event": {},
            "record": {"id": {}, "fields": None},
            "before": {"fields": None},
            "changed": None,
        },
        "webhook": {**_ALWAYS, "body": None, "headers": None},
    }
)
"""What each kind of trigger tells of what started a run."""
AFTER_FAILURE: Final[Shape] = {FAILURE: {"error": {}, "saga": {}, "step": {}}}
"""What the steps after a failure are told."""


def trigger_shape(kinds: Iterable[TriggerKind]) -> Shape:
    """Return what may be named of what started a run, if it was one of these kinds."""
    merged: dict[str, Shape | None] = {}
    for kind in ("manual", *kinds):
        merged |= TRIGGERS[kind]
    return {TRIGGER: merged}


def inputs_shape(names: Iterable[str]) -> Shape:
    """Return the inputs as what may be named of them: any part of each."""
    return {INPUTS: dict.fromkeys(names)}
