"""The table of formula functions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function
from pyairtable_mcp.formula.lists import LISTS
from pyairtable_mcp.formula.logic import LOGIC
from pyairtable_mcp.formula.numeric import NUMERIC
from pyairtable_mcp.formula.patterns import PATTERNS
from pyairtable_mcp.formula.temporal import TEMPORAL
from pyairtable_mcp.formula.textual import TEXTUAL
from pyairtable_mcp.formula.workdays import WORKDAYS

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {**LOGIC, **NUMERIC, **TEXTUAL, **PATTERNS, **LISTS, **TEMPORAL, **WORKDAYS}
)
"""Every function by its name in capitals."""
