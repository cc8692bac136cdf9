"""The reference pages say everything there is to say, and are those the program would write today."""

import ast
import re
import subprocess
import sys

import pytest

from pyairtable_mcp.base.errors import AppError, error_classes
from pyairtable_mcp.base.settings import Leaf, leaves
from pyairtable_mcp.surface.catalog import CATALOG
from tests.checks.program import ROOT, python_files

TOOLS_PAGE = ROOT / "docs" / "tools.md"
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
ERRORS = list(error_classes())
SETTINGS = list(leaves())


def row_of(page: str, word: str) -> str:
    """Return the row of a table whose first cell names `word`; "" when there is none."""
    found = re.search(rf"^\| [^|]*`{re.escape(word)}`[^|]*\|.*$", page, re.MULTILINE)
    return found[0] if found else ""


def test_the_pages_are_what_the_program_would_write() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "generate_docs.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", [tool.name for tool in CATALOG])
def test_a_tool_has_its_chapter(name: str) -> None:
    assert f"### `{name}`\n" in TOOLS_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("error", ERRORS, ids=[error.code for error in ERRORS])
def test_an_error_code_has_its_row(error: type[AppError]) -> None:
    row = row_of(TOOLS_PAGE.read_text(encoding="utf-8"), error.code)
    assert row.endswith(f"| {'yes' if error.retryable else 'no'} |"), f"{error.code} is not explained"


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in ERRORS]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("leaf", SETTINGS, ids=[leaf.env[0] for leaf in SETTINGS])
def test_a_setting_has_its_row(leaf: Leaf) -> None:
    row = row_of(SETTINGS_PAGE.read_text(encoding="utf-8"), leaf.env[0])
    assert all(f"`{name}`" in row for name in leaf.env)
    assert (f"`{leaf.flag}`" in row) is leaf.has_flag
    assert leaf.info.description
    assert leaf.info.description in row


def test_no_secret_shows_a_default() -> None:
    secrets = [leaf for leaf in SETTINGS if leaf.is_secret]
    assert secrets
    for leaf in secrets:
        assert leaf.default == ""
        assert leaf.info.default.get_secret_value() == ""
        assert "secret" in row_of(SETTINGS_PAGE.read_text(encoding="utf-8"), leaf.env[0])


def raised_names() -> set[str]:
    """Return the names of everything the program calls or raises by name."""
    nodes = (node for file in python_files("src") for node in ast.walk(file.tree))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def test_every_error_that_can_be_met_is_met_in_a_test() -> None:
    files = [file for file in python_files("tests") if "/checks/" not in file.name]
    proven = "\n".join(file.text for file in files)
    made = raised_names()
    families = {error for error in ERRORS if error.__subclasses__() and error.__name__ not in made}
    unmet = [
        error.__name__
        for error in ERRORS
        if error not in families and not re.search(rf'\b{error.__name__}\b|"{error.code}"', proven)
    ]
    assert not unmet, f"no test meets these errors: {unmet}"
