"""Learning of changes from Airtable's webhooks: kept alive, read from a cursor, and made anew when lost.

The cursor is entered together with the runs, so that each change is dealt with once, and in its order.
Airtable keeps a webhook for seven days, and what it has to tell as long (API reference, create a webhook).
What it no longer knows is told as trouble, and records that were created or changed since are read again.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Payload, Record
from pyairtable_mcp.airtable.records import Query
from pyairtable_mcp.base.errors import Forbidden, NotFound
from pyairtable_mcp.formula.values import parse_moment
from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.workflows.triggers.record.desk import Desk
from pyairtable_mcp.workflows.triggers.record.events import Change, What
from pyairtable_mcp.workflows.triggers.record.looking import changed_between
from pyairtable_mcp.workflows.triggers.record.payloads import read_payloads, specification
from pyairtable_mcp.workflows.triggers.record.watch import Cells, Watch
from pyairtable_mcp.workflows.triggers.turn import Turn

WAY: Final = "hook"
SAFETY: Final = 3_600.0
"""Seconds after which payloads are read although no notification came."""
CHECK: Final = 6 * 3_600.0
"""Seconds after which it is asked whether the webhook is still as it should be."""
REFRESH: Final = 3.5 * 86_400.0
"""A webhook that ends within so many seconds is refreshed."""
MOST: Final = 200
"""Changes after which they are entered, so that a transaction stays small."""
REREAD: Final = 1_000
"""Records that are read again after a gap at most."""
TOLD: Final = 86_400.0
"""Seconds for which it is told what was lost."""
_NEVER: Final = 1e12


def address(public_url: str, workflow: str, trigger: str) -> str:
    """Return where Airtable sends a trigger's notifications."""
    return f"{public_url.rstrip('/')}/hooks/airtable/{workflow}/{trigger}"


@dataclass(slots=True)
class Hook:
    """What is known of the webhook, with moments in seconds since 1970.

    It lives `until` then, everything before `seen` was read, and `checked` is when Airtable was asked for it.
    What happened between `lost` and `found` has to be read again; `lost` is 0 when nothing has, and `found`
    when it is not known from when on all was told. `note` says what happened, and `noted` when.
    """

    base: str = ""
    id: str = ""
    cursor: int = 1
    until: float = 0.0
    seen: float = 0.0
    checked: float = 0.0
    url: str = ""
    lost: float = 0.0
    found: float = 0.0
    note: str = ""
    noted: float = 0.0

    @classmethod
    def of(cls, state: JsonValue) -> "Hook":
        """Read it from a trigger's state."""
        told = state if isinstance(state, Mapping) and state.get("way") == WAY else {}
        return cls(
            base=str(told.get("base", "")), id=str(told.get("hook", "")), url=str(told.get("url", "")),
            cursor=int(_number(told.get("cursor"), 1)), until=_number(told.get("until")),
            seen=_number(told.get("seen")), checked=_number(told.get("checked")),
            lost=_number(told.get("lost")), found=_number(told.get("found")),
            note=str(told.get("note", "")), noted=_number(told.get("noted")),
        )  # fmt: skip

    def state(self) -> dict[str, JsonValue]:
        """Return it as a trigger's state."""
        return {
            "way": WAY, "base": self.base, "hook": self.id, "cursor": self.cursor, "until": self.until,
            "seen": self.seen, "checked": self.checked, "url": self.url,
            "lost": self.lost, "found": self.found, "note": self.note, "noted": self.noted,
        }  # fmt: skip


