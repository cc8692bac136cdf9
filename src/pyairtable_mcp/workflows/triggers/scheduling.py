"""Looking at a schedule: what is due becomes runs, and what was missed is noted."""

import asyncio
from typing import Final

from pyairtable_mcp.workflows.definition.model import ScheduleTrigger
from pyairtable_mcp.workflows.triggers.schedule import Missed, key_of, look, read_schedule, shown
from pyairtable_mcp.workflows.triggers.turn import Firing, Turn

_NEVER: Final = 400 * 86_400.0


async def tend_schedule(turn: Turn, trigger: ScheduleTrigger) -> None:
    """Fire what is due; a schedule that is looked at for the first time begins now."""
    now = turn.now
    state = turn.row.state if isinstance(turn.row.state, dict) else {}
    passed = state.get("passed")
    schedule = read_schedule(trigger.cron, trigger.timezone)
    begin = float(passed) if isinstance(passed, int | float) else now
    # In a thread: after a month of minutes it takes a second.
    came = await asyncio.to_thread(look, schedule, begin, now, trigger.catch_up)
    missed = [_missed(turn, one) for one in came.missed]
    fires = [_fire(turn, due) for due in came.fires]
    due_at = now + _NEVER if came.next is None else came.next
    await turn.end({"passed": came.passed}, [*missed, *fires], due_at=due_at)


def _fire(turn: Turn, due: float) -> Firing:
    return turn.firing("schedule", key_of(turn.row.id, due), _event(turn, due), due=due)


def _missed(turn: Turn, one: Missed) -> Firing:
    what = "its time"
    if one.count != 1:
        many = f"{one.count} due times" if one.count else "all due times"
        what = f"{many} from {shown(one.first)} to {shown(one.last)}"
    key = key_of(turn.row.id, one.first, one.last)
    why = f"{what} passed while nothing ran"
    return turn.firing("schedule", key, _event(turn, one.first), due=one.first, missed=why)


def _event(turn: Turn, due: float) -> dict[str, str]:
    return {"kind": "schedule", "id": turn.row.id, "at": shown(due), "due": shown(due)}
