"""Names of bases, tables, fields and options held against what is there, by the schema of each base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from pydantic import JsonValue

from pyairtable_mcp.base.errors import AppError, Forbidden, NotFound, Refused
from pyairtable_mcp.base.faults import Fault, Place
from pyairtable_mcp.base.text import fold, same_name
from pyairtable_mcp.engine.expressions.reading import has_expression
from pyairtable_mcp.engine.expressions.shapes import Shape, records_shape
from pyairtable_mcp.engine.steps.definition import NESTED
from pyairtable_mcp.engine.steps.table import GIVES
from pyairtable_mcp.operations import names
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.workflows.definition.arguments import ARGUMENTS_OF, Here
from pyairtable_mcp.workflows.definition.checking import Checked, Seen, expression_faults
from pyairtable_mcp.workflows.definition.inputs import resolved
from pyairtable_mcp.workflows.definition.model import Input, RecordTrigger
from pyairtable_mcp.workflows.definition.parts import Parts
from pyairtable_mcp.workflows.definition.problems import MOST
from pyairtable_mcp.workflows.definition.triggering import trigger_faults

_MAKERS = frozenset({"create_table", "create_fields", "update_schema"})
T = TypeVar("T")


async def live_checked(call: Call, found: Checked) -> Checked:
    """Return a definition with what is wrong with its names; raises `Upstream` without an answer."""
    parts = found.parts
    looking = _Looking(call, _made(parts))
    await looking.inputs(parts)
    for part in parts.triggers:
        if isinstance(part.read, RecordTrigger):
            await looking.trigger(part.read, part.at)
    await looking.steps(parts.steps, ("steps",))
    await looking.steps(parts.on_failure, ("on_failure",))
    more = (trigger_faults(parts, looking.watched), expression_faults(parts, looking.seen()))
    return found.with_faults([*looking.faults, *(fault for one in more for fault in islice(one, MOST))])


def _made(parts: Parts) -> frozenset[str] | None:
    """Return the names of tables and fields that the steps make themselves; None when any may be."""
    made: set[str] = set()
    waiting: list[JsonValue] = [*parts.steps, *parts.on_failure]
    while waiting:
        step = waiting.pop()
        args = step.get("with") if isinstance(step, Mapping) else None
        if not isinstance(step, Mapping) or not isinstance(args, Mapping):
            continue
        waiting += [one for key in NESTED.get(str(step.get("do")), ()) for one in _list(args.get(key))]
        if step.get("do") not in _MAKERS:
            continue
        told = [args.get("table"), args.get("name"), *(_name(one) for one in _list(args.get("fields")))]
        if has_expression(told) or has_expression(args.get("fields")):
            return None
        made |= {fold(one) for one in told if isinstance(one, str)}
    return frozenset(made)


def _name(one: JsonValue) -> JsonValue:
    return one.get("name") if isinstance(one, Mapping) else None


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else ()


@dataclass
class _Looking:
    """Looks names up, and collects those that name nothing."""

    call: Call
    made: frozenset[str] | None
    faults: list[Fault] = field(default_factory=list)
    gives: dict[Place, Shape] = field(default_factory=dict)
    watched: dict[Place, Sequence[str] | None] = field(default_factory=dict)

    def seen(self) -> Seen:
        """Return what was learned of fields: those of records that steps give, and that triggers tell of."""
        tables = list(self.watched.values())
        names = [name for table in tables for name in table or ()]
        return Seen(self.gives, None if None in tables else tuple(dict.fromkeys(names)))

    async def place(self, base: JsonValue, table: JsonValue, at: Place) -> names.Place | None:
        """Return the table two names mean; None when that shows later or they mean nothing."""
        if not isinstance(base, str) or has_expression(base):
            return None
        if not await self._has_base(base, at):
            return None
        if not isinstance(table, str) or has_expression(table):
            return None
        try:
            return await names.find_place(self.call, base, table)
        except (Refused, Forbidden, NotFound) as problem:
            if not self._is_made(table):
                self._note((*at, "table"), problem)
            return None

    async def _has_base(self, base: str, at: Place) -> bool:
        try:
            found = await names.find_base(self.call, base)
            await self.call.airtable.schema(found.id)
        except (Refused, Forbidden, NotFound) as problem:
            self._note((*at, "base"), problem)
            return False
        return True

    def _is_made(self, name: str) -> bool:
        return self.made is None or fold(name) in self.made

    def _note(self, at: Place, problem: AppError) -> None:
        says = f"{problem.message} {problem.hint}".strip()
        self.faults.append(Fault(at, says, tuple(problem.candidates)))

    async def inputs(self, parts: Parts) -> None:
        """Look at where tables and records are, and at defaults."""
        given: dict[str, Input] = {}
        for name, one in parts.inputs.items():
            if one is None:
                continue
            before = len(self.faults)
            if one.base:
                await self.place(one.base, one.table or None, ("inputs", name))
            if one.default is not None and len(self.faults) == before:
                given[name] = one
        _, faults = await resolved(self.call, given, {name: one.default for name, one in given.items()})
        self.faults += [
            Fault(("inputs", str(one.at[0]), "default", *one.at[1:]), one.says, one.candidates)
            for one in faults
        ]

    async def trigger(self, one: RecordTrigger, at: Place) -> None:
        """Look at the table a trigger watches."""
        place = await self.place(one.base, one.table, at)
        self.watched[at] = self._fields(place) if place else None
        if place is None:
            return
        here = Here(self.call, place)
        watched: dict[str, JsonValue] = {"fields": [*one.fields], "when": one.when, "was": one.was}
        self._heed(list(here.faults("record", watched)), at)

    async def steps(self, steps: Sequence[JsonValue], at: Place) -> None:
        """Look at what steps name, those within others included."""
        for number, step in enumerate(steps):
            args = step.get("with") if isinstance(step, Mapping) else None
            if not isinstance(step, Mapping) or not isinstance(args, Mapping):
                continue
            where, kind = (*at, number, "with"), str(step.get("do"))
            for key in NESTED.get(kind, ()):
                await self.steps(_list(args.get(key)), (*where, key))
            if kind not in ARGUMENTS_OF:
                continue
            table = None if kind == "create_table" else args.get("table")
            place = await self.place(args.get("base"), table, where)
            if place is not None:
                self._heed(list(Here(self.call, place).faults(kind, args)), where)
                self._learn((*at, number), kind, args, place)

    def _fields(self, place: names.Place) -> Sequence[str] | None:
        """Return the names of a table's fields; None when a step may add others."""
        return [one.name for one in place.table.fields] if self.made == frozenset() else None

    def _learn(self, at: Place, kind: str, args: Mapping[str, JsonValue], place: names.Place) -> None:
        """Remember what fields the records have that a step gives."""
        fields = self._fields(place)
        if fields is None or "records" not in GIVES[kind]:
            return
        asked = args.get("fields") if kind == "find" else None
        if isinstance(asked, list) and asked:
            known = [here for name in asked if isinstance(name, str) for here in same_name(name, fields)]
            # An id or an expression among them may mean any field.
            fields = [fields[one] for one in known] if len(known) == len(asked) else fields
        self.gives[at] = {**GIVES[kind], "records": records_shape(fields)}

    def _heed(self, faults: Sequence[tuple[Fault, str]], at: Place) -> None:
        """Keep faults, but those about the name of a thing that a step makes."""
        self.faults += [fault.under(at) for fault, name in faults if not (name and self._is_made(name))]
