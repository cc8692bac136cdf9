"""Says at the end of a run how large the program's parts are."""

import pytest

from tests.checks.program import function_sizes, module_sizes, python_files


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    files = python_files("src")
    terminalreporter.write_line(
        f"src: {len(files)} modules ({module_sizes(files)} lines); functions {function_sizes(files)} lines"
    )
