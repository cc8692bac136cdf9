"""A definition taken apart, so that what is wrong with one part hides nothing of the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from pyairtable_mcp.base.faults import Place
from pyairtable_mcp.workflows.definition.model import (
    MOST_INPUTS,
    MOST_STEPS,
    MOST_TRIGGERS,
    Input,
    RecordTrigger,
    ScheduleTrigger,
    Trigger,
    WebhookTrigger,
)

M = TypeVar("M", bound=BaseModel)
Kind = Literal["schedule", "record", "webhook"]

MODELS: Final[Mapping[Kind, type[Trigger]]] = MappingProxyType(
    {"schedule": ScheduleTrigger, "record": RecordTrigger, "webhook": WebhookTrigger}
)
"""The triggers that start runs by themselves, by the key they stand under."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriggerPart:
    """A trigger where it stands; `read` is None when it does not have the shape of one."""

    at: Place
    kind: Kind
    id: str
    read: Trigger | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The parts of a definition as far as each can be read; an input that cannot be is None."""

    inputs: Mapping[str, Input | None]
    triggers: tuple[TriggerPart, ...]
    manual: bool
    steps: list[JsonValue]
    on_failure: list[JsonValue]
    key: JsonValue

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What kinds of triggers there are, each once."""
        return tuple(dict.fromkeys(one.kind for one in self.triggers))


def parts_of(value: JsonValue) -> Parts:
    """Return the parts of what somebody wrote as a definition, no more of a kind than there may be."""
    inputs = _member(value, "inputs")
    named = islice(inputs.items(), MOST_INPUTS) if isinstance(inputs, Mapping) else ()
    return Parts(
        inputs={name: _read(Input, one) for name, one in named},
        triggers=tuple(_triggers(_member(value, "on"))),
        manual=_member(_member(value, "on"), "manual") is not False,
        steps=_list(_member(value, "steps"))[:MOST_STEPS],
        on_failure=_list(_member(value, "on_failure"))[:MOST_STEPS],
        key=_member(_member(value, "concurrency"), "key"),
    )


def _triggers(on: JsonValue) -> Iterator[TriggerPart]:
    for kind, model in MODELS.items():
        for place, one in enumerate(_list(_member(on, kind))[:MOST_TRIGGERS], start=1):
            read = _read(model, one)
            name = read.id if read else _member(one, "id")
            yield TriggerPart(
                at=("on", kind, place - 1), kind=kind, id=str(name or f"{kind}-{place}"), read=read
            )


def _read(model: type[M], value: JsonValue) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _member(value: JsonValue, key: str) -> JsonValue:
    return value.get(key) if isinstance(value, Mapping) else None


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
