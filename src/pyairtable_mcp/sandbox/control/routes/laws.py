"""What requests meet: faults, the rate, the quota."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.control.asking import Asking, number, text, truth, unknown, whole
from pyairtable_mcp.sandbox.control.steering import Control
from pyairtable_mcp.sandbox.http.faults import Fault
from pyairtable_mcp.sandbox.wire import invalid


def _anything(body: JsonObject, key: str) -> Json:
    return body[key]


def _optional(body: JsonObject, key: str) -> str:
    return text(body, key, "")


def _headers(body: JsonObject, key: str) -> Mapping[str, str]:
    given = body[key]
    told = (
        {name: each for name, each in given.items() if isinstance(each, str)}
        if isinstance(given, dict)
        else {}
    )
    if not isinstance(given, dict) or len(told) < len(given):
        raise invalid(f"{key} must be an object of texts")
    return told


_READ: Final[Mapping[str, Callable[[JsonObject, str], object]]] = MappingProxyType(
    {
        "method": _optional,
        "path_contains": _optional,
        "route": _optional,
        "kind": text,
        "status": whole,
        "body": _anything,
        "text": _optional,
        "headers": _headers,
        "keep": whole,
        "before_commit": truth,
        "delay": number,
        "times": whole,
        "skip": whole,
        "chance": number,
        "seed": whole,
    }
)
"""How the arguments of a `Fault` are read; they keep their names."""


def read_fault(given: Json) -> Fault:
    """Return a fault; refuse unknown keys and what makes no sense."""
    if not isinstance(given, dict):
        raise invalid("a fault is an object")
    if strange := sorted(set(given) - set(_READ)):
        raise invalid(f"unknown key {strange[0]!r}: a fault takes {', '.join(_READ)}")
    arguments: dict[str, Any] = {key: _READ[key](given, key) for key in given}
    try:
        return Fault(**arguments)
    except ValueError as error:
        raise invalid(str(error)) from error


async def list_faults(control: Control, ask: Asking) -> Json:
    """Answer the faults that are waiting."""
    ask.takes()
    return _faults(control)


async def add_faults(control: Control, ask: Asking) -> Json:
    """Queue one fault, or several, all or none."""
    if "faults" in ask.body:
        ask.takes(body={"faults"})
        given = ask.body["faults"]
        if not isinstance(given, list):
            raise invalid("faults must be a list")
        control.faults.add(*[read_fault(each) for each in given])
    else:
        control.faults.add(read_fault(ask.body))
    return _faults(control)


async def clear_faults(control: Control, ask: Asking) -> Json:
    """Forget every fault."""
    ask.takes()
    control.faults.clear()
    return _faults(control)


async def remove_fault(control: Control, ask: Asking) -> Json:
    """Forget one fault."""
    ask.takes()
    given, numbers = ask.path["number"], [str(each.number) for each in control.faults]
    if given not in numbers:
        raise unknown("fault", given, numbers)
    control.faults.remove(int(given))
    return _faults(control)


def _faults(control: Control) -> JsonObject:
    shown: list[Json] = []
    for each in control.faults:
        told = {one.name: getattr(each.fault, one.name) for one in fields(Fault)}
        shown.append({"number": each.number, **told, "seen": each.seen, "met": each.met})
    return {"faults": shown}


async def show_limits(control: Control, ask: Asking) -> Json:
    """Answer the laws: requests a second for each base, calls a month, 0 for no limit."""
    ask.takes()
    return _limits(control)


async def set_limits(control: Control, ask: Asking) -> Json:
    """Set one law or both; the rate forgets arrivals and penalties."""
    ask.takes(body={"rate", "quota"})
    rate = whole(ask.body, "rate", control.law.rate)
    quota = whole(ask.body, "quota", control.quota.limit)
    if "rate" in ask.body:
        control.law.rate = rate
    control.quota.limit = quota
    return _limits(control)


def _limits(control: Control) -> JsonObject:
    return {"rate": control.law.rate, "quota": control.quota.limit, "used": control.quota.used}
