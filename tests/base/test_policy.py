"""Who may do what: what a policy forbids, and that nothing put on top of it gives it back."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.patterns import Place, Reach, matches
from pyairtable_mcp.base.policy import (
    APPROVABLE,
    SCOPES,
    Action,
    Decision,
    Effect,
    Named,
    Policy,
    Principal,
    Resource,
    allowed,
    missing_scopes,
    narrowed,
    sees,
)
from tests.support.behaviours import behaviour

STUDIO = Named(id="appStudio00000001", name="Studio")
OTHER = Named(id="appOther000000001", name="Studio 2")
TASKS = Named(id="tblTasks000000001", name="Tasks")
NOTES = Named(id="tblNotes000000001", name="Notes")

PATTERNS = st.sampled_from(["*", STUDIO.id, "Studio", "studio*", "?tudio", "Notes", TASKS.id, "Ta*", "x"])
REACHES = st.builds(
    Reach,
    places=st.lists(st.builds(Place, PATTERNS, st.lists(PATTERNS, max_size=2).map(tuple)), max_size=2).map(
        tuple
    ),
    tables=st.lists(PATTERNS, max_size=2).map(tuple),
)
FLAT = st.builds(
    Policy,
    read_only=st.booleans(),
    toolsets=st.none() | st.frozensets(st.sampled_from(["read", "write", "schema", "saga"])),
    reach=st.none() | REACHES,
    approve=st.frozensets(st.sampled_from(APPROVABLE)),
    approve_over=st.none() | st.integers(0, 20),
    read_records=st.none() | st.integers(0, 20),
    write_records=st.none() | st.integers(0, 20),
    calls_per_minute=st.dictionaries(st.sampled_from(SCOPES), st.integers(1, 9)),
)
POLICIES = FLAT | st.builds(narrowed, FLAT, FLAT)
ACTIONS = st.builds(
    Action,
    effect=st.sampled_from(Effect),
    group=st.sampled_from(["read", "write", "schema", "saga"]),
    records=st.integers(0, 25),
)
RESOURCES = st.builds(
    Resource,
    base=st.sampled_from([None, STUDIO, OTHER, Named(id=STUDIO.id), Named(name="Studio")]),
    table=st.sampled_from([None, TASKS, NOTES, Named()]),
    owner=st.sampled_from([None, "me", "you"]),
)
SCOPED = st.frozensets(st.sampled_from(SCOPES))


@behaviour("policy.narrowed")
@given(POLICIES, POLICIES, SCOPED, ACTIONS, RESOURCES)
def test_what_is_narrowed_allows_what_both_allow_and_nothing_else(
    policy: Policy, other: Policy, scopes: frozenset[str], action: Action, resource: Resource
) -> None:
    def asked(one: Policy) -> Decision:
        return allowed(Principal(id="me", scopes=scopes, policy=one), action, resource)

    both, one, two = asked(narrowed(policy, other)), asked(policy), asked(other)
    assert both.allowed == (one.allowed and two.allowed)
    assert both.hidden == (one.hidden or two.hidden)
    if both.allowed:
        assert both.needs_approval == (one.needs_approval or two.needs_approval)
    else:
        assert both.reason


@behaviour("policy.narrowed")
@given(POLICIES, POLICIES)
def test_a_rate_is_that_of_the_strictest(policy: Policy, other: Policy) -> None:
    for kind in SCOPES:
        rates = [one.rate(kind) for one in (policy, other)]
        given_ = [rate for rate in rates if rate is not None]
        assert narrowed(policy, other).rate(kind) == (min(given_) if given_ else None)


@behaviour("policy.reach")
@pytest.mark.parametrize(
    ("pattern", "thing", "within"),
    [
        ("*", ("", ""), True),
        (STUDIO.id, (STUDIO.id, "whatever"), True),
        (STUDIO.id, (OTHER.id, STUDIO.id), False),
        ("Studio", (OTHER.id, "Studio"), True),
        ("studio", (OTHER.id, "STUDIO"), True),
        ("Studio", (OTHER.id, "Studio 2"), False),
        ("Studio*", (OTHER.id, "Studio 2"), True),
        ("Studio ?", (OTHER.id, "Studio 2"), True),
        ("[S]tudio", (OTHER.id, "Studio"), False),
        ("[S]tudio", (OTHER.id, "[S]tudio"), True),
        ("Studio", (STUDIO.id, ""), False),
        ("a*" * 40 + "b", (STUDIO.id, "a" * 400), False),
    ],
)
def test_an_id_answers_for_itself_and_a_pattern_for_names(
    pattern: str, thing: tuple[str, str], within: bool
) -> None:
    assert matches(pattern, thing, "app") is within


@behaviour("policy.reach")
def test_what_is_out_of_reach_is_hidden_and_told_like_what_is_not_there() -> None:
    reach = Reach((Place(STUDIO.id, ("Tasks",)), Place("Client *")))
    policy = Policy(read_only=True, reach=reach)
    for scopes, effect in product((frozenset(SCOPES), frozenset[str]()), Effect):
        me = Principal(id="me", scopes=scopes, policy=policy)
        action = Action(effect=effect, group="write")
        told = {
            allowed(me, action, Resource(base=OTHER)),
            allowed(me, action, Resource(base=STUDIO, table=NOTES)),
            allowed(me, action, Resource(owner="you")),
        }
        assert len(told) == 1
        assert told.pop().hidden
    me = Principal(id="me", policy=policy)
    assert sees(me, Resource(base=STUDIO, table=TASKS))
    assert sees(me, Resource(base=Named(id=OTHER.id, name="Client A"), table=NOTES))
    assert sees(me, Resource(owner="me"))
    assert not sees(me, Resource(table=TASKS))


@behaviour("policy.scopes")
@pytest.mark.parametrize(
    ("effect", "group", "scope"),
    [
        (Effect.READ, "read", "read"),
        (Effect.READ, "saga", "read"),
        (Effect.CREATE, "write", "write"),
        (Effect.DELETE, "write", "write"),
        (Effect.CHANGE, "saga", "write"),
        (Effect.CHANGE, "schema", "schema"),
    ],
)
def test_a_call_needs_the_scope_of_its_class_and_a_refusal_names_it(
    effect: Effect, group: str, scope: str
) -> None:
    action = Action(effect=effect, group=group)
    without = Principal(id="me", scopes=frozenset(SCOPES) - {scope})
    told = allowed(without, action)
    assert (told.allowed, told.missing_scope) == (False, scope)
    assert scope in told.reason
    assert allowed(Principal(id="me", scopes=frozenset({scope})), action).allowed


@behaviour("policy.reasons")
def test_a_refusal_names_the_policy_or_the_setting_that_made_it() -> None:
    action = Action(effect=Effect.DELETE, group="write", records=11)
    told = {
        "setting read_only": Policy(read_only=True),
        "policy 'a {b}'": Policy(name="a {b}", read_only=True),
        "setting toolsets": Policy(toolsets=frozenset({"read"})),
        "policy 'small'": narrowed(Policy(name="wide"), Policy(name="small", write_records=10)),
        "setting limits.write_records": Policy(write_records=10),
    }
    for words, policy in told.items():
        assert words in allowed(Principal(id="me", policy=policy), action).reason
    read = Action(effect=Effect.READ, group="read", records=11)
    assert "read 10 records" in allowed(Principal(id="me", policy=Policy(read_records=10)), read).reason


@behaviour("policy.approval")
def test_what_needs_approval_is_allowed_and_says_so() -> None:
    def asks(policy: Policy, effect: Effect, group: str = "write", records: int = 1) -> bool:
        decision = allowed(
            Principal(id="me", policy=policy), Action(effect=effect, group=group, records=records)
        )
        assert decision.allowed
        return decision.needs_approval

    assert asks(Policy(approve=frozenset({"delete"})), Effect.DELETE)
    assert not asks(Policy(approve=frozenset({"delete"})), Effect.CREATE)
    assert asks(Policy(approve=frozenset({"schema"})), Effect.CREATE, "schema")
    assert asks(Policy(approve_over=10), Effect.CREATE, records=11)
    assert not asks(Policy(approve_over=10), Effect.CREATE, records=10)
    assert not asks(Policy(approve_over=0, approve=frozenset(APPROVABLE)), Effect.READ, records=9)


def test_scopes_are_worth_asking_for_only_if_they_let_everything_through() -> None:
    read, write = Action(effect=Effect.READ, group="read"), Action(effect=Effect.CHANGE, group="write")
    schema = Action(effect=Effect.CREATE, group="schema")
    reader = Principal(id="me", scopes=frozenset({"read"}))
    assert missing_scopes(reader, [read]) == ()
    assert missing_scopes(reader, [schema, read, write]) == ("write", "schema")
    without = replace(reader, policy=Policy(toolsets=frozenset({"read", "write"})))
    assert missing_scopes(without, [write]) == ("write",)
    assert missing_scopes(without, [schema, write]) == ()
