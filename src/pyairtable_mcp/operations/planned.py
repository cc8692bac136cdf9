"""A change that was worked out and not made: what would be sent, and how to tell of it before and after."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyairtable_mcp.airtable.outcomes import WriteReport
from pyairtable_mcp.base.errors import Unavailable
from pyairtable_mcp.operations.batches import Batch
from pyairtable_mcp.operations.results import Result


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What one use case would write; nothing of it has been sent.

    `preview` tells what would change and may ask Airtable for names to tell it with; `account` tells what
    became of it, given one report for each batch. `irreversible` says what could not be taken back; `names`
    are the names of the fields it may write, by id.
    """

    batches: tuple[Batch, ...]
    preview: Callable[[], Awaitable[Result]]
    account: Callable[[Sequence[WriteReport]], Result]
    irreversible: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to send."""
        return not any(batch.items for batch in self.batches)


def done_id(report: WriteReport) -> str:
    """Return the id of the one thing a report is about; raises the error that kept it from being done."""
    (outcome,) = report.outcomes
    if outcome.status != "done":
        raise report.error or Unavailable("It was not done.")
    return outcome.id
