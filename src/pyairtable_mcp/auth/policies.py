"""Policies by name, as an operator writes them in a TOML or JSON file.

    [support]
    read_only = true
    bases = ["Studio", "appXyz…", "Client *"]     # or { "Studio" = ["Tasks"], "Client *" = ["*"] }
    tables = ["Tasks", "Public *"]
    toolsets = ["read", "saga"]
    approve = ["delete", "schema"]
    approve_over = 50
    read_records = 100
    write_records = 10
    calls_per_minute = { read = 120, write = 30 }

What is left out is not bounded by the policy.
"""

import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pyairtable_mcp.base.errors import NotConfigured, UnknownName
from pyairtable_mcp.base.patterns import Place, Reach, places_of
from pyairtable_mcp.base.policy import APPROVABLE, SCOPES, Policy
from pyairtable_mcp.base.settings import TOOLSETS
from pyairtable_mcp.base.text import closest, listed, quoted

Policies = Mapping[str, Policy]
W = TypeVar("W", bound=str)


class _Slip(Exception):
    """What is wrong with a value, as a part of a sentence."""


def policy_of(policies: Policies, name: str) -> Policy:
    """Return a policy by name; "" is the one that bounds nothing. Raises `UnknownName`."""
    if not name:
        return Policy()
    if name not in policies:
        near = closest(name, policies) or sorted(policies)
        hint = "" if policies else "There are none: the setting auth.policies names their file."
        raise UnknownName(f"There is no policy {quoted(name)}.", hint=hint, candidates=near)
    return policies[name]


def read_policies(where: str) -> Policies:
    """Return the policies of a file, or of the JSON object that stands there itself; "" has none.

    Raises `NotConfigured`, naming the policy, the key and the closest right one.
    """
    if not where:
        return {}
    document = _document(where)
    wrong = sorted(name for name, written in document.items() if not isinstance(written, dict))
    if wrong:
        raise NotConfigured(
            f"Policy {quoted(wrong[0])} is not a table of keys.",
            hint="Each policy stands under its name, e.g. [support] with read_only = true below.",
        )
    return {name: _policy(name, written) for name, written in document.items()}


def _document(where: str) -> Mapping[str, Any]:
    inline = where.lstrip().startswith("{")
    shown = "The policies" if inline else f"The file of policies {where}"
    try:
        text = where if inline else Path(where).read_text(encoding="utf-8")
        found = json.loads(text) if inline or where.endswith(".json") else tomllib.loads(text)
    except OSError as error:
        raise NotConfigured(f"{shown} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise NotConfigured(f"{shown}: {error}.") from None
    if not isinstance(found, dict):
        raise NotConfigured(f"{shown}: this is no object of policies by name.")
    return found


def _policy(name: str, written: Mapping[str, Any]) -> Policy:
    policy = Policy(name=name)
    for key, value in written.items():
        reader = _READERS.get(key)
        if reader is None:
            near = closest(key, _READERS, count=1) or sorted(_READERS)
            raise NotConfigured(
                f"Policy {quoted(name)}: there is no key {quoted(key)}.",
                hint=f"Did you mean {listed(near)}?",
                candidates=near,
            )
        try:
            policy = reader(policy, value)
        except _Slip as problem:
            raise NotConfigured(f"Policy {quoted(name)}, {key}: {problem}.") from None
    return policy


def _reach(policy: Policy) -> Reach:
    return policy.reach or Reach()


def _bases(policy: Policy, value: object) -> Policy:
    if isinstance(value, dict):
        places = tuple(Place(base, _words(tables)) for base, tables in value.items())
    else:
        places = places_of(_words(value))
    return replace(policy, reach=replace(_reach(policy), places=places))


def _tables(policy: Policy, value: object) -> Policy:
    return replace(policy, reach=replace(_reach(policy), tables=_words(value)))


def _rates(policy: Policy, value: object) -> Policy:
    if not isinstance(value, dict):
        raise _Slip("it is an object, e.g. { read = 120, write = 30 }")
    kinds = _known(tuple(value), SCOPES)
    return replace(policy, calls_per_minute={kind: _count(value[kind], least=1) for kind in kinds})


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Slip("it is true or false")
    return value


def _count(value: object, *, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _Slip(f"it is a whole number, {least} or more")
    return value


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise _Slip('it is a list of names, ids and patterns, e.g. ["Studio", "Client *"]')
    return tuple(value)


def _known(words: Collection[object], right: tuple[W, ...]) -> tuple[W, ...]:
    for word in words:
        if word not in right:
            near = closest(str(word), right, count=1) or right
            raise _Slip(f"there is no {quoted(str(word))}; did you mean {listed(near)}")
    return tuple(each for each in right if each in words)


_READERS: Final[Mapping[str, Callable[[Policy, Any], Policy]]] = {
    "read_only": lambda policy, value: replace(policy, read_only=_switch(value)),
    "toolsets": lambda policy, value: replace(policy, toolsets=frozenset(_known(_words(value), TOOLSETS))),
    "bases": _bases,
    "tables": _tables,
    "approve": lambda policy, value: replace(policy, approve=frozenset(_known(_words(value), APPROVABLE))),
    "approve_over": lambda policy, value: replace(policy, approve_over=_count(value)),
    "read_records": lambda policy, value: replace(policy, read_records=_count(value)),
    "write_records": lambda policy, value: replace(policy, write_records=_count(value)),
    "calls_per_minute": _rates,
}
