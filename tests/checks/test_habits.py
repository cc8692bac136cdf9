"""Habits the floors depend on: one clock, and standard output left to the protocol."""

import ast
from collections.abc import Iterator

from tests.checks.program import PACKAGE, Source, python_files

CLOCK = PACKAGE / "base" / "clock.py"
TIME_READS = frozenset({
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter",
    "time.perf_counter_ns", "time.sleep", "time.localtime", "time.gmtime",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "asyncio.sleep", "anyio.sleep", "anyio.sleep_until", "anyio.sleep_forever", "anyio.current_time",
})  # fmt: skip
LOOPS = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for, e.g. `datetime` for `datetime.datetime`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """Return the full name an expression stands for; "" when it is not a name of an imported thing."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def is_loop(node: ast.expr, names: dict[str, str]) -> bool:
    """Tell whether an expression is an event loop: asked for here, or called one."""
    if isinstance(node, ast.Call):
        return dotted(node.func, names) in LOOPS
    called = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return called.endswith("loop")


def time_reads(file: Source) -> Iterator[str]:
    """Yield every place of a file that reads a clock or waits for one, called or only handed on."""
    names = imported_names(file.tree)
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        of_loop = isinstance(node, ast.Attribute) and node.attr == "time" and is_loop(node.value, names)
        if of_loop or dotted(node, names) in TIME_READS:
            yield f"{file.at(node)} {ast.unparse(node)}"


def test_only_the_clock_reads_the_time() -> None:
    found = [read for file in python_files("src") if file.path != CLOCK for read in time_reads(file)]
    assert not found, f"take a Clock (base/clock.py) instead, so that tests can move time: {found}"


def test_the_clock_check_sees_aliases_and_loops() -> None:
    text = "from time import monotonic as m\nimport datetime as d\nimport asyncio\n"
    text += "m()\nd.datetime.now()\nasyncio.get_running_loop().time()\nself.clock.monotonic()\n"
    file = Source(PACKAGE / "example.py")
    file.__dict__["text"] = text
    assert [read.split(" ", 1)[1] for read in time_reads(file)] == [
        "m", "d.datetime.now", "asyncio.get_running_loop().time",
    ]  # fmt: skip


def test_nothing_prints_where_standard_output_is_the_protocol() -> None:
    found = [
        file.at(node)
        for file in python_files("src")
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Name) and node.id == "print"
    ]
    assert not found, f"log it, or write to a stream that is handed in: {found}"


def uses_of(file: Source, wanted: frozenset[str]) -> Iterator[str]:
    """Yield every place of a file that names one of the wanted things."""
    names = imported_names(file.tree)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute | ast.Name) and dotted(node, names) in wanted:
            yield file.at(node)


def test_only_the_command_line_hands_out_standard_output() -> None:
    streams = frozenset({"sys.stdout", "sys.__stdout__"})
    found = [
        place
        for file in python_files("src")
        if file.path != PACKAGE / "cli.py"
        for place in uses_of(file, streams)
    ]
    assert not found, f"let cli.py decide who owns standard output: {found}"
