"""An error as a model reads it: code, what is wrong, what to do, the closest right values."""

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.text import cut, listed, visible

_LONGEST = 2_000


def error_lines(error: AppError) -> list[str]:
    """Return the error: what is wrong, what to do, the closest words; a list of problems is indented."""
    first, *more = cut(error.message, _LONGEST).split("\n")
    lines = [f"error {error.code}: {visible(first)}", *(f"  {visible(line)}" for line in more)]
    if error.hint:
        lines.append(f"hint: {cut(visible(error.hint), _LONGEST)}")
    if error.candidates:
        lines.append(f"closest: {listed([cut(one, 100) for one in error.candidates])}")
    return lines


def error_text(error: AppError) -> str:
    """Return the error as one text."""
    return "\n".join(error_lines(error))
