"""What a trigger's firing becomes: the offer of a run, or a note of what was missed."""

from random import Random

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.ids import mint_saga
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.engine.steps.scope import moment_at
from pyairtable_mcp.store.workflow_values import Offer
from pyairtable_mcp.workflows.runs.becoming import Reason
from pyairtable_mcp.workflows.runs.firing import noted, offer_of_event
from pyairtable_mcp.workflows.triggers.turn import Firing, OfferOf


def offers(settings: Settings, clock: Clock, rng: Random) -> OfferOf:
    """Return what makes the offers of this process, under its settings."""

    def offer_of(firing: Firing) -> Offer:
        reason = Reason(
            cause=firing.cause, event_key=firing.key, trigger=firing.trigger, event=firing.event,
            due_at=firing.due_at,
        )  # fmt: skip
        saga = mint_saga(rng)
        if firing.missed:
            return noted(firing.workflow, reason, saga=saga, why=firing.missed, missed=True)
        return offer_of_event(
            firing.workflow, reason, firing.inputs, saga=saga, approval=settings.approval,
            moment=moment_at(clock.now(), settings.time_zone),
        )  # fmt: skip

    return offer_of
