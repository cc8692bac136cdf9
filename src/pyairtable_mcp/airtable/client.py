"""Airtable as one object: every call the rest of the program makes, by ids and in typed values."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import JsonValue

from pyairtable_mcp.airtable import comments, metadata, webhooks, writes
from pyairtable_mcp.airtable.additions import Upload
from pyairtable_mcp.airtable.cache import Key
from pyairtable_mcp.airtable.channel import BaseQuota, Channel
from pyairtable_mcp.airtable.comments import CommentPage
from pyairtable_mcp.airtable.footing import Footing
from pyairtable_mcp.airtable.metadata import Body
from pyairtable_mcp.airtable.models import (
    Base,
    BaseSchema,
    Comment,
    Field,
    Identity,
    NewWebhook,
    Record,
    Table,
    User,
    Webhook,
)
from pyairtable_mcp.airtable.outcomes import IN_ORDER, How, Recall
from pyairtable_mcp.airtable.reads import Reads
from pyairtable_mcp.airtable.reconcile import Settled
from pyairtable_mcp.airtable.records import Page, Query
from pyairtable_mcp.airtable.webhooks import PayloadPage, Specification
from pyairtable_mcp.airtable.writer import Writer
from pyairtable_mcp.airtable.writes import Patch, Row, WriteReport
from pyairtable_mcp.net.line import Priority
from pyairtable_mcp.net.sender import Guard, Spent

if TYPE_CHECKING:
    # Only its name is needed here: what it costs to import is paid when something is bridged.
    from pyairtable import Api

T = TypeVar("T")

_BRIDGE: Final = "pyairtable_mcp.airtable.bridge"


class Airtable:
    """Airtable in the name of one credential.

    Every method raises `NotConfigured` without a token and `BadValue` for an id that cannot be one, both
    before anything is sent; the `Upstream` errors otherwise. Fields go in and come back by their ids.
    """

    def __init__(self, channel: Channel, reads: Reads, writer: Writer) -> None:
        self._channel = channel
        self._reads = reads
        self._writer = writer
        self._footing = Footing(channel, reads)
        self._untouched = True

    @property
    def spent(self) -> Spent:
        """Return the account of what went through this object: requests sent, seconds waited for leave."""
        return self._channel.spent

    def quota(self) -> tuple[BaseQuota, ...]:
        """Return how the request allowance stands: a state for each base in use, and one for the token.

        Bases that are out of sight are left out, though others may use them.
        """
        sight = self._channel.sight
        return tuple(
            one for one in self._channel.quota() if not sight or not one.base or sight.knows(one.base)
        )

    def earliest(self) -> datetime:
        """Return a moment that Airtable's clock has surely reached by now."""
        return self._channel.earliest()

    def known_bases(self) -> dict[str, str]:
        """Return the names, by id, of the bases last listed; {} when they were not."""
        kept = self._reads.bases.peek(Key(self._channel.principal)) or ()
        if self._channel.sight:
            kept = self._channel.sight.bases(kept)
        return {base.id: base.name for base in kept}

    def metered(self, priority: Priority | None = None) -> "Airtable":
        """Return the same client with a new account, to learn what one piece of work costs.

        With a `priority` its requests line up with others of that urgency.
        """
        return Airtable(self._channel.metered(Spent(), priority), self._reads, self._writer)

    def guarded(self, guard: Guard) -> "Airtable":
        """Return the same client, account included, whose writes ask `guard` right before they leave.

        What `guard` raises comes out of the call that was to write. This one counts as touched from now on.
        """
        self._untouched = False
        return Airtable(self._channel.metered(self.spent, guard=guard), self._reads, self._writer)

    def ready(self) -> None:
        """Raise `NotConfigured` when there is no token."""
        self._channel.ready()

    async def bases(self, *, fresh: bool = False) -> tuple[Base, ...]:
        """Return every base the token can see; up to five minutes old unless `fresh`."""
        self._channel.ready()
        return await self._footing.bases(fresh=fresh)

    async def schema(self, base_id: str, *, fresh: bool = False) -> BaseSchema:
        """Return the tables, fields and views of a base; up to five minutes old unless `fresh`."""
        self._channel.ready()
        return await self._footing.schema(base_id, fresh=fresh)

    async def page(
        self,
        base_id: str,
        table_id: str,
        query: Query,
        *,
        size: int,
        offset: str = "",
        max_age: float = 0.0,
    ) -> Page:
        """Return one page of `size` (1 to 100) records: with a request, or with none, `max_age` seconds old.

        Nothing is remembered for more than 15 s, nor past a change made through this process. A cursor that
        has died raises `Rejected` of kind `LIST_RECORDS_ITERATOR_NOT_AVAILABLE`.
        """
        return await self._reads.page(
            self._channel, base_id, table_id, query, size=size, offset=offset, max_age=max_age
        )

    def records(
        self, base_id: str, table_id: str, query: Query, *, limit: int | None = None, max_age: float = 0.0
    ) -> AsyncIterator[Page]:
        """Return all pages, or as many as hold `limit` records; each record once, even over a dead cursor."""
        return self._reads.all_pages(self._channel, base_id, table_id, query, limit=limit, max_age=max_age)

    async def records_by_id(
        self,
        base_id: str,
        table_id: str,
        ids: Sequence[str],
        fields: tuple[str, ...] = (),
        *,
        max_age: float = 0.0,
    ) -> dict[str, Record]:
        """Return the records of these ids, in their order, 100 with a request; missing ones are absent.

        Single ones asked for at the same time share a request.
        """
        return await self._reads.by_id(self._channel, base_id, table_id, ids, fields, max_age=max_age)

    async def create_records(
        self, base_id: str, table_id: str, rows: Sequence[Row], *, typecast: bool = False, how: How = IN_ORDER
    ) -> WriteReport:
        """Create a record for each row; see `WriteReport` for how failures are told.

        What was not answered is looked for, and created again only when it is not there (`how.reconcile`).
        """
        async with self._changing(base_id, changes=typecast):
            return await self._writer.create(
                self._channel, base_id, table_id, rows, typecast=typecast, how=how
            )

    async def created_records(
        self,
        base_id: str,
        table_id: str,
        rows: Sequence[Row],
        recall: Recall,
        *,
        typecast: bool = False,
        answered: bool = False,
    ) -> Settled:
        """Tell which records an earlier create of these rows made, by the row's place; nothing is sent.

        Those that cannot be told from somebody else's are undecided. Of a create that was `answered`
        nothing can be on its way any more; otherwise what is missing is looked for twice.
        """
        return await self._writer.found(
            self._channel, base_id, table_id, rows, recall, typecast=typecast, answered=answered
        )

    async def update_records(
        self,
        base_id: str,
        table_id: str,
        patches: Sequence[Patch],
        *,
        typecast: bool = False,
        how: How = IN_ORDER,
    ) -> WriteReport:
        """Change cells of these records; see `WriteReport` for how failures are told."""
        async with self._changing(base_id, changes=typecast):
            return await self._writer.update(
                self._channel, base_id, table_id, patches, typecast=typecast, how=how
            )

    async def replace_records(
        self,
        base_id: str,
        table_id: str,
        patches: Sequence[Patch],
        *,
        typecast: bool = False,
        how: How = IN_ORDER,
    ) -> WriteReport:
        """Change cells of these records and clear every other one that can be written."""
        async with self._changing(base_id, changes=typecast):
            return await self._writer.replace(
                self._channel, base_id, table_id, patches, typecast=typecast, how=how
            )

    async def upsert_records(
        self,
        base_id: str,
        table_id: str,
        rows: Sequence[Row],
        match_on: Sequence[str],
        *,
        typecast: bool = False,
        how: How = IN_ORDER,
    ) -> WriteReport:
        """Update the record each row agrees with in the `match_on` fields (1 to 3), or create it."""
        async with self._changing(base_id, changes=typecast):
            return await self._writer.upsert(
                self._channel, base_id, table_id, rows, match_on, typecast=typecast, how=how
            )

    async def delete_records(
        self, base_id: str, table_id: str, ids: Sequence[str], *, how: How = IN_ORDER
    ) -> WriteReport:
        """Delete these records; see `WriteReport` for how failures are told."""
        return await writes.delete(self._channel, base_id, table_id, ids, how=how)

    async def upload_attachment(
        self,
        base_id: str,
        record_id: str,
        field_id: str,
        *,
        filename: str,
        content_type: str,
        content: bytes,
        table_id: str = "",
        before: Collection[str] | None = None,
        reconcile: bool = True,
        recall: Recall | None = None,
    ) -> tuple[JsonValue, ...]:
        """Add a file of at most 5 MB to an attachment cell; return all the cell's attachments after it.

        After a lost answer the file is looked for, if `table_id` is given; `before`, the ids of the files
        that were there, tells it from one like it; `recall` looks before anything is sent. Raises `TooLarge`
        before anything is sent.
        """
        file = Upload(
            base=base_id,
            record=record_id,
            field=field_id,
            filename=filename,
            content_type=content_type,
            content=content,
            table=table_id,
            before=before,
        )
        return await self._writer.upload(self._channel, file, reconcile=reconcile, recall=recall)

    async def comments(
        self, base_id: str, table_id: str, record_id: str, *, size: int = 100, offset: str = ""
    ) -> CommentPage:
        """Return one page of `size` (1 to 100) comments, newest first."""
        return await comments.read_comments(
            self._channel, base_id, table_id, record_id, size=size, offset=offset
        )

    async def create_comment(
        self,
        base_id: str,
        table_id: str,
        record_id: str,
        text: str,
        parent: str = "",
        *,
        reconcile: bool = True,
        recall: Recall | None = None,
    ) -> Comment:
        """Write a comment, in answer to the comment `parent` if given; `@[usr...]` mentions somebody.

        After a lost answer it is looked for, and written again only when it is not there; with `recall` it is
        looked for first.
        """
        return await self._writer.comment(
            self._channel,
            base_id,
            table_id,
            record_id,
            text,
            parent=parent,
            reconcile=reconcile,
            recall=recall,
        )

    async def update_comment(
        self, base_id: str, table_id: str, record_id: str, comment_id: str, text: str
    ) -> Comment:
        """Change the text of a comment of one's own."""
        return await comments.update_comment(self._channel, base_id, table_id, record_id, comment_id, text)

    async def delete_comment(self, base_id: str, table_id: str, record_id: str, comment_id: str) -> None:
        """Delete a comment of one's own."""
        await comments.delete_comment(self._channel, base_id, table_id, record_id, comment_id)

    async def webhooks(self, base_id: str) -> tuple[Webhook, ...]:
        """Return the webhooks of a base."""
        return await webhooks.read(self._channel, base_id)

    async def create_webhook(
        self, base_id: str, specification: Specification, *, notification_url: str = ""
    ) -> NewWebhook:
        """Create a webhook, for seven days; its secret is told now and never again."""
        return await webhooks.create(self._channel, base_id, specification, notification_url)

    async def delete_webhook(self, base_id: str, webhook_id: str) -> None:
        """Delete a webhook."""
        await webhooks.delete(self._channel, base_id, webhook_id)

    async def refresh_webhook(self, base_id: str, webhook_id: str) -> str:
        """Keep a webhook for seven days from now; return when it ends, or "" when it never does."""
        return await webhooks.refresh(self._channel, base_id, webhook_id)

    async def notify_webhook(self, base_id: str, webhook_id: str, *, enable: bool) -> None:
        """Turn a webhook's notifications on or off; Airtable turns them off when nobody answers them."""
        await webhooks.notify(self._channel, base_id, webhook_id, enable=enable)

    def webhook_payloads(
        self, base_id: str, webhook_id: str, *, cursor: int = 1
    ) -> AsyncIterator[PayloadPage]:
        """Return the pages of payloads from `cursor` on; store a page's cursor once it is dealt with."""
        return webhooks.payload_pages(self._channel, base_id, webhook_id, cursor=cursor)

    async def collaborators(self, base_id: str) -> tuple[User, ...]:
        """Return who may use the base; `Forbidden` or `NotFound` where Airtable does not tell this token."""
        return await metadata.read_collaborators(self._channel, base_id)

    async def whoami(self) -> Identity:
        """Return whom the token belongs to."""
        return await metadata.read_identity(self._channel)

    async def create_base(self, workspace_id: str, name: str, tables: Sequence[Body]) -> BaseSchema:
        """Create a base with its tables, each a body as `create_table` takes it."""
        self._untouched = False
        try:
            return await metadata.create_base(self._channel, workspace_id, name, tables)
        finally:
            self._reads.bases.invalidate("")

    async def create_table(self, base_id: str, body: Body) -> Table:
        """Create a table from a body in Airtable's words: name, fields, description."""
        async with self._changing(base_id):
            return await metadata.create_table(self._channel, base_id, body)

    async def update_table(self, base_id: str, table_id: str, body: Body) -> Table:
        """Change a table's name or description."""
        async with self._changing(base_id):
            return await metadata.update_table(self._channel, base_id, table_id, body)

    async def create_field(self, base_id: str, table_id: str, body: Body) -> Field:
        """Create a field from a body in Airtable's words: name, type, options, description."""
        async with self._changing(base_id):
            return await metadata.create_field(self._channel, base_id, table_id, body)

    async def update_field(self, base_id: str, table_id: str, field_id: str, body: Body) -> Field:
        """Change a field's name, description or options."""
        async with self._changing(base_id):
            return await metadata.update_field(self._channel, base_id, table_id, field_id, body)

    async def bridged(self, work: "Callable[[Api], T]") -> T:
        """Run synchronous code over pyairtable's `Api` and return its result, an iterator with all it yields.

        Its requests go out, and its errors come back, as those of every other method do. What it returns may
        make further requests only inside another call of this. An ORM model asks through its `meta.api`: set
        that to the `Api`, on a class that nobody else uses at the same time.

        Everybody waits while it computes: pyairtable takes a second to parse a schema of 2,500 fields, which
        `schema` reads in some milliseconds.
        """
        self._channel.ready()
        if _BRIDGE not in sys.modules:
            # In a thread, because the others go on meanwhile.
            await asyncio.to_thread(import_module, _BRIDGE)
        from pyairtable_mcp.airtable.bridge import run

        return await run(self._channel, self._wrote, work)

    def _wrote(self, base_id: str) -> None:
        """Forget the schema that something we do not know in detail may have changed."""
        self._untouched = False
        self._reads.bases.invalidate("")
        self.forget(base_id)

    def forget_older(self, seconds: float) -> bool:
        """Forget what was read more than `seconds` ago and used through this object; tell if there was any.

        A name that such memory does not hold may be a new one.
        """
        return self._footing.forget_older(seconds)

    async def shifted(self) -> bool:
        """Tell whether a schema that was used from memory has changed; it is read again for that, once.

        Ask this when Airtable refuses what by our memory is right.
        """
        return await self._footing.shifted()

    @property
    def untouched(self) -> bool:
        """Tell whether nothing was asked through this object that changes records, tables or fields."""
        return self._untouched

    def forget(self, base_id: str) -> None:
        """Drop what is remembered of a base, because its schema was seen to have changed."""
        self._reads.schemas.invalidate(base_id)
        self._reads.changed(base_id)

    @asynccontextmanager
    async def _changing(self, base_id: str, *, changes: bool = True) -> AsyncIterator[None]:
        """Forget the schema after what may change it: also a typecast, which makes select options."""
        self._untouched = False
        try:
            yield
        finally:
            # Also after a failure: an unanswered change may have been made.
            if changes:
                self.forget(base_id)
