"""The sandbox's clock."""

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.formula.values import iso
from pyairtable_mcp.sandbox.control.asking import Asking, moment, number
from pyairtable_mcp.sandbox.control.steering import Control


async def show_clock(control: Control, ask: Asking) -> Json:
    """Answer what time it is and whether it passes."""
    ask.takes()
    return _clock(control)


async def freeze(control: Control, ask: Asking) -> Json:
    """Stop the clock, at a moment when one is given."""
    ask.takes(body={"at"})
    control.clock.freeze(moment(ask.body, "at"))
    return _clock(control)


async def advance(control: Control, ask: Asking) -> Json:
    """Move the clock on."""
    ask.takes(body={"seconds"})
    await control.clock.advance(number(ask.body, "seconds"))
    return _clock(control)


async def run(control: Control, ask: Asking) -> Json:
    """Let the time pass again."""
    ask.takes()
    control.clock.run()
    return _clock(control)


def _clock(control: Control) -> JsonObject:
    return {
        "now": iso(control.clock.now()),
        "frozen": control.clock.frozen,
        "monotonic": control.clock.monotonic(),
    }
