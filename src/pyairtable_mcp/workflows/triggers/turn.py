"""One look at a trigger: what this process may do with it until somebody else takes it up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import Advance, Cause, Offer, RunRow, TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.triggers.setting import Trigger

HOLD: Final = 60.0
"""Seconds for which a trigger is taken up; they begin anew with every commit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Firing:
    """A run that a trigger wants: the key of its event, and what its expressions see as `trigger`.

    `inputs` are the expressions that give the run its inputs. With `missed` it is only noted, and why.
    """

    workflow: WorkflowRow
    cause: Cause
    trigger: str
    key: str
    event: Mapping[str, JsonValue]
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)
    due_at: float = 0.0
    missed: str = ""


OfferOf = Callable[[Firing], Offer]
"""Makes the offer of a run; what is wrong with its inputs is told by an offer of a run that is skipped."""


@dataclass(slots=True)
class Turn:
    """A trigger that this process has taken up; `now` is the store's time then, in seconds since 1970.

    Hosts may differ in their clocks: when something is due, is said in the store's time.
    """

    now: float
    store: Store
    row: TriggerRow
    workflow: WorkflowRow
    trigger: Trigger
    offer_of: OfferOf
    began: list[str] = field(default_factory=list)

    def firing(
        self, cause: Cause, key: str, event: Mapping[str, JsonValue], *, due: float = 0.0, missed: str = ""
    ) -> Firing:
        """Return a run of this trigger's."""
        return Firing(
            workflow=self.workflow, cause=cause, trigger=self.row.id, key=key, event=event,
            inputs=self.trigger.inputs, due_at=due, missed=missed,
        )  # fmt: skip

    async def commit(
        self,
        state: JsonValue,
        firings: Sequence[Firing] = (),
        *,
        pictures: Mapping[str, JsonValue] | None = None,
        secret: str | None = None,
    ) -> None:
        """Enter runs and the state that goes with them, and go on; raises `Fenced` when it was taken over."""
        due, trouble = self.row.due_at, self.row.trouble
        await self._advance(state, firings, due, HOLD, trouble, pictures or {}, secret)

    async def end(
        self, state: JsonValue, firings: Sequence[Firing] = (), *, due_at: float, trouble: str = ""
    ) -> None:
        """Enter runs and the state that goes with them, and let go until it is due again."""
        await self._advance(state, firings, due_at, 0.0, trouble, {}, None)

    async def _advance(
        self, state: JsonValue, firings: Sequence[Firing], due_at: float, hold: float, trouble: str,
        pictures: Mapping[str, JsonValue], secret: str | None,
    ) -> None:  # fmt: skip
        row = self.row
        new = Advance(
            workflow=row.workflow, id=row.id, epoch=row.epoch, state=state, due_at=due_at, due_was=row.due_at,
            hold=hold, trouble=trouble, secret=secret, pictures=pictures,
        )  # fmt: skip
        runs = await self.store.runs.offer([self.offer_of(one) for one in firings], trigger=new)
        self.began += _admitted(runs)
        kept = row.secret if secret is None else secret
        self.row = replace(row, state=state, epoch=row.epoch + 1, secret=kept)


def _admitted(runs: Sequence[RunRow]) -> list[str]:
    return [run.saga for run in runs if run.admission == "admitted"]
