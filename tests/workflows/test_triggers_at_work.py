"""A server with its engine and triggers at work: a slice of what `bench.triggers` measures in full."""

from bench.triggers import latency, same_event, unruly_pings


async def test_unruly_notifications_lose_and_double_nothing_and_keep_the_order() -> None:
    assert [figure.what for figure in await unruly_pings(40) if figure.missed] == []


async def test_one_event_many_times_at_once_is_one_run() -> None:
    assert [figure.what for figure in await same_event(30) if figure.missed] == []


async def test_a_change_leads_to_the_first_step_of_its_run() -> None:
    waits = await latency(2, public=True)
    assert all(0 < figure.value < 20_000 for figure in waits)
