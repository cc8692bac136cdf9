"""What somebody was let in with when they began something that outlives the call: kept with it, and in force.

A mandate only bounds. Whatever is done later is within every mandate it has, and within what its principal
may do by then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeAlias

from pydantic import JsonValue

from pyairtable_mcp.base.policy import Principal


@dataclass(frozen=True, kw_only=True, slots=True)
class Mandate:
    """The scopes of a token, its policy by name, and which token it was, "" for one nobody can revoke."""

    scopes: tuple[str, ...]
    policy: str = ""
    token: str = ""


Mandates: TypeAlias = tuple[Mandate, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """In whose name something goes on, None for nobody who is known any more.

    `stopped` says why nothing new may be done in it, "" when it may; what was done may be taken back. If that
    is for a policy that this process does not know, `lacking` says which.
    """

    principal: Principal | None
    stopped: str = ""
    lacking: str = ""


def mandate_of(principal: Principal) -> Mandate:
    """Return what a principal was let in with."""
    return Mandate(
        scopes=tuple(sorted(principal.scopes)), policy=principal.token_policy, token=principal.token
    )


def mandates_to(mandates: Iterable[Mandate]) -> JsonValue:
    """Return mandates as they are kept, each once; None for none."""
    kept: list[JsonValue] = [{**asdict(one), "scopes": list(one.scopes)} for one in dict.fromkeys(mandates)]
    return kept or None


def mandates_from(kept: JsonValue) -> Mandates:
    """Return mandates that were kept."""
    return tuple(_mandate(one) for one in kept if isinstance(one, Mapping)) if isinstance(kept, list) else ()


def _mandate(kept: Mapping[str, JsonValue]) -> Mandate:
    scopes = kept.get("scopes")
    return Mandate(
        scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else (),
        policy=str(kept.get("policy") or ""),
        token=str(kept.get("token") or ""),
    )
