"""What one piece of work takes for granted of bases and schemas, and whether that still holds."""

from pyairtable_mcp.airtable.cache import Key
from pyairtable_mcp.airtable.channel import Channel
from pyairtable_mcp.airtable.models import Base, BaseSchema
from pyairtable_mcp.airtable.reads import Reads
from pyairtable_mcp.base.errors import AppError, Forbidden, NotFound


class Footing:
    """The bases and schemas that one piece of work goes by."""

    def __init__(self, channel: Channel, reads: Reads) -> None:
        self._channel = channel
        self._reads = reads
        self._used: set[Key] = set()
        self._remembered: dict[str, BaseSchema] = {}

    async def bases(self, *, fresh: bool) -> tuple[Base, ...]:
        """Return the list of bases."""
        self._used.add(Key(self._channel.principal))
        found = await self._reads.list_bases(self._channel, fresh=fresh)
        return self._channel.sight.bases(found) if self._channel.sight else found

    async def schema(self, base: str, *, fresh: bool) -> BaseSchema:
        """Return the schema of a base."""
        key = Key(self._channel.principal, base)
        kept = None if fresh else self._reads.schemas.peek(key)
        schema = await self._reads.schema(self._channel, base, fresh=fresh)
        if key not in self._used and kept is schema:
            self._remembered[base] = schema
        self._used.add(key)
        return self._channel.sight.schema(schema) if self._channel.sight else schema

    def forget_older(self, seconds: float) -> bool:
        """Forget what was read more than `seconds` ago and used here; tell if there was any."""
        bases = [self._reads.bases.forget_older(key, seconds) for key in self._used if not key.base]
        schemas = [self._reads.schemas.forget_older(key, seconds) for key in self._used if key.base]
        return any(bases + schemas)

    async def shifted(self) -> bool:
        """Read again the schemas that were remembered from earlier; tell whether one has changed.

        What this piece of work read for itself is believed. After this, nothing remembered is older than it.
        """
        remembered, self._remembered = self._remembered, {}
        return any([await self._differs(base, schema) for base, schema in remembered.items()])

    async def _differs(self, base: str, schema: BaseSchema) -> bool:
        try:
            shifted = await self._reads.schema(self._channel, base, fresh=True) != schema
        except (Forbidden, NotFound):
            # The base itself is gone, so what we know of bases is outdated as well.
            self._reads.bases.invalidate("")
            return True
        except AppError:
            self._reads.schemas.invalidate(base)
            return False
        if shifted:
            self._reads.changed(base)
        return shifted
