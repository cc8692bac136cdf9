"""The program stays small enough to read: short modules, short functions, a sentence on everything public."""

import ast
import re

from tests.checks.program import (
    function_sizes,
    length,
    module_sizes,
    public_parts,
    python_files,
)

EVERYTHING = python_files("src", "tests", "scripts", "examples", "bench")
PROGRAM = python_files("src")


def test_no_module_outgrows_a_single_sitting() -> None:
    long = {file.name: file.lines for file in EVERYTHING if file.lines > 450}
    assert not long, f"split these by responsibility (450 lines at most): {long}"


def test_no_function_outgrows_a_screen() -> None:
    long = {
        f"{file.at(one)} {one.name}": length(one)
        for file in EVERYTHING
        for one in file.functions()
        if length(one) > 70
    }
    assert not long, f"take steps out of these (70 lines at most): {long}"


def test_most_modules_and_functions_are_short() -> None:
    modules, functions = module_sizes(PROGRAM), function_sizes(PROGRAM)
    assert modules.median <= 180, f"modules grew: {modules}"
    assert functions.median <= 10, f"functions grew: {functions}"
    assert functions.p95 <= 40, f"the longest functions grew: {functions}"


def test_everything_public_says_what_it_is() -> None:
    silent = [file.name for file in PROGRAM if not ast.get_docstring(file.tree)]
    silent += [
        f"{file.at(node)} {name}"
        for file in PROGRAM
        for name, node in public_parts(file.tree.body)
        if not ast.get_docstring(node)
    ]
    assert not silent, f"give these a docstring, one sentence is enough: {silent}"


def test_nothing_is_put_off_or_silenced() -> None:
    # Put together here, so that this file does not find itself.
    markers = (
        "TO" + "DO",
        "FIX" + "ME",
        "XX" + "X",
        "type" + ": ignore",
        "no" + "qa",
        "pragma" + ": no cover",
    )
    pattern = re.compile("|".join(rf"\b{marker}\b" for marker in markers))
    found = [
        f"{file.name}:{number}: {line.strip()}"
        for file in EVERYTHING
        for number, line in enumerate(file.text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"do it now, or fix what is being silenced: {found}"
