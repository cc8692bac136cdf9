"""Number functions. Aggregates skip blanks and text inside lists, as Airtable's do."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.operators import divided
from pyairtable_mcp.formula.values import Failed, Value, flat, is_blank, to_moment, to_number

_BIG: Final = 1e290


def numbers(args: Sequence[Value]) -> Iterator[float]:
    """Yield the numbers among the arguments, lists unfolded; text, dates and blanks are skipped."""
    for each in flat(args):
        if isinstance(each, bool | int | float):
            yield float(each)


def _whole(value: Value, low: int = -15, high: int = 15) -> int:
    number = to_number(value)
    if not math.isfinite(number):
        raise Failed("not a finite number")
    return max(low, min(high, int(number)))


def _rounding(rule: Callable[[float], float]) -> Callable[[Sequence[Value]], Value]:
    """Return a function of (number, digits) that scales, applies the rule and scales back."""

    def apply(args: Sequence[Value]) -> Value:
        number = to_number(args[0])
        if not math.isfinite(number) or abs(number) > _BIG:
            return number
        scale = 10.0 ** _whole(args[1] if len(args) > 1 else 0)
        # The product is rounded to 9 decimals first: 1.005 * 100 is 100.49999999999999.
        return rule(round(number * scale, 9)) / scale

    return apply


def _half_up(number: float) -> float:
    # Ties go up, towards positive infinity (Airtable's formula reference).
    return math.floor(number + 0.5)


def _away(number: float) -> float:
    return math.copysign(math.ceil(abs(number)), number)


def _stepped(rule: Callable[[float], int]) -> Callable[[Sequence[Value]], Value]:
    def apply(args: Sequence[Value]) -> Value:
        number, step = to_number(args[0]), to_number(args[1]) if len(args) > 1 else 1.0
        if step == 0 or not math.isfinite(number) or not math.isfinite(number / step):
            return number if step else 0
        # Rounded first: 1.1 / 0.1 is 11.000000000000002, and the product of 3 and 0.1 is not 0.3.
        return round(rule(round(number / step, 9)) * step, 12)

    return apply


def _modulo(args: Sequence[Value]) -> Value:
    number, divisor = to_number(args[0]), to_number(args[1])
    if divisor == 0 or not math.isfinite(number):
        return math.nan
    return number % divisor


def _power(args: Sequence[Value]) -> Value:
    try:
        result = to_number(args[0]) ** to_number(args[1])
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return math.nan if isinstance(result, complex) else result


def _guarded(function: Callable[[float], float]) -> Callable[[Sequence[Value]], Value]:
    def apply(args: Sequence[Value]) -> Value:
        try:
            return function(to_number(args[0]))
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return apply


def _log(args: Sequence[Value]) -> Value:
    number, base = to_number(args[0]), to_number(args[1]) if len(args) > 1 else 10
    if number <= 0 or base <= 0 or base == 1 or math.isnan(number) or math.isnan(base):
        return math.nan
    if base == 10:
        # The natural logarithms' quotient is 2.9999999999999996 for 1000.
        return math.log10(number)
    return math.log2(number) if base == 2 else math.log(number, base)


def _average(args: Sequence[Value]) -> Value:
    found = list(numbers(args))
    return divided(sum(found), len(found))


def _even(args: Sequence[Value]) -> Value:
    """Return the smallest even number that is not less (Airtable's formula reference)."""
    number = to_number(args[0])
    return math.ceil(number / 2) * 2.0 if math.isfinite(number) else number


def _odd(args: Sequence[Value]) -> Value:
    """Return the next odd number away from zero (Airtable's formula reference); 1 for 0."""
    number = to_number(args[0])
    if not math.isfinite(number):
        return number
    whole = math.ceil(abs(number))
    return math.copysign(whole + (whole % 2 == 0), number if number else 1)


def _extreme(choose: Callable[[Sequence[Value]], Value]) -> Callable[[Sequence[Value]], Value]:
    """Return a function for the least or the greatest of numbers, or of dates when there are only dates."""

    def apply(args: Sequence[Value]) -> Value:
        filled = [each for each in flat(args) if not is_blank(each)]
        if filled and all(isinstance(each, date) for each in filled):
            return choose(filled)
        return choose(list(numbers(args)))

    return apply


def _instant(value: Value) -> float:
    found = to_moment(value) if isinstance(value, date) else None
    return found.timestamp() if found else to_number(value)


NUMERIC: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "ABS": Strict(1, 1, lambda args: abs(to_number(args[0]))),
        "ROUND": Strict(1, 2, _rounding(_half_up)),
        "ROUNDUP": Strict(1, 2, _rounding(_away)),
        "ROUNDDOWN": Strict(1, 2, _rounding(math.trunc)),
        "INT": Strict(1, 1, _stepped(math.floor)),
        "CEILING": Strict(1, 2, _stepped(math.ceil)),
        "FLOOR": Strict(1, 2, _stepped(math.floor)),
        "EVEN": Strict(1, 1, _even),
        "ODD": Strict(1, 1, _odd),
        "MOD": Strict(2, 2, _modulo),
        "POWER": Strict(2, 2, _power),
        "SQRT": Strict(1, 1, _guarded(math.sqrt)),
        "EXP": Strict(1, 1, _guarded(math.exp)),
        "LOG": Strict(1, 2, _log),
        "SUM": Strict(1, None, lambda args: sum(numbers(args))),
        "MIN": Strict(1, None, _extreme(lambda values: min(values, key=_instant, default=0))),
        "MAX": Strict(1, None, _extreme(lambda values: max(values, key=_instant, default=0))),
        "AVERAGE": Strict(1, None, _average),
        "COUNT": Strict(1, None, lambda args: sum(1 for _ in numbers(args))),
        "COUNTA": Strict(1, None, lambda args: sum(not is_blank(each) for each in flat(args))),
        "COUNTALL": Strict(1, None, lambda args: sum(1 for _ in flat(args))),
    }
)
"""Number functions by name."""
