"""Writing for a whole process: writers know of each other, so that a lost answer can be cleared up."""

from collections.abc import Sequence

from pydantic import JsonValue

from pyairtable_mcp.airtable import writes
from pyairtable_mcp.airtable.additions import Upload, comment_surely, upload_once, upload_surely
from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.airtable.claims import Claims
from pyairtable_mcp.airtable.comments import add_comment
from pyairtable_mcp.airtable.creating import SureCreate
from pyairtable_mcp.airtable.models import Comment
from pyairtable_mcp.airtable.outcomes import How, Ledger, Recall, Row, WriteReport
from pyairtable_mcp.airtable.reconcile import Settled
from pyairtable_mcp.airtable.singles import Singles
from pyairtable_mcp.airtable.writes import Patch
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.errors import OutcomeUnknown


class Writer:
    """Everything that writes records, comments and files, in the name of any credential."""

    def __init__(self, clock: Clock) -> None:
        self._singles = Singles()
        self._claims = Claims(clock)

    async def create(
        self, channel: Channel, base: str, table: str, rows: Sequence[Row], *, typecast: bool, how: How
    ) -> WriteReport:
        """Create a record for each row; single ones that arrive together share a request."""
        desk = self._claims.desk(base, table) if how.reconcile else None
        if len(rows) != 1 or not _plain(how):
            return await writes.create(channel, base, table, rows, typecast=typecast, how=how, desk=desk)
        if desk is None:
            return await self._singles.create(channel, base, table, rows[0], typecast=typecast)
        async with desk.passing():
            report = await self._singles.create(channel, base, table, rows[0], typecast=typecast)
            desk.claim(one.id for one in report.outcomes if one.id)
        if not isinstance(report.error, OutcomeUnknown):
            return report
        sure = SureCreate(channel, desk, base, table, typecast=typecast)
        ledger = Ledger()
        ledger.begin(1)
        ledger.note(0, await sure.resolve(rows, report.error))
        return ledger.report()

    async def found(
        self,
        channel: Channel,
        base: str,
        table: str,
        rows: Sequence[Row],
        recall: Recall,
        *,
        typecast: bool,
        answered: bool,
    ) -> Settled:
        """Tell which records an earlier create of these rows made."""
        sure = SureCreate(channel, self._claims.desk(base, table), base, table, typecast=typecast)
        return await sure.found(rows, recall, answered=answered)

    async def update(
        self, channel: Channel, base: str, table: str, patches: Sequence[Patch], *, typecast: bool, how: How
    ) -> WriteReport:
        """Change the named cells of each record; single ones that arrive together share a request."""
        if len(patches) == 1 and _plain(how):
            return await self._singles.update(channel, base, table, patches[0], typecast=typecast)
        return await writes.update(channel, base, table, patches, typecast=typecast, how=how)

    async def replace(
        self, channel: Channel, base: str, table: str, patches: Sequence[Patch], *, typecast: bool, how: How
    ) -> WriteReport:
        """Change the named cells of each record and clear the others."""
        return await writes.update(
            channel, base, table, patches, typecast=typecast, replace_all=True, how=how
        )

    async def upsert(
        self,
        channel: Channel,
        base: str,
        table: str,
        rows: Sequence[Row],
        match_on: Sequence[str],
        *,
        typecast: bool,
        how: How,
    ) -> WriteReport:
        """Update the record that agrees with a row in the `match_on` fields, or create one."""
        desk = self._claims.desk(base, table)
        return await writes.upsert(
            channel, base, table, rows, match_on, typecast=typecast, how=how, desk=desk
        )

    async def comment(
        self,
        channel: Channel,
        base: str,
        table: str,
        record: str,
        text: str,
        *,
        parent: str,
        reconcile: bool,
        recall: Recall | None,
    ) -> Comment:
        """Write a comment; raises `OutcomeUnknown` when it cannot be told whether it is there."""
        if not reconcile:
            return await add_comment(channel, base, table, record, text, parent=parent)
        desk = self._claims.desk(base, record)
        return await comment_surely(channel, desk, base, table, record, text, parent=parent, recall=recall)

    async def upload(
        self, channel: Channel, file: Upload, *, reconcile: bool, recall: Recall | None
    ) -> tuple[JsonValue, ...]:
        """Add a file to a cell; raises `OutcomeUnknown` when it cannot be told whether it is there."""
        if not (reconcile and file.table):
            return await upload_once(channel, file)
        desk = self._claims.desk(file.base, file.record, file.field)
        return await upload_surely(channel, desk, file, recall=recall)


def _plain(how: How) -> bool:
    """Tell whether nobody watches this write, so that it may travel with others."""
    return how.ledger is None and how.on_progress is None and how.recall is None
