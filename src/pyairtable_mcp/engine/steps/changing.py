"""Steps that change Airtable: the use cases behind the write tools, each with its arguments."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import JsonValue

from pyairtable_mcp.engine.airtable_carrier import records_of, writes_of
from pyairtable_mcp.engine.expressions.shapes import PLAIN, Shape, records_shape
from pyairtable_mcp.engine.model import Plan, StepSpec
from pyairtable_mcp.engine.ports import Scene, Sent, StepKind
from pyairtable_mcp.engine.steps.permitting import refuse
from pyairtable_mcp.engine.steps.scope import arguments_of
from pyairtable_mcp.operations import attaching, commenting, replacing, structure, upserting, writing
from pyairtable_mcp.operations.call import Args, Call
from pyairtable_mcp.operations.planned import Planned

A = TypeVar("A", bound=Args)
Planner = Callable[[Call, A], Awaitable[Planned]]

RECORDS: Final[Shape] = {"records": records_shape(None), "count": PLAIN}
"""What a step that writes records gives."""

CHANGES: Final[Mapping[str, tuple[type[Args], Planner[Any]]]] = {
    "create": (writing.CreateRecords, writing.plan_create),
    "update": (writing.UpdateRecords, writing.plan_update),
    "replace": (replacing.ReplaceRecords, replacing.plan_replace),
    "upsert": (upserting.UpsertRecords, upserting.plan_upsert),
    "delete": (writing.DeleteRecords, writing.plan_delete),
    "attach": (attaching.AttachFile, attaching.plan_attach),
    "comment": (commenting.WriteComment, commenting.plan_comment),
    "create_table": (structure.CreateTable, structure.plan_create_table),
    "create_fields": (structure.CreateFields, structure.plan_create_fields),
    "update_schema": (structure.UpdateSchema, structure.plan_update_schema),
}
"""The arguments and the use case of each kind."""


def plan_of(planned: Planned) -> Plan:
    """Return what a use case would write as what a step will do."""
    return Plan(
        writes=writes_of(planned.batches),
        result={"names": dict(planned.names)} if planned.names else None,
        irreversible=planned.irreversible,
    )


def _planner(model: type[A], planner: Planner[A]) -> Callable[[Scene, StepSpec], Awaitable[Plan]]:
    async def plan(scene: Scene, spec: StepSpec) -> Plan:
        refuse(scene.call, spec.id, spec.kind)
        return plan_of(await planner(scene.call, arguments_of(scene, spec, model)))

    return plan


def _written(spec: StepSpec, plan: Plan, sent: Sequence[Sent]) -> JsonValue:
    """Tell of the records that were written, with their cells by the names of the fields."""
    del spec
    told = records_of(sent)
    names = plan.result.get("names") if isinstance(plan.result, Mapping) else None
    if not isinstance(told, dict) or not isinstance(names, Mapping):
        return told
    records = told["records"]
    return {
        "count": told["count"],
        "records": [_named(one, names) for one in records] if isinstance(records, list) else [],
    }


def _named(record: JsonValue, names: Mapping[str, JsonValue]) -> JsonValue:
    cells = record.get("fields") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(cells, Mapping):
        return record
    return {**record, "fields": {str(names.get(key, key)): cell for key, cell in cells.items()}}


def changing_kinds() -> tuple[StepKind, ...]:
    """Return the kinds of steps that change Airtable."""
    return tuple(
        StepKind(name=name, plan=_planner(model, planner), result=_written)
        for name, (model, planner) in CHANGES.items()
    )
