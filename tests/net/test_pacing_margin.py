from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.net.margin import CALM, FIRST_MARGIN, MARGIN_STEP, MAX_MARGIN, Margin


async def test_care_is_given_back_step_by_step_after_calm_and_never_below_the_first_margin() -> None:
    clock = ManualClock()
    margin = Margin(clock)
    margin.offended()
    assert margin.seconds == FIRST_MARGIN + MARGIN_STEP
    await clock.advance(CALM - 1.0)
    assert margin.careful
    await clock.advance(1.0)
    assert margin.seconds == FIRST_MARGIN
    await clock.advance(10 * CALM)
    assert margin.seconds == FIRST_MARGIN


async def test_who_offends_again_is_careful_for_longer() -> None:
    clock = ManualClock()
    margin = Margin(clock)
    margin.offended()
    margin.offended()
    await clock.advance(1.5 * CALM)
    assert margin.seconds == FIRST_MARGIN + 2 * MARGIN_STEP
    await clock.advance(0.5 * CALM)
    assert margin.seconds == FIRST_MARGIN + MARGIN_STEP
    for _ in range(100):
        margin.offended()
    assert margin.seconds == MAX_MARGIN
