"""The table of step kinds, and what each of them gives to later steps."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.engine.expressions.shapes import PLAIN, Shape
from pyairtable_mcp.engine.ports import StepKind
from pyairtable_mcp.engine.steps.calling import ANSWER, CALLS, HttpRequest, TriggerAutomation
from pyairtable_mcp.engine.steps.changing import CHANGES, RECORDS, changing_kinds
from pyairtable_mcp.engine.steps.flow import FLOW, Approve, ForEach, If, Wait
from pyairtable_mcp.operations.call import Args
from pyairtable_mcp.operations.reading import FindRecords

KINDS: Final[Mapping[str, StepKind]] = MappingProxyType(
    {kind.name: kind for kind in (*changing_kinds(), *FLOW, *CALLS)}
)
"""Every kind of step by name."""

ARGUMENTS: Final[Mapping[str, type[Args]]] = MappingProxyType(
    {
        **{name: model for name, (model, _) in CHANGES.items()},
        "find": FindRecords,
        "wait": Wait,
        "approve": Approve,
        "if": If,
        "for_each": ForEach,
        "http_request": HttpRequest,
        "trigger_automation": TriggerAutomation,
    }
)
"""What each kind takes."""

GIVES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        **dict.fromkeys(CHANGES, RECORDS),
        "find": {**RECORDS, "more": PLAIN},
        "wait": PLAIN,
        "approve": {"by": PLAIN},
        "if": {"taken": PLAIN},
        "for_each": {"count": PLAIN},
        "http_request": ANSWER,
        "trigger_automation": ANSWER,
    }
)
"""What each kind gives to later steps."""
