"""Runs of workflows as the store's tests need them."""

from dataclasses import replace

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.store import Store
from pyairtable_mcp.store.journal_values import Holding
from pyairtable_mcp.store.workflow_values import Offer, Rule, RunRow, WorkflowRow
from tests.store.sagas import ME, saga

NIGHTLY = WorkflowRow(name="nightly", definition={"steps": []}, source="steps: []", principal="p")


def offer(name: str, event: str = "", *, key: str = "", rule: Rule = "queue", timeout: float = 0.0) -> Offer:
    """Return a run of `nightly` that would be the saga `name`; its event is one of its own by default."""
    run = RunRow(
        saga=name, workflow="nightly", version=1, cause="schedule", trigger="schedule-1",
        event_key=event or name, key=key, inputs={"day": "\0🐘"}, event={"due": 1.0}, timeout=timeout,
    )  # fmt: skip
    return Offer(run=run, saga=replace(saga(name, owner="", epoch=0)), while_running=rule)


async def finished(store: Store, name: str, status: Status = Status.COMPLETED) -> None:
    """Let a saga be taken up and end."""
    taken = await store.executors.claim(name, ME, [Status.RUNNING])
    assert taken is not None
    held = Holding(saga=name, owner=ME, epoch=taken.epoch)
    await store.journal.write(held, [], {"status": status, "owner": ""}, durable=False)
