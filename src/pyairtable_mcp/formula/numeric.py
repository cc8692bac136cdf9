"""Number functions. Aggregates skip blanks and text inside lists, as Airtable's do."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.formula.kinds import Function, Strict
from pyairtable_mcp.formula.operators import divided
from pyairtable_mcp.formula.values import Failed, Value, flat, is_blank, to_number

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
    return math.copysign(math.floor(abs(number) + 0.5), number)


def _away(number: float) -> float:
    return math.copysign(math.ceil(abs(number)), number)


def _stepped(rule: Callable[[float], int]) -> Callable[[Sequence[Value]], Value]:
    def apply(args: Sequence[Value]) -> Value:
        number, step = to_number(args[0]), to_number(args[1]) if len(args) > 1 else 1
        if step == 0 or not math.isfinite(number) or not math.isfinite(number / step):
            return number if step else 0
        return rule(number / step) * step

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
    return math.log(number, base)


def _average(args: Sequence[Value]) -> Value:
    found = list(numbers(args))
    return divided(sum(found), len(found))


def _parity(odd: int) -> Callable[[Sequence[Value]], Value]:
    def apply(args: Sequence[Value]) -> Value:
        number = to_number(args[0])
        if not math.isfinite(number):
            return number
        whole = math.ceil(abs(number))
        return math.copysign(whole + (whole % 2 != odd), number if number else 1)

    return apply


NUMERIC: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "ABS": Strict(1, 1, lambda args: abs(to_number(args[0]))),
        "ROUND": Strict(1, 2, _rounding(_half_up)),
        "ROUNDUP": Strict(1, 2, _rounding(_away)),
        "ROUNDDOWN": Strict(1, 2, _rounding(math.trunc)),
        "INT": Strict(1, 1, _stepped(math.floor)),
        "CEILING": Strict(1, 2, _stepped(math.ceil)),
        "FLOOR": Strict(1, 2, _stepped(math.floor)),
        "EVEN": Strict(1, 1, _parity(0)),
        "ODD": Strict(1, 1, _parity(1)),
        "MOD": Strict(2, 2, _modulo),
        "POWER": Strict(2, 2, _power),
        "SQRT": Strict(1, 1, _guarded(math.sqrt)),
        "EXP": Strict(1, 1, _guarded(math.exp)),
        "LOG": Strict(1, 2, _log),
        "SUM": Strict(1, None, lambda args: sum(numbers(args))),
        "MIN": Strict(1, None, lambda args: min(numbers(args), default=0)),
        "MAX": Strict(1, None, lambda args: max(numbers(args), default=0)),
        "AVERAGE": Strict(1, None, _average),
        "COUNT": Strict(1, None, lambda args: sum(1 for _ in numbers(args))),
        "COUNTA": Strict(1, None, lambda args: sum(not is_blank(each) for each in flat(args))),
        "COUNTALL": Strict(1, None, lambda args: sum(1 for _ in flat(args))),
    }
)
"""Number functions by name."""
