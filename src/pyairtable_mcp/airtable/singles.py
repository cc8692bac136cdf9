"""Single records written at the same time, ten with a request; what one of them did wrong hurts no other."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pyairtable_mcp.airtable import writes
from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.airtable.gather import Gather, Lane
from pyairtable_mcp.airtable.writes import CHUNK, Outcome, Patch, Row, WriteReport
from pyairtable_mcp.base.errors import (
    AppError,
    BadValue,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    Rejected,
    TooLarge,
    Upstream,
)

E = TypeVar("E", Patch, Row)

_ONES_FAULT: Final = (Rejected, NotFound, Forbidden, TooLarge, BadValue)
"""Refusals that one record can bring upon all that were sent with it; nothing was changed by then."""
_NOBODYS_FAULT: Final = frozenset({"INVALID_PERMISSIONS"})
_UNKNOWN_FIELD: Final = "UNKNOWN_FIELD_NAME"

Write = Callable[[Channel, Sequence[E]], Awaitable[WriteReport]]


class Singles:
    """The writers of single records in one process, each with a channel of their own."""

    def __init__(self) -> None:
        self._updates: Gather[Patch, WriteReport] = Gather(_update, most=CHUNK)
        self._creates: Gather[Row, WriteReport] = Gather(_create, most=CHUNK)

    async def update(
        self, channel: Channel, base: str, table: str, patch: Patch, *, typecast: bool
    ) -> WriteReport:
        """Change one record; after any change of the same record that is under way."""
        return await self._updates.join(channel, Lane(base, table, typecast), patch, name=patch.id)

    async def create(
        self, channel: Channel, base: str, table: str, row: Row, *, typecast: bool
    ) -> WriteReport:
        """Create one record; a lost answer leaves it unknown for every record of the request."""
        return await self._creates.join(channel, Lane(base, table, typecast), row)


async def _update(channel: Channel, lane: Lane, patches: Sequence[Patch]) -> Sequence[WriteReport | AppError]:
    async def write(channel: Channel, part: Sequence[Patch]) -> WriteReport:
        return await writes.update(channel, lane.base, lane.table, part, typecast=bool(lane.options))

    return await _together(channel, patches, write)


async def _create(channel: Channel, lane: Lane, rows: Sequence[Row]) -> Sequence[WriteReport | AppError]:
    async def write(channel: Channel, part: Sequence[Row]) -> WriteReport:
        return await writes.create(channel, lane.base, lane.table, part, typecast=bool(lane.options))

    return await _together(channel, rows, write)


async def _together(
    channel: Channel, entries: Sequence[E], write: Write[E]
) -> Sequence[WriteReport | AppError]:
    """Write all in one request, or, if that is refused, each in its own: ten more at most."""
    report = await _attempt(channel, entries, write)
    if not _may_be_ones_fault(_error_of(report), entries):
        return [_share(report, at) for at in range(len(entries))]
    answers: list[WriteReport | AppError] = []
    for entry in entries:
        last = _error_of(answers[-1]) if answers else None
        if last and not isinstance(last, (*_ONES_FAULT, OutcomeUnknown)):
            # This would meet the others as well.
            answers.append(WriteReport((Outcome(0, "not_sent"),), last))
        else:
            answers.append(await _attempt(channel, [entry], write))
    return answers


def _may_be_ones_fault(error: AppError | None, entries: Sequence[Patch] | Sequence[Row]) -> bool:
    """Tell whether others might get through where all together were refused."""
    if len(entries) == 1 or not isinstance(error, _ONES_FAULT):
        return False
    kind = error.kind if isinstance(error, Upstream) else ""
    fields = {frozenset(each.fields if isinstance(each, Patch) else each) for each in entries}
    return kind not in _NOBODYS_FAULT and (kind != _UNKNOWN_FIELD or len(fields) > 1)


async def _attempt(channel: Channel, entries: Sequence[E], write: Write[E]) -> WriteReport | AppError:
    """Return the report; or the error that kept it from being sent."""
    try:
        return await write(channel, entries)
    except AppError as error:
        return error


def _error_of(answer: WriteReport | AppError) -> AppError | None:
    return answer.error if isinstance(answer, WriteReport) else answer


def _share(report: WriteReport | AppError, at: int) -> WriteReport | AppError:
    """Return what a report says of one of its rows, as a report of its own."""
    if isinstance(report, AppError):
        return report
    outcome = replace(report.outcomes[at], index=0)
    return WriteReport((outcome,), None if outcome.status == "done" else report.error)
