"""How Airtable's request allowance stands: a look at this process, without a request."""

from pyairtable_mcp.operations.call import Call
from pyairtable_mcp.operations.results import QuotaState, QuotaStatus


async def quota_status(call: Call) -> QuotaStatus:
    """Return the state of every base in use and of the token; names where they are known anyway."""
    names = call.airtable.known_bases()
    states = tuple(
        QuotaState(one.base, names.get(one.base, ""), one.rate, one.waiting, one.silent_for)
        for one in call.airtable.quota()
    )
    return QuotaStatus(states=states)
