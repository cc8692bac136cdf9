"""What kinds of steps do as a policy sees it, and the refusal of those that somebody may not take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.base.errors import NotAllowed
from pyairtable_mcp.base.policy import Action, Effect
from pyairtable_mcp.operations.call import Call

ACTIONS: Final[Mapping[str, Action]] = {
    "create": Action(effect=Effect.CREATE, group="write"),
    "update": Action(effect=Effect.CHANGE, group="write"),
    "replace": Action(effect=Effect.CHANGE, group="write"),
    "upsert": Action(effect=Effect.CHANGE, group="write"),
    "delete": Action(effect=Effect.DELETE, group="write"),
    "attach": Action(effect=Effect.CREATE, group="write"),
    "comment": Action(effect=Effect.CREATE, group="write"),
    "create_table": Action(effect=Effect.CREATE, group="schema"),
    "create_fields": Action(effect=Effect.CREATE, group="schema"),
    "update_schema": Action(effect=Effect.CHANGE, group="schema"),
}
"""What each kind does, as a policy sees it: the same as the tool of that name."""
_NESTED: Final = ("then", "else", "steps")


def refuse_forbidden(call: Call, steps: Sequence[JsonValue]) -> None:
    """Raise `NotAllowed` for the first of some written steps, inner ones too, that the caller may not do."""
    for step, kind in written_kinds(steps):
        refuse(call, step, kind)


def written_kinds(steps: Sequence[JsonValue]) -> Iterator[tuple[str, str]]:
    """Yield the id and the kind of each written step, inner ones too."""
    for step in steps:
        if isinstance(step, Mapping):
            yield str(step.get("id", "")), str(step.get("do", ""))
            given = step.get("with")
            for key in _NESTED:
                inner = given.get(key) if isinstance(given, Mapping) else None
                yield from written_kinds(inner if isinstance(inner, list) else [])


def refuse(call: Call, step: str, kind: str) -> None:
    """Raise `NotAllowed` when the caller may not do what a kind of step does."""
    action = ACTIONS.get(kind)
    decision = call.permit(action) if action else None
    if decision and not decision.allowed:
        raise NotAllowed(f"Step '{step}' ({kind}): {decision.reason}")


def refuse_unscoped(call: Call, step: str, *, schema: bool) -> None:
    """Raise `NotAllowed` when the caller lacks the scope to take records, or the `schema`, back."""
    decision = call.permit(Action(effect=Effect.CHANGE, group="schema" if schema else "write"))
    if decision.missing_scope:
        raise NotAllowed(f"Step '{step}': {decision.reason}")
