"""An error as a model reads it: code, what is wrong, what to do, the closest right values."""

from pyairtable_mcp.base.errors import AppError
from pyairtable_mcp.base.text import cut, listed, visible

_LONGEST = 2_000


def error_lines(error: AppError) -> list[str]:
    """Return the error in up to three lines."""
    lines = [f"error {error.code}: {cut(visible(error.message), _LONGEST)}"]
    if error.hint:
        lines.append(f"hint: {cut(visible(error.hint), _LONGEST)}")
    if error.candidates:
        lines.append(f"closest: {listed([cut(one, 100) for one in error.candidates])}")
    return lines


def error_text(error: AppError) -> str:
    """Return the error as one text."""
    return "\n".join(error_lines(error))
