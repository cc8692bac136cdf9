from random import Random
from typing import get_args

import pytest

from pyairtable_mcp.net.resend import Attempt, Effect, Fault, GiveUp, Wait, backoff, next_move

WILL_NOT_CHANGE = GiveUp("will not change")
COULD_DOUBLE = GiveUp("could double it")
SPENT = GiveUp("tries spent")
NO_TIME = GiveUp("no time left")


# What follows the 1st to the 6th failed try: W wait by backoff, 0 go on at once, and the reasons to give up.
TABLE = {
    (Fault.NOT_SENT, "read"): "WWWWss",
    (Fault.NOT_SENT, "repeatable"): "WWWWss",
    (Fault.NOT_SENT, "once"): "WWWWss",
    (Fault.LIMITED, "read"): "0000ss",
    (Fault.LIMITED, "repeatable"): "0000ss",
    (Fault.LIMITED, "once"): "0000ss",
    (Fault.UNCLEAR, "read"): "WWWWss",
    (Fault.UNCLEAR, "repeatable"): "WWWWss",
    (Fault.UNCLEAR, "once"): "dddddd",
    (Fault.UNUSABLE, "read"): "cccccc",
    (Fault.UNUSABLE, "repeatable"): "cccccc",
    (Fault.UNUSABLE, "once"): "cccccc",
    (Fault.FINAL, "read"): "cccccc",
    (Fault.FINAL, "repeatable"): "cccccc",
    (Fault.FINAL, "once"): "cccccc",
}
LETTERS = {"s": SPENT, "d": COULD_DOUBLE, "c": WILL_NOT_CHANGE}
EFFECTS: tuple[Effect, ...] = get_args(Effect)


def decide(fault: Fault, effect: Effect, *, number: int = 1, remaining: float = 60.0) -> Wait | GiveUp:
    attempt = Attempt(number=number, fault=fault, effect=effect, remaining=remaining)
    return next_move(attempt, rng=Random(1))


@pytest.mark.parametrize("effect", ["read", "repeatable", "once"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("fault", [Fault.FINAL, Fault.UNUSABLE])
def test_what_would_come_back_the_same_is_never_tried_again(
    fault: Fault, effect: Effect, number: int
) -> None:
    assert decide(fault, effect, number=number) == WILL_NOT_CHANGE


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_an_unclear_write_that_would_double_is_never_tried_again(number: int) -> None:
    assert decide(Fault.UNCLEAR, "once", number=number) == COULD_DOUBLE


@pytest.mark.parametrize("effect", ["read", "repeatable"])
@pytest.mark.parametrize(
    ("number", "tried"), [(1, True), (2, True), (3, True), (4, True), (5, False), (6, False)]
)
def test_an_unclear_try_that_does_no_harm_twice_is_repeated_four_times(
    effect: Effect, number: int, tried: bool
) -> None:
    move = decide(Fault.UNCLEAR, effect, number=number)
    assert isinstance(move, Wait) if tried else move == SPENT


@pytest.mark.parametrize("effect", ["read", "repeatable", "once"])
@pytest.mark.parametrize(("number", "tried"), [(1, True), (4, True), (5, False)])
def test_what_never_left_goes_again_whatever_it_does(effect: Effect, number: int, tried: bool) -> None:
    move = decide(Fault.NOT_SENT, effect, number=number)
    assert isinstance(move, Wait) if tried else move == SPENT


@pytest.mark.parametrize("effect", ["read", "repeatable", "once"])
@pytest.mark.parametrize(("number", "move"), [(1, Wait(0.0)), (4, Wait(0.0)), (5, SPENT)])
def test_what_the_rate_limit_turned_away_goes_again_and_leaves_the_wait_to_the_pacer(
    effect: Effect, number: int, move: Wait | GiveUp
) -> None:
    assert decide(Fault.LIMITED, effect, number=number) == move


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.UNCLEAR])
def test_no_wait_begins_that_outlasts_the_call(fault: Fault) -> None:
    assert decide(fault, "read", remaining=0.2) == NO_TIME


@pytest.mark.parametrize(("number", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (9, 8.0)])
def test_waits_double_up_to_a_bound_and_differ_by_chance(number: int, longest: float) -> None:
    rng = Random(3)
    draws = [backoff(number, rng) for _ in range(10_000)]
    assert longest / 2 <= min(draws) < longest * 0.51
    assert longest * 0.99 < max(draws) <= longest


def test_every_cell_of_the_table() -> None:
    assert set(TABLE) == {(fault, effect) for fault in Fault for effect in EFFECTS}
    for fault, effect in ((fault, effect) for fault in Fault for effect in EFFECTS):
        for number, letter in enumerate(TABLE[fault, effect], 1):
            move = decide(fault, effect, number=number)
            where = (fault, effect, number)
            if letter == "W":
                assert isinstance(move, Wait), where
                assert 0 < move.seconds <= 8.0, where
            else:
                assert move == LETTERS.get(letter, Wait(0.0)), where


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("fault", list(Fault))
def test_no_cell_waits_once_the_time_of_the_call_is_up(fault: Fault, effect: Effect) -> None:
    for number in range(1, 7):
        move = decide(fault, effect, number=number, remaining=0.0)
        # After the rate limit it is the pacer that refuses.
        assert isinstance(move, GiveUp) or (fault is Fault.LIMITED and move == Wait(0.0))


def test_waits_are_spread_evenly_over_their_bounds() -> None:
    """Otherwise callers that failed together would come back together."""
    rng = Random(5)
    for number in (1, 2, 3, 4, 5, 9):
        longest = min(8.0, 0.5 * 2 ** (number - 1))
        draws = sorted(backoff(number, rng) for _ in range(10_000))
        assert longest / 2 <= draws[0]
        assert draws[-1] <= longest
        for tenth in range(1, 10):
            assert abs(draws[tenth * 1_000] - longest * (0.5 + tenth / 20)) < longest * 0.02