@dataclass(slots=True)
class Hooking:
    """One look at what a webhook has to tell."""

    desk: Desk
    call: Call
    turn: Turn
    watch: Watch
    hook: Hook
    expected: int = 0

    async def tend(self) -> None:
        """Keep the webhook alive, and fire what it tells; raises `Later`, and what others raise."""
        hook, now = self.hook, self.desk.now()
        begun = self.call.airtable.earliest().timestamp()
        where = address(self.desk.public_url, self.turn.row.workflow, self.turn.row.id)
        if hook.id and hook.url != where:
            await self._renew(where, "the address of this server is another")
        elif not hook.id:
            await self._register(where)
        elif now - hook.checked >= CHECK or hook.until - now < REFRESH:
            await self._check(where)
        try:
            await self._read(where)
        except (Forbidden, NotFound):
            await self._renew(where, "the webhook is gone from Airtable")
            await self._read(where)
        if hook.lost:
            await self._reread(now)
        hook.seen = max(hook.seen, begun)
        trouble = hook.note if now - hook.noted < TOLD else ""
        await self.turn.end(hook.state(), due_at=self.turn.now + SAFETY, trouble=trouble)

    async def _register(self, where: str) -> None:
        """Make a webhook, once those are gone that an earlier try may have left at this address."""
        base, now = self.watch.base, self.desk.now()
        for one in await self.call.airtable.webhooks(base):
            if one.notification_url == where:
                await self.call.airtable.delete_webhook(base, one.id)
        made = await self.call.airtable.create_webhook(
            base, specification(self.watch), notification_url=where
        )
        hook = self.hook
        hook.base, hook.id, hook.url, hook.cursor = base, made.id, where, 1
        hook.until, hook.checked = _moment(made.expiration_time), now
        hook.lost, hook.found = hook.lost or hook.seen, 0.0
        await self.turn.commit(hook.state(), secret=made.mac_secret_base64)

    async def _renew(self, where: str, why: str) -> None:
        """Make the webhook anew; what happened meanwhile is read again."""
        self._note(why)
        with suppress(Forbidden, NotFound):
            await self.call.airtable.delete_webhook(self.hook.base, self.hook.id)
        await self._register(where)

    async def _check(self, where: str) -> None:
        """Ask how the webhook is: refresh it, switch its notifications on again, or make it anew."""
        hook, airtable = self.hook, self.call.airtable
        found = next((one for one in await airtable.webhooks(hook.base) if one.id == hook.id), None)
        if found is None or not found.is_hook_enabled:
            await self._renew(where, "Airtable has ended the webhook" if found else "the webhook is gone")
            return
        if not found.are_notifications_enabled:
            await airtable.notify_webhook(hook.base, hook.id, enable=True)
        hook.until = _moment(await airtable.refresh_webhook(hook.base, hook.id))
        hook.checked = self.desk.now()
        self.expected = found.cursor_for_next_payload

    async def _read(self, where: str) -> None:
        hook = self.hook
        broken = ""
        async for page in self.call.airtable.webhook_payloads(hook.base, hook.id, cursor=hook.cursor):
            first = page.cursor - len(page.payloads)
            if page.payloads and first > hook.cursor:
                self._lose(first, _moment(page.payloads[0].timestamp))
            broken = await self._deal(page.payloads)
            if broken:
                break
        if broken:
            await self._renew(where, f"Airtable told no more of the changes ({broken})")
        elif hook.cursor < self.expected:
            self._lose(self.expected)

    async def _deal(self, payloads: Sequence[Payload]) -> str:
        """Enter the runs that payloads lead to, some at a time; return why there were no more."""
        hook = self.hook
        changes: list[Change] = []
        for place, payload in enumerate(payloads, start=1):
            reading = read_payloads(self.watch, [payload], self.desk.now())
            changes += reading.changes
            # Payloads come in the order of what they tell.
            hook.seen = max([hook.seen, *(each.until for each in reading.changes)])
            if reading.broken or len(changes) >= MOST or place == len(payloads):
                firings = await self.desk.firings(self.turn, self.watch, changes)
                hook.cursor = payload.cursor + 1
                await self.turn.commit(hook.state(), firings)
                changes = []
            if reading.broken:
                return reading.broken
        return ""

    def _lose(self, cursor: int, found: float = 0.0) -> None:
        """Go on from a later cursor, from which on all is told since `found`."""
        many = cursor - self.hook.cursor
        self._note(f"{many} change{'s' * (many != 1)} had been dropped by Airtable before they were read")
        self.hook.cursor, self.hook.found = cursor, found
        self.hook.lost = self.hook.lost or self.hook.seen

    def _note(self, what: str) -> None:
        self.hook.noted = self.desk.now()
        self.hook.note = (
            f"At {_shown(self.hook.noted)} {what}. Records created or changed since"
            f" {_shown(self.hook.lost or self.hook.seen)} were read again; deleted ones cannot be found."
        )

    async def _reread(self, now: float) -> None:
        """Fire for records that were created or changed since all was known."""
        hook, watch = self.hook, self.watch
        query = Query(formula=changed_between(watch, hook.lost, hook.found))
        pages = self.call.airtable.records(watch.base, watch.table.id, query, limit=REREAD)
        async for page in pages:
            names = await self.desk.names(self.call, watch, page.records)
            changes = [_again(one, names.get(one.id, {}), hook.lost, now) for one in page.records]
            await self.turn.commit(hook.state(), await self.desk.firings(self.turn, watch, changes))
        hook.lost = hook.found = 0.0


def _again(record: Record, names: Cells, since: float, now: float) -> Change:
    """Return the change of a record of which it is only known that there was one."""
    created = parse_moment(record.created_time)
    what: What = "created" if created and created.timestamp() >= since else "changed"
    return Change(
        what=what, record=record.id, key=f"{record.id}:{what}:since:{int(since)}", since=since, until=now,
        created=record.created_time, after=record.fields, names=names,
    )  # fmt: skip


def _number(value: JsonValue, default: float = 0.0) -> float:
    return float(value) if isinstance(value, int | float) else default


def _moment(text: str) -> float:
    """Return a moment in seconds since 1970; one far away for a webhook that never ends."""
    found = parse_moment(text) if text else None
    return found.timestamp() if found else _NEVER


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
