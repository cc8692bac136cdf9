"""A tool as a value: everything that listing, checking, documenting and running it derives from."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from mcp.types import ToolAnnotations
from pydantic import JsonValue

from pyairtable_mcp.base.policy import Action, Effect
from pyairtable_mcp.operations.call import Args
from pyairtable_mcp.operations.parsing import parse
from pyairtable_mcp.surface.schemas import slim_schema

A = TypeVar("A", bound=Args)


@dataclass(frozen=True, kw_only=True)
class ToolSpec(Generic[A]):
    """One tool. Its description is the docstring of its argument model."""

    name: str
    title: str
    effect: Effect
    group: str
    args: type[A]
    run: Callable[[Any, A], Awaitable[Any]]
    idempotent: bool

    @property
    def description(self) -> str:
        """Return what the tool does, as a model reads it."""
        return " ".join(inspect.cleandoc(self.args.__doc__ or "").split())

    @property
    def action(self) -> Action:
        """Return what a call of it does, as a policy sees it."""
        return Action(effect=self.effect, group=self.group)

    @property
    def annotations(self) -> ToolAnnotations:
        """Return all hints, each set on purpose."""
        return ToolAnnotations(
            read_only_hint=self.effect is Effect.READ,
            destructive_hint=self.effect in (Effect.CHANGE, Effect.DELETE),
            idempotent_hint=self.idempotent,
            open_world_hint=True,
        )

    def parse(self, raw: Mapping[str, JsonValue]) -> A:
        """Return the arguments as the tool takes them; raises `InvalidArguments`."""
        return parse(self.args, raw)

    @cached_property
    def input_schema(self) -> dict[str, JsonValue]:
        """The JSON Schema of the arguments, without what a model does not need; made when first asked for."""
        return slim_schema(self.args.model_json_schema())
