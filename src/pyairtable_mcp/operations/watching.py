"""Watching a write of many records: its progress is reported, and a cancellation leaves an account."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from pyairtable_mcp.airtable.outcomes import IN_ORDER, How, Ledger, WriteReport
from pyairtable_mcp.operations.call import Call

_logger = logging.getLogger(__name__)


@contextmanager
def watched(call: Call, table: str, count: int) -> Iterator[How]:
    """Give the way in which to write `count` records.

    Nobody reads the answer of a call that was cancelled, so what was done by then goes into the log, by id. A
    single record is not watched: it may share its request with others.
    """
    if count == 1:
        yield IN_ORDER
        return
    ledger = Ledger()
    try:
        yield How(on_progress=call.report, ledger=ledger)
    except asyncio.CancelledError:
        _logger.warning("A write in table %s was cancelled: %s", table, _told(ledger.report()))
        raise


def _told(report: WriteReport) -> str:
    counts = Counter(outcome.status for outcome in report.outcomes)
    done = ", ".join(outcome.id for outcome in report.outcomes if outcome.status == "done")
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
    return f"{told}; done: {done or 'none'}."
