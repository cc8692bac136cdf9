"""Which changes a person has to approve first, and the seal on what was approved; decisions only.

What is asked for is pinned: its seal covers every write and what the records held. When the answer comes the
step is planned again, by what is there then; only a plan of the same seal goes on, any other is asked anew.
Each question has a confirm token, of which the journal knows the hash; the hash also names the question.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.bounding import stricter
from pyairtable_mcp.base.settings import ApprovalSettings
from pyairtable_mcp.base.text import counted
from pyairtable_mcp.engine.model import Plan, StepSpec, Write
from pyairtable_mcp.engine.ports import Scene, Stakes

Weigh = Callable[[Write], Stakes]

SEALS: Final = "seals"
"""Under this name the result of a step holds seals that were approved for steps still to come."""
TERMS: Final = "approval"
"""Under this name the options of a saga hold what is kept for a person in it."""
_PASSING: Final = frozenset({"url", "thumbnails"})
"""Of a file these change whenever it is read."""


def demanded(terms: ApprovalSettings, stakes: Sequence[Stakes], earlier: int = 0) -> list[str]:
    """Return why a person has to approve writes, [] when nobody has to.

    `earlier` are the records that were written since somebody last approved.
    """
    created = sum(one.records for one in stakes if one.creates)
    changed = sum(one.records for one in stakes if one.changes)
    deleted = sum(one.records for one in stakes if one.deletes)
    records = earlier + sum(one.records for one in stakes)
    schema = sum(one.schema for one in stakes)
    reasons: list[str] = []
    if terms.creates and created:
        reasons.append(f"it creates {counted(created, 'record')}")
    if terms.changes and changed:
        reasons.append(f"it changes {counted(changed, 'record')}")
    if terms.deletes and deleted:
        reasons.append(f"it deletes {counted(deleted, 'record')}")
    if terms.schema_changes and schema:
        reasons.append("it changes what a base is made of")
    if terms.records_over and records > terms.records_over:
        reasons.append(f"it writes {records} records, more than {terms.records_over}")
    return reasons


def judged(plan: Plan, scene: Scene, spec: StepSpec, weigh: Weigh) -> Plan:
    """Return a plan as it is when it may go on, else as one that asks a person first."""
    if plan.ask is not None or not plan.writes:
        return plan
    reasons = demanded(terms_of(scene), [*map(weigh, plan.writes)], _unasked(scene, weigh))
    seal = seal_of(plan.writes)
    if seal in approved(scene) or not (reasons or reasons_before(scene)):
        return plan
    return replace(plan, ask=ask_of(scene, spec, reasons, seal))


def ask_of(scene: Scene, spec: StepSpec, reasons: Sequence[str], seal: str) -> dict[str, JsonValue]:
    """Return what a person is asked about a step, which it may have been before."""
    before = reasons_before(scene)
    why: list[JsonValue] = [*(reasons or before)]
    return {"step": spec.id, "why": why, "seal": seal, "again": bool(before)}


def reasons_before(scene: Scene) -> list[str]:
    """Return why a step was asked about that is planned again now, [] when it was not."""
    why = part(scene.rested.ask, "why") if scene.rested is not None else None
    return [str(one) for one in why] if isinstance(why, list) else []


def terms_of(scene: Scene) -> ApprovalSettings:
    """Return what is kept for a person: by whoever began the saga, and by whoever goes on with it."""
    pinned, mine = part(scene.saga.options, TERMS), scene.call.settings.approval
    return stricter(ApprovalSettings.model_validate(pinned), mine) if pinned else mine


def _unasked(scene: Scene, weigh: Weigh) -> int:
    """Return how many records the saga has written since somebody last approved."""
    upto = part(scene.saga.approval, "upto")
    last = upto if isinstance(upto, int) else 0
    written = (one.intent for one in scene.sent if one.intent.role == "do" and one.intent.number > last)
    return sum(weigh(Write(via=one.via, body=one.write)).records for one in written)


def approved(scene: Scene) -> Iterator[str]:
    """Yield the seals that a person has approved."""
    if scene.rested is not None and part(scene.answer, "approved") is True:
        yield str(part(scene.rested.ask, "seal"))
    for result in scene.results.values():
        seals = part(result, SEALS)
        yield from map(str, seals if isinstance(seals, list) else ())


def seal_of(writes: Sequence[Write]) -> str:
    """Return the digest of writes and of what the records held that they change."""
    told = [
        [one.via, one.body, [[image.record, _lasting(image.cells)] for image in one.before]] for one in writes
    ]
    return _digest(json.dumps(told, sort_keys=True, separators=(",", ":")))


def _lasting(cells: Mapping[str, JsonValue] | None) -> JsonValue:
    return {key: _settled(value) for key, value in cells.items()} if cells is not None else None


def _settled(value: JsonValue) -> JsonValue:
    """Return a cell without what changes although nobody changed it."""
    if isinstance(value, list):
        return [_settled(one) for one in value]
    if isinstance(value, dict) and "url" in value and "id" in value:
        return {key: one for key, one in value.items() if key not in _PASSING}
    return value


def asked(approval: JsonValue, ask: JsonValue, token: str) -> dict[str, JsonValue]:
    """Return what the journal keeps of a new question; what was asked before is over."""
    return {"ask": ask, "question": _digest(token), "upto": part(approval, "upto")}


def answered(approval: JsonValue, answer: JsonValue, upto: int) -> dict[str, JsonValue]:
    """Return what the journal keeps of an answer; its token is used up.

    `upto` is the last write before it.
    """
    return {"ask": part(approval, "ask"), "answer": answer, "upto": upto}


def question_of(approval: JsonValue) -> str:
    """Return the name of the question that is open, "" for none."""
    return str(part(approval, "question") or "")


def fits(token: str, approval: JsonValue) -> bool:
    """Tell whether a confirm token is that of the open question."""
    question = question_of(approval)
    return bool(question) and hmac.compare_digest(_digest(token.strip()), question)


def part(value: JsonValue, name: str) -> JsonValue:
    """Return a member of an object, None for anything else."""
    return value.get(name) if isinstance(value, Mapping) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
