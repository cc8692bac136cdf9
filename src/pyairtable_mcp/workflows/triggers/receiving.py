"""What comes in over HTTP for triggers: webhooks of anybody's, and Airtable's notifications."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from random import Random
from typing import Final

from cachetools import LRUCache
from pydantic import JsonValue

from pyairtable_mcp.airtable.webhooks import is_genuine
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import BadValue
from pyairtable_mcp.store.store import Store
from pyairtable_mcp.store.workflow_values import TriggerRow, WorkflowRow
from pyairtable_mcp.workflows.definition.model import NAME, WebhookTrigger, Workflow, triggers_of
from pyairtable_mcp.workflows.triggers.bell import Bell
from pyairtable_mcp.workflows.triggers.hooks import Headers, judge
from pyairtable_mcp.workflows.triggers.setting import RECORD, WEBHOOK
from pyairtable_mcp.workflows.triggers.tending import Began
from pyairtable_mcp.workflows.triggers.turn import Firing, OfferOf

_NAME: Final = re.compile(NAME)
_KNOWN: Final = 1_000
_ASK: Final = 1.0
"""Seconds after which the store is asked again for a secret that did not fit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer and its JSON; None for no body."""

    status: int
    body: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class _Webhook:
    """A trigger of a workflow, and the secret that proves a request to be meant for it."""

    secret: str
    workflow: WorkflowRow
    definition: WebhookTrigger


@dataclass(frozen=True, slots=True)
class _Secret:
    text: str
    read: float


class Receiver:
    """Answers what comes in; every method raises `Unavailable` when the store fails it."""

    def __init__(
        self,
        store: Store,
        offer_of: OfferOf,
        clock: Clock,
        rng: Random,
        *,
        began: Began,
        ring: Callable[[], None],
    ) -> None:
        self._store = store
        self._offer_of = offer_of
        self._clock = clock
        self._rng = rng
        self._began = began
        self._ring = ring
        self._bell = Bell(self._enter, clock)
        self._secrets: LRUCache[tuple[str, str], _Secret] = LRUCache(_KNOWN)

    async def receive(self, workflow: str, trigger: str, headers: Headers, body: bytes) -> Answer:
        """Answer a webhook: 202 with the run it leads to, the same one for the same event."""
        found = await self._webhook(workflow, trigger)
        definition, secret = (found.definition, found.secret) if found else (WebhookTrigger(), "")
        now = self._clock.now()
        verdict = judge(definition, secret, headers, body, now.timestamp())
        if verdict.status != 202:
            return Answer(verdict.status, {"error": verdict.why})
        if found is None or not found.workflow.enabled:
            return Answer(404, {"error": f"Workflow {workflow} is switched off."})
        key = verdict.key or f"only:{self._rng.getrandbits(128):032x}"
        event: dict[str, JsonValue] = {
            "kind": WEBHOOK, "id": trigger, "at": now.astimezone(UTC).isoformat(),
            "body": verdict.body, "headers": dict(verdict.headers or {}),
        }  # fmt: skip
        firing = Firing(
            workflow=found.workflow, cause="webhook", trigger=trigger, key=f"{trigger}:{key}", event=event,
            inputs=definition.inputs,
        )  # fmt: skip
        (run,) = await self._store.runs.offer([self._offer_of(firing)])
        if run.admission == "admitted":
            await self._began()
        return Answer(202, {"run": run.saga, "status": run.admission, "reason": run.reason})

    async def notified(self, workflow: str, trigger: str, macs: list[bytes], body: bytes) -> Answer:
        """Answer a notification of Airtable's: 204 once it is sure that its changes will be read."""
        if not await self._is_genuine(workflow, trigger, macs, body):
            return Answer(401)
        if not await self._bell.ring(workflow, trigger):
            return Answer(404)
        return Answer(204)

    async def _enter(self, workflow: str, trigger: str) -> bool:
        """Enter a ring, and have it heard; tell whether there is such a trigger."""
        there = await self._store.triggers.ring(workflow, trigger)
        self._ring()
        return there

    async def _trigger(self, workflow: str, trigger: str) -> TriggerRow | None:
        """Return a trigger by its names, which anybody may have put together."""
        if not (_NAME.fullmatch(workflow) and _NAME.fullmatch(trigger)):
            return None
        return await self._store.triggers.get(workflow, trigger)

    async def _webhook(self, workflow: str, trigger: str) -> _Webhook | None:
        row = await self._trigger(workflow, trigger)
        saved = await self._store.workflows.load(workflow) if row and row.kind == WEBHOOK else None
        if row is None or saved is None:
            return None
        definition = triggers_of(Workflow.model_validate(saved.definition)).get(trigger)
        if not isinstance(definition, WebhookTrigger):
            return None
        return _Webhook(row.secret, saved, definition)

    async def _is_genuine(self, workflow: str, trigger: str, macs: list[bytes], body: bytes) -> bool:
        """Tell whether a notification comes from who knows the secret; it may be a newer one than we know."""
        key = (workflow, trigger)
        known = self._secrets.get(key)
        if known is not None and _fits(body, macs, known.text):
            return True
        if known is not None and self._clock.monotonic() - known.read < _ASK:
            return False
        row = await self._trigger(workflow, trigger)
        secret = row.secret if row is not None and row.kind == RECORD else ""
        self._secrets[key] = _Secret(secret, self._clock.monotonic())
        return _fits(body, macs, secret)


def _fits(body: bytes, macs: list[bytes], secret: str) -> bool:
    try:
        return is_genuine(body, macs, secret)
    except BadValue:
        # There is no secret: nobody can have signed with it.
        return False
