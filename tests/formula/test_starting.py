"""What the formula language costs a server that nobody gives a formula."""

import subprocess
import sys


def test_neither_the_parser_nor_the_pattern_engine_is_loaded_before_the_first_formula() -> None:
    heavy = "any(name in sys.modules for name in ('lark', 're2', 'pyairtable_mcp.formula.parser'))"
    code = f"import sys, pyairtable_mcp.app, pyairtable_mcp.sandbox; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
