"""Errors, ids, policy and the clock that moves by hand."""

import asyncio
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.base.clock import ManualClock, SystemClock
from pyairtable_mcp.base.errors import AppError, Refused, UnknownName, error_classes
from pyairtable_mcp.base.ids import is_id, mint
from pyairtable_mcp.base.policy import Action, Decision, Effect, Policy, Principal, allowed
from tests.support.behaviours import behaviour


@behaviour("errors.codes")
def test_every_error_has_a_code_of_its_own_and_only_waiting_helps_the_retryable() -> None:
    classes = list(error_classes())
    codes = [one.code for one in classes]
    assert len(set(codes)) == len(codes)
    assert {one.code for one in classes if one.retryable} == {"rate_limited", "unavailable", "too_many"}
    assert all(one.code.replace("_", "").isalpha() for one in classes)


def test_an_error_retold_keeps_its_class_and_candidates() -> None:
    first = UnknownName("a", hint="h", candidates=["x"])
    told = first.retold("b")
    assert isinstance(told, UnknownName)
    assert (told.message, told.hint, told.candidates, str(told)) == ("b", "h", ("x",), "b")
    assert (first.message, first.retold("c", hint="").hint) == ("a", "")
    assert issubclass(Refused, AppError)


@given(st.randoms(use_true_random=False), st.sampled_from(["app", "tbl", "fld", "rec", "usr"]))
def test_an_id_that_was_minted_is_one(rng: Random, kind: str) -> None:
    assert is_id(mint("rec", rng), "rec")
    assert is_id(mint("rec", rng), "tbl") is False
    assert kind


@given(st.text(max_size=20))
def test_an_id_is_a_prefix_and_fourteen_letters_or_digits(text: str) -> None:
    tail = text[3:]
    form = text.startswith("rec") and len(tail) == 14 and tail.isascii() and tail.isalnum()
    assert is_id(text, "rec") == form
    assert not is_id(f"rec{'a' * 14}\n", "rec")


def decided(policy: Policy, effect: Effect, group: str) -> Decision:
    return allowed(Principal(id="", policy=policy), Action(effect=effect, group=group))


@behaviour("policy.read_only")
def test_a_policy_says_why_not() -> None:
    policy = Policy(read_only=True, toolsets=frozenset({"read", "write"}))
    assert decided(policy, Effect.READ, "read").allowed
    assert "read-only" in decided(policy, Effect.CREATE, "write").reason
    assert "schema" in decided(policy, Effect.READ, "schema").reason
    assert not any(decided(policy, effect, "write").allowed for effect in Effect if effect is not Effect.READ)


@behaviour("clock.manual")
async def test_sleepers_wake_in_the_order_their_waits_end_and_only_when_time_is_moved() -> None:
    clock = ManualClock()
    woken: list[str] = []

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(f"{name} at {clock.monotonic():g}")

    async with asyncio.TaskGroup() as tasks:
        for name, seconds in (("late", 30.0), ("soon", 1.0), ("now", 0.0), ("also soon", 1.0)):
            tasks.create_task(sleep(name, seconds))
        await clock.advance(0)
        assert woken == ["now at 0"]
        assert clock.next_wake == 1
        await clock.advance(10)
        assert woken == ["now at 0", "soon at 1", "also soon at 1"]
        assert (clock.monotonic(), (clock.now() - ManualClock().now()).total_seconds()) == (10, 10)
        await clock.advance(20)
    assert woken[-1] == "late at 30"
    assert clock.next_wake is None


async def test_the_machines_clock_goes_forward() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-1)
    assert clock.monotonic() >= before
    assert clock.now().tzinfo is not None


@pytest.mark.parametrize("bad", ["", "rec", "recshort", "rec" + "a" * 15, "REC" + "a" * 14, "rec" + "é" * 14])
def test_what_looks_like_an_id_but_is_none(bad: str) -> None:
    assert not is_id(bad, "rec")
