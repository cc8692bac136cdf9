"""What bulk writes take: one request after the other, or several at a time, and how true the estimate is."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from random import Random
from typing import Any, Final

from tests.net.driving import finish

from pyairtable_mcp.airtable import How, Patch, open_airtable
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import Sandbox

RECORDS: Final = 1_000
RATE: Final = 5
LANES: Final = (1, 2, 3, 5)
LATENCIES: Final = (0.1, 0.3, 0.6, 1.0)
GAIN_BAR: Final = 1.5
"""What lanes must gain at the slowest answers to be worth having."""

Message = MutableMapping[str, Any]


class Slow:
    """An ASGI application whose answers take `seconds`, more or less."""

    def __init__(
        self,
        app: Callable[
            [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
        ],
        clock: ManualClock,
        seconds: float,
    ) -> None:
        self._app = app
        self._clock = clock
        self._seconds = seconds
        self._rng = Random(1)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one request at leisure."""
        await self._app(scope, receive, send)
        await self._clock.sleep(self._seconds * self._rng.uniform(0.7, 1.3))


async def measure(lanes: int, latency: float) -> tuple[float, float, int]:
    """Return the seconds 1,000 updates take, the estimate's mean error as a share, and the 429s met."""
    clock = ManualClock()
    sandbox = Sandbox("studio", clock=clock, rng=Random(1), rate=RATE)
    slow = Slow(sandbox.app, clock, latency)
    token = next(iter(sandbox.tokens))
    base = next(iter(sandbox.workspace.bases.values()))
    table = base.table_by("Tasks")
    assert table is not None
    told: list[tuple[float, float]] = []
    async with open_airtable(token=token, clock=clock, rng=Random(1), asgi_app=slow) as at:
        patches = [Patch(each, {table.primary.id: "x"}) for each in list(table.records)[:RECORDS]]
        how = How(lanes=lanes, on_progress=lambda _done, _all, left: told.append((clock.monotonic(), left)))
        begun = clock.monotonic()
        await finish(clock, at.update_records(base.id, table.id, patches, how=how))
    end = clock.monotonic()
    errors = [abs(left - (end - moment)) / (end - begun) for moment, left in told[5:]]
    limited = sum(request.status == 429 for request in sandbox.requests)
    return (end - begun) * RECORDS / len(patches), sum(errors) / max(1, len(errors)), limited


def main() -> None:
    """Measure and print."""
    print(
        f"Seconds for {RECORDS:,} updates at {RATE} requests a second (and the mean error of the estimate)."
    )
    print(
        "In process a request counts as sent when it is answered, so slow answers cost more than on a wire.\n"
    )
    print("  answers take " + "".join(f"{lanes:>14} at a time" for lanes in LANES) + "      gain")
    for latency in LATENCIES:
        results = [asyncio.run(measure(lanes, latency)) for lanes in LANES]
        cells = "".join(f"{seconds:14.1f} s ({error:5.1%})" for seconds, error, _ in results)
        gain = results[0][0] / min(seconds for seconds, _, _ in results)
        bar = f" ≥ {GAIN_BAR}" if latency == LATENCIES[-1] else ""
        missed = (bar and gain < GAIN_BAR) or any(limited for _, _, limited in results)
        print(f"  {latency:10.1f} s {cells}  {gain:6.2f}{bar}  {'MISSED' if missed else 'ok'}", flush=True)


if __name__ == "__main__":
    main()
