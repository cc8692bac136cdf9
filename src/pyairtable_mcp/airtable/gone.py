"""Deletions, which have succeeded as soon as the thing is gone."""

from collections.abc import Awaitable

from pyairtable_mcp.base.errors import Forbidden, NotFound, OutcomeUnknown


async def or_gone(deletion: Awaitable[None]) -> None:
    """Await a deletion; when its first try went unanswered and the next found nothing, it is done.

    Airtable answers 403 for some things that do not exist, but it did let the first try pass.
    """
    try:
        await deletion
    except OutcomeUnknown as error:
        if not isinstance(error.__cause__, NotFound | Forbidden):
            raise
