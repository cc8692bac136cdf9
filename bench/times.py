"""How long the server takes to start and to answer, beside a bare SDK server measured in turn with it."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Final

from bench.figures import Figure
from bench.wire import Server, start

STARTS: Final = 15
ROUNDS: Final = 40
CALLS_A_ROUND: Final = 10
START_BAR: Final = 1.25
CALL_BAR: Final = 1.5

Calls = Mapping[str, Callable[[Server], object]]
_TABLE: Final = {"base": "Studio", "table": "Tasks"}
_OURS: Final[Calls] = {
    "an argument error": lambda server: server.call("find_records", {**_TABLE, "limits": 5}),
    "a misspelt option, schema known": lambda server: server.call(
        "create_records", {**_TABLE, "records": [{"Name": "A", "Status": "Bloked"}]}
    ),
    "a dry run, schema known": lambda server: server.call(
        "create_records", {**_TABLE, "records": [{"Name": "A", "Status": "Blocked"}], "dry_run": True}
    ),
}


def start_figures() -> list[Figure]:
    """Measure process start to the answer of `initialize`, every server in turn."""
    servers = ("bare", "ours", "sandbox")
    for which in servers:
        _start_seconds(which)
    taken: dict[str, list[float]] = {which: [] for which in servers}
    for _ in range(STARTS):
        for which in servers:
            taken[which].append(_start_seconds(which))
    bare, ours, sandbox = (median(taken[which]) for which in servers)
    return [
        Figure(f"bare SDK server, median of {STARTS}", bare * 1000, "ms"),
        Figure("pyairtable-mcp", ours * 1000, "ms"),
        Figure("pyairtable-mcp --sandbox", sandbox * 1000, "ms"),
        Figure("pyairtable-mcp / bare", ours / bare, "times", START_BAR),
        Figure("pyairtable-mcp --sandbox / bare", sandbox / bare, "times", START_BAR),
    ]


def _start_seconds(which: str) -> float:
    begun = perf_counter()
    with start(which) as server:
        server.initialize()
        return perf_counter() - begun


def call_figures() -> list[Figure]:
    """Measure tool calls over stdio, rounds of ours and of the bare server taking turns.

    A ratio is the median of the rounds' ratios, so that a machine that slows down for a while slows both.
    """
    with ExitStack() as stack:
        bare = stack.enter_context(start("bare"))
        ours = stack.enter_context(start("sandbox"))
        for server in (bare, ours):
            server.initialize()
        ours.call("describe_base", {"base": "Studio"})
        trivial: list[float] = []
        taken: dict[str, list[float]] = {what: [] for what in _OURS}
        for _ in range(ROUNDS):
            for what, call in _OURS.items():
                trivial.append(_round(bare, lambda server: server.call("echo", {"text": "hello"})))
                taken[what].append(_round(ours, call) / trivial[-1])
    figures = [Figure("bare SDK server, echo", median(trivial) * 1000, "ms")]
    return figures + [
        Figure(f"{what} / bare", median(ratios), "times", CALL_BAR) for what, ratios in taken.items()
    ]


def _round(server: Server, call: Callable[[Server], object]) -> float:
    """Return the median seconds of a few calls."""
    times = []
    for _ in range(CALLS_A_ROUND):
        begun = perf_counter()
        call(server)
        times.append(perf_counter() - begun)
    return median(times)
