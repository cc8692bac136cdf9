"""Making planned writes and taking them back, a request at a time, as the engine does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pyairtable_mcp.airtable.outcomes import IN_ORDER
from pyairtable_mcp.operations.batches import Batch, Made, marks_of
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.planned import Planned
from pyairtable_mcp.operations.sending import send
from pyairtable_mcp.operations.undoing.deciding import undo_of
from pyairtable_mcp.operations.undoing.deleted import relinked
from pyairtable_mcp.operations.undoing.looking import look, with_found
from pyairtable_mcp.operations.undoing.terms import Conflict


async def make(call: Call, planned: Planned) -> list[Made]:
    """Send everything that is planned; stops at the first failure, whose write is the last one returned."""
    made: list[Made] = []
    for batch in planned.batches:
        for write in batch.writes():
            seen, since = call.clock.now(), call.airtable.earliest()
            report = await send(call.airtable, write, IN_ORDER)
            made.append(Made(write=write, marks=marks_of(write, report.outcomes), since=since, seen=seen))
            if report.error:
                return made
    return made


@dataclass
class TakenBack:
    """What came of taking writes back, and the writes that did it."""

    made: list[Made] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


async def take_back(call: Call, made: Sequence[Made], *, force: bool = False) -> TakenBack:
    """Take writes back, the last one first, then put links among recreated records back."""
    done = TakenBack()
    for one in reversed(made):
        known = await with_found(call, one, frozenset())
        undoing = undo_of(known, await look(call, [known], renamed=done.renamed), force=force)
        done.conflicts += undoing.conflicts
        done.lost += undoing.lost
        for batch in undoing.batches:
            await _sent(call, done, batch)
    renamed = [one for one in made if any(item.id in done.renamed for item in one.write.items)]
    if renamed:
        for batch in relinked(renamed, await look(call, renamed, renamed=done.renamed)).batches:
            await _sent(call, done, batch)
    return done


async def _sent(call: Call, done: TakenBack, batch: Batch) -> None:
    for write in batch.writes():
        now = call.clock.now()
        report = await send(call.airtable, write, IN_ORDER)
        assert report.error is None, report.error
        marks = marks_of(write, report.outcomes)
        done.made.append(Made(write=write, marks=marks, since=now, seen=now))
        if write.kind == "create":
            done.renamed |= {
                item.id: mark.id for item, mark in zip(write.items, marks, strict=True) if item.id
            }
