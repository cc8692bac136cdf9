"""Who may do what: one pure decision that tools, resources, completions, sagas, triggers and hooks ask alike.

A policy only ever takes away. Several of them that hold together form a chain, and what any part of it
forbids is forbidden: so a request can tighten what its principal may, and never loosen it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, Literal, get_args

from pyairtable_mcp.base.patterns import Reach

Class = Literal["read", "write", "schema"]
"""What kind of call it is, for scopes and rates: it reads, it writes records, it changes what a base is."""
SCOPES: Final[tuple[Class, ...]] = get_args(Class)
Approvable = Literal["create", "change", "delete", "schema"]
APPROVABLE: Final[tuple[Approvable, ...]] = get_args(Approvable)


class Effect(Enum):
    """What a call does to the world."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """An object of Airtable, by its id and its name, as far as they are known."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """What a call is about: a base and a table of it, or something of ours that belongs to a principal.

    None stands for what the call is not about, or what is not known yet: who learns it asks again.
    """

    base: Named | None = None
    table: Named | None = None
    owner: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What a call wants to do: its effect, the toolset it belongs to, and how many records it touches."""

    effect: Effect
    group: str
    records: int = 0

    @property
    def kind(self) -> Class:
        """Return the class of the call, which is also the scope that it needs."""
        if self.effect is Effect.READ:
            return "read"
        return "schema" if self.group == "schema" else "write"


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why not.

    `hidden`: the caller must not learn that there is such a thing. `missing_scope`: what a client can ask for
    to be let through. `needs_approval`: yes, once a person has agreed.
    """

    allowed: bool
    reason: str = ""
    hidden: bool = False
    missing_scope: str = ""
    needs_approval: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What is allowed; the default allows everything.

    `reach` is where: None is everywhere. `calls_per_minute` bounds classes of calls by principal, the caps
    bound what one call may read or write, and `within` holds as well, whatever this says.
    """

    name: str = ""
    read_only: bool = False
    toolsets: frozenset[str] | None = None
    reach: Reach | None = None
    approve: frozenset[Approvable] = frozenset()
    approve_over: int | None = None
    read_records: int | None = None
    write_records: int | None = None
    calls_per_minute: Mapping[Class, int] = field(default_factory=dict, hash=False)
    within: "Policy | None" = None

    def parts(self) -> Iterator["Policy"]:
        """Yield every policy that holds, this one first."""
        part: Policy | None = self
        while part:
            yield part
            part = part.within

    def rate(self, kind: Class) -> int | None:
        """Return how many calls of a class a principal has each minute; None for any number."""
        return min(
            (part.calls_per_minute[kind] for part in self.parts() if kind in part.calls_per_minute),
            default=None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Who is asking: a stable id, by which client, with which scopes, within which policy.

    `widenable`: its client can ask a person for the scopes it lacks. `token` tells which token it showed, ""
    for one that cannot be revoked, and `token_policy` names the policy of that token.
    """

    id: str
    client: str = ""
    scopes: frozenset[str] = frozenset(SCOPES)
    policy: Policy = field(default_factory=Policy)
    widenable: bool = False
    token: str = ""
    token_policy: str = ""


NOTHING: Final = Resource()
_YES: Final = Decision(True)


def narrowed(policy: Policy, other: Policy) -> Policy:
    """Return a policy that allows what both allow and nothing else."""
    return replace(policy, within=narrowed(policy.within, other) if policy.within else other)


def allowed(principal: Principal, action: Action, resource: Resource = NOTHING) -> Decision:
    """Tell whether a principal may do something to something.

    What must not be seen is refused first and in one sentence, so that no other reason gives it away.
    """
    if not sees(principal, resource):
        return Decision(False, "There is nothing of this name here.", hidden=True)
    parts = tuple(principal.policy.parts())
    if reason := next(filter(None, (_why_not(part, action) for part in parts)), ""):
        return Decision(False, reason)
    # Last, because whoever gets the scope is to be let through by it.
    if action.kind not in principal.scopes:
        return Decision(False, f"This needs the scope '{action.kind}'.", missing_scope=action.kind)
    asks = any(_asks(part, action) for part in parts)
    return replace(_YES, needs_approval=True) if asks else _YES


def missing_scopes(principal: Principal, actions: Iterable[Action]) -> tuple[str, ...]:
    """Return the scopes that would let a principal do all of this; none if it may, or could not with any."""
    refused = [each for each in (allowed(principal, action) for action in actions) if not each.allowed]
    missing = {each.missing_scope for each in refused}
    return () if "" in missing else tuple(scope for scope in SCOPES if scope in missing)


def sees(principal: Principal, resource: Resource) -> bool:
    """Tell whether a principal may know that there is such a thing."""
    if resource.owner is not None and resource.owner != principal.id:
        return False
    if resource.base is None and resource.table is None:
        return True
    base, table = resource.base or Named(), resource.table
    known = (table.id, table.name) if table else None
    return all(
        part.reach.holds((base.id, base.name), known)
        for part in principal.policy.parts()
        if part.reach is not None
    )


def _why_not(policy: Policy, action: Action) -> str:
    """Say what one policy has against an action, and where that was set; "" when it has nothing."""
    reads = action.effect is Effect.READ
    if policy.read_only and not reads:
        return f"This server is read-only ({_set_by(policy, 'read_only')})."
    if policy.toolsets is not None and action.group not in policy.toolsets:
        return f"The toolset '{action.group}' is switched off ({_set_by(policy, 'toolsets')})."
    cap = policy.read_records if reads else policy.write_records
    if cap is not None and action.records > cap:
        verb, limit = ("read", "limits.read_records") if reads else ("write", "limits.write_records")
        return f"One call may {verb} {cap} records at most ({_set_by(policy, limit)})."
    return ""


def _set_by(policy: Policy, setting: str) -> str:
    return f"policy '{policy.name}'" if policy.name else f"setting {setting}"


def _asks(policy: Policy, action: Action) -> bool:
    if action.effect is Effect.READ:
        return False
    many = policy.approve_over is not None and action.records > policy.approve_over
    return many or bool(policy.approve & {action.effect.value, action.kind})
