"""Writing down who did what: every write, every refusal and every sign-in, with no value of a cell."""

from typing import Final

from pyairtable_mcp.base.text import cut, visible
from pyairtable_mcp.store.audit import Audit as StoredAudit
from pyairtable_mcp.store.audit_chain import AuditRow

_LONGEST: Final = 200
_DAY: Final = 86_400.0
_PRUNED_EVERY: Final = 1_000
"""Rows between two looks at what is too old."""


class Audit:
    """The audit as the rest of the server writes it."""

    def __init__(self, stored: StoredAudit, keep_days: float) -> None:
        self._stored = stored
        self._keep_seconds = keep_days * _DAY

    async def note(self, row: AuditRow) -> None:
        """Append a row; texts that came from outside are cut and shown whole, and cannot hide anything."""
        number = await self._stored.append(
            AuditRow(
                principal=_told(row.principal),
                client=_told(row.client),
                tool=_told(row.tool),
                effect=row.effect,
                target=_told(row.target),
                saga=row.saga,
                outcome=_told(row.outcome),
                ms=row.ms,
            )
        )
        if number % _PRUNED_EVERY == 0:
            await self._stored.prune(self._keep_seconds)


def _told(text: str) -> str:
    return cut(visible(text), _LONGEST)
