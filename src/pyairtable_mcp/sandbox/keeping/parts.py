"""The parts of a workspace as JSON and back: what stands outside its bases, each base, each record.

The fields of the state's own classes decide what is written, so a field added there is kept without a line
here. Bytes are written as base64. Text must be Unicode: a lone surrogate cannot be written.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import islice
from typing import Any, Final, get_type_hints

from pydantic import ConfigDict, TypeAdapter

from pyairtable_mcp.sandbox.state.model import Base, Record, Workspace
from pyairtable_mcp.sandbox.state.webhooks import Payload

_APART: Final = frozenset({"clock", "rng", "bases", "uploads", "changes", "bell"})
"""Fields of a workspace that are no part of their own: kept elsewhere, or not at all."""

_CONFIG: Final = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")

_NAMES: Final = {"Json": Any, "Sequence": Sequence, "Mapping": Mapping}
"""What names in the state's annotations mean here: any JSON is taken as it was written."""

_GROWING: Final = {"__all__": {"tables": {"__all__": {"records"}}, "webhooks": {"__all__": {"payloads"}}}}
"""What a base has more and more of: records and payloads are parts of their own."""

_BATCH: Final = 2_000
"""Records read at once."""


def dump_outside(workspace: Workspace) -> dict[str, bytes]:
    """Return everything outside the bases but uploads, by the name of the workspace's field."""
    return {name: _dump(kind, getattr(workspace, name)) for name, kind in _outside_kinds().items()}


def load_outside(workspace: Workspace, parts: Mapping[str, bytes]) -> None:
    """Put parts written by `dump_outside` in place of what is held; raise `ValueError` for others."""
    for name, kind in _outside_kinds().items():
        if name in parts:
            (value,) = _load(kind, [parts[name]])
            held = getattr(workspace, name)
            if isinstance(held, deque):
                # A queue's bound is not written.
                value = deque(value, held.maxlen)
            setattr(workspace, name, value)


def dump_base(base: Base, *, whole: bool = False) -> bytes:
    """Return a base, without its records and payloads unless the whole is asked for."""
    return _dump(Base, base, None if whole else _GROWING)


def load_base(part: bytes) -> Base:
    """Return a base as written by `dump_base`; raise `ValueError` for anything else."""
    bases: Sequence[Base] = _load(Base, [part])
    return bases[0]


def dump_record(record: Record) -> bytes:
    """Return a record."""
    return _dump(Record, record)


def load_records(parts: Iterable[bytes]) -> Iterator[Record]:
    """Yield records as written by `dump_record`; raise `ValueError` for anything else."""
    rest = iter(parts)
    while batch := list(islice(rest, _BATCH)):
        yield from _load(Record, batch)


def dump_payload(payload: Payload) -> bytes:
    """Return a payload of a webhook."""
    return _dump(Payload, payload)


def load_payloads(parts: Iterable[bytes]) -> deque[Payload]:
    """Return payloads as written by `dump_payload`; raise `ValueError` for anything else."""
    return deque(_load(Payload, list(parts)))


def _dump(kind: Any, value: object, exclude: Any = None) -> bytes:
    return _adapter(kind).dump_json([value], exclude=exclude)[1:-1]


def _load(kind: Any, parts: Sequence[bytes]) -> list[Any]:
    found = _adapter(kind).validate_json(b"[" + b",".join(parts) + b"]")
    if len(found) != len(parts):
        raise ValueError("a part is not one part")
    return found


@cache
def _adapter(kind: Any) -> TypeAdapter[list[Any]]:
    """Return what turns a list of `kind` into JSON and back."""
    adapter: TypeAdapter[list[Any]] = TypeAdapter(list[kind], config=_CONFIG)
    adapter.rebuild(force=True, _types_namespace=_NAMES)
    return adapter


@cache
def _outside_kinds() -> Mapping[str, Any]:
    kinds = get_type_hints(Workspace, localns=_NAMES)
    return {each.name: kinds[each.name] for each in fields(Workspace) if each.name not in _APART}
