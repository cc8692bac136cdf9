"""The way back of a saga: what was intended is taken back, the youngest first, and what is left is told."""

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.engine.model import LEFT, Left
from pyairtable_mcp.engine.ports import Arrival, Back, Ports, Undoing, joined
from pyairtable_mcp.engine.run import Run, outcome_of
from pyairtable_mcp.engine.words import AFTERWARDS, At, Decide, Decided, Undo, UndoFailed, UndoSent
from pyairtable_mcp.store.journal_values import Image, IntentRow, StepRow

_log: Final = logging.getLogger(__name__)

PAUSES: Final = (2.0, 10.0, 30.0, 120.0)
"""Seconds before each new try to take a write back."""


class Sender(Protocol):
    """What the way back has in common with the way there."""

    async def commit(self, run: Run, *, durable: bool = False) -> None:
        """Enter what the journal does not hold yet."""
        ...

    async def sent(self, run: Run, intent: IntentRow, *, again: bool) -> Arrival:
        """Send an intended write, or find out first what came of it."""
        ...

    async def claimed(self, run: Run, intent: IntentRow) -> frozenset[str]:
        """Return the ids of what is known to have come of other writes since an intent."""
        ...


class WayBack:
    """Takes writes back, and notes what could not be."""

    def __init__(
        self,
        sender: Sender,
        ports: Ports,
        clock: Clock,
        checkpoint: Callable[[str], None],
        pauses: Sequence[float],
    ) -> None:
        self._pauses = pauses
        self._sender = sender
        self._ports = ports
        self._clock = clock
        self._pass = checkpoint

    async def perform(self, run: Run, command: Decide | Undo) -> bool:
        """Do one thing; tell whether a write is dealt with by it."""
        if isinstance(command, Decide):
            await self._decide(run, command.unit)
        else:
            await self._undo(run, command)
        if run.state.at is At.RESTING or run.state.unit == command.unit:
            return False
        await self._sender.commit(run)
        self._pass("undone")
        return True

    async def _decide(self, run: Run, unit: int) -> None:
        self._pass("decide")
        try:
            undoing = await self._undoing(run, unit)
        except AppError as error:
            self._failed(run, unit, error, final=not error.retryable)
            return
        run.left += undoing.left
        run.lost += undoing.lost
        row = _row(run, unit, "decided", undoing.left, undoing.lost)
        writes = [
            IntentRow(
                number=number, step=row.number, role="undo", undoes=unit, via=write.via, write=write.body,
                since=self._ports.carriers[write.via].since(run.call), at=self._clock.now().timestamp(),
                before=write.before,
            )
            for number, write in enumerate(undoing.writes, run.state.last + 1)
        ]  # fmt: skip
        run.enter(row, *writes)
        run.happened(Decided(writes=len(writes), troubled=bool(undoing.left)))
        if writes:
            await self._sender.commit(run, durable=True)
            self._pass("decided")

    async def _undoing(self, run: Run, unit: int) -> Undoing:
        try:
            return await (self._of_one(run, unit) if unit != AFTERWARDS else self._of_all(run))
        except AppError:
            raise
        except Exception as error:
            _log.exception("how write %s of saga %s is taken back cannot be decided", unit, run.saga.id)
            raise AppError("How this is taken back could not be decided: a fault of this server.") from error

    async def _of_one(self, run: Run, unit: int) -> Undoing:
        sent = run.sent(unit)
        claimed: frozenset[str] = frozenset()
        if sent.outcome is None or sent.outcome.status != "done":
            claimed = await self._sender.claimed(run, sent.intent)
        return await self._ports.carriers[sent.intent.via].undo([sent], _back(run, claimed))

    async def _of_all(self, run: Run) -> Undoing:
        forward = [run.sent(number) for number in run.state.intended]
        undoings: list[Undoing] = []
        for via in dict.fromkeys(one.intent.via for one in forward):
            of_it = [one for one in forward if one.intent.via == via]
            undoings.append(await self._ports.carriers[via].afterwards(of_it, _back(run)))
        return joined(undoings)

    async def _undo(self, run: Run, command: Undo) -> None:
        self._pass("undo")
        arrival = await self._sender.sent(run, run.intents[command.intent], again=command.again)
        run.enter(outcome_of(command.intent, arrival, self._clock))
        self._pass("sent")
        if arrival.fate == "done":
            run.happened(UndoSent())
            return
        unknown = arrival.fate == "unknown"
        error = arrival.error or AppError("It was not done.")
        final = not unknown and not error.retryable
        self._failed(run, command.unit, error, unknown=unknown, final=final, left=arrival.left)

    def _failed(
        self,
        run: Run,
        unit: int,
        error: AppError,
        *,
        unknown: bool = False,
        final: bool = False,
        left: Sequence[Left] = (),
    ) -> None:
        """Try again later, or leave it to a person, naming the records."""
        run.happened(UndoFailed(unknown=unknown, final=final))
        if run.state.at is At.RESTING:
            wait = self._pauses[min(run.state.tries, len(self._pauses)) - 1]
            run.change["wake_at"] = self._clock.now().timestamp() + wait
            return
        left = left or _named(run, unit, error)
        run.left += left
        run.enter(_row(run, unit, "failed", left, ()))


def _back(run: Run, claimed: frozenset[str] = frozenset()) -> Back:
    return Back(call=run.call, force=run.force, claimed=claimed, done=run.sent_back())


def _row(run: Run, unit: int, status: str, left: Sequence[Left], lost: Sequence[str]) -> StepRow:
    number = min([0, *run.steps]) - 1
    told = LEFT.dump_python(tuple(left), mode="json")
    return StepRow(
        number=number, id=str(unit), kind="undo", status=status, spec={"unit": unit},
        plan={"troubled": bool(left)}, result={"left": told, "lost": list(lost)},
    )  # fmt: skip


def _named(run: Run, unit: int, error: AppError) -> list[Left]:
    """Return a line for each record that a write which could not be taken back was about."""
    images: list[Image] = []
    if unit != AFTERWARDS:
        sent = run.sent(unit)
        images = [*sent.intent.before, *(sent.outcome.after if sent.outcome else ())]
    ids = dict.fromkeys(image.record for image in images if image.record)
    return [Left(record=key, why=error.message) for key in ids] or [Left(why=error.message)]
