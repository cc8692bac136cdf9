"""What a message of MCP wants to do, known before anything of it is done."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pyairtable_mcp.base.policy import Action, Effect
from pyairtable_mcp.engine.steps.permitting import ACTIONS, written_kinds
from pyairtable_mcp.surface.catalog import Tool

CALL: Final = "tools/call"
_READ: Final = Action(effect=Effect.READ, group="read")
_READING: Final = frozenset(
    {"resources/read", "resources/subscribe", "completion/complete", "subscriptions/listen"}
)


def actions_of(message: object, tools: Iterable[Tool]) -> Sequence[Action]:
    """Return what a message, or one of several, does as a policy sees it; a saga does what its steps do."""
    each = message if isinstance(message, list) else [message]
    return [action for one in each if isinstance(one, Mapping) for action in _actions(one, tools)]


def tool_of(message: object) -> tuple[str, Mapping[str, Any]]:
    """Return which tool a message calls, and with what; "" for none."""
    params = message.get("params") if isinstance(message, Mapping) else None
    if not isinstance(message, Mapping) or message.get("method") != CALL or not isinstance(params, Mapping):
        return "", {}
    name, arguments = params.get("name"), params.get("arguments")
    return name if isinstance(name, str) else "", arguments if isinstance(arguments, Mapping) else {}


def _actions(message: Mapping[str, Any], tools: Iterable[Tool]) -> Iterator[Action]:
    if message.get("method") in _READING:
        yield _READ
    name, arguments = tool_of(message)
    tool = next((one for one in tools if one.name == name), None)
    if tool is None:
        return
    yield tool.action
    steps = arguments.get("steps")
    for _, kind in written_kinds(steps if isinstance(steps, list) else []):
        if kind in ACTIONS:
            yield ACTIONS[kind]
