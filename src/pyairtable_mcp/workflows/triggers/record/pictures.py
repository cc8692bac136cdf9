"""What is remembered of records where nobody tells of changes, and what a new look at them shows.

A cell that takes little room, or that a formula names, is remembered as it is; of any other a digest.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.workflows.triggers.record.cells import steady
from pyairtable_mcp.workflows.triggers.record.events import Change
from pyairtable_mcp.workflows.triggers.record.watch import Cells, Watch

ROOM: Final = 200
"""Characters of JSON that a cell may take to be remembered as it is."""

Picture = Mapping[str, JsonValue]
"""What is remembered of a record: `created`, `cells`, `digests` and `names`, the last three by field id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glance:
    """A record as it is now, with what Airtable shows for cells of links that formulas name."""

    record: Record
    names: Cells


def picture(watch: Watch, glance: Glance) -> Picture:
    """Return what is to be remembered of a record."""
    cells: dict[str, JsonValue] = {}
    digests: dict[str, JsonValue] = {}
    for field in watch.seen:
        cell = steady(glance.record.fields.get(field.id))
        if cell is None:
            continue
        text = json.dumps(cell, separators=(",", ":"), sort_keys=True)
        if len(text) <= ROOM or field.id in watch.named:
            cells[field.id] = cell
        else:
            digests[field.id] = hashlib.sha256(text.encode()).hexdigest()[:32]
    names = {key: glance.names[key] for key in watch.links if key in glance.names}
    return {"created": glance.record.created_time, "cells": cells, "digests": digests, "names": names}


def compare(
    watch: Watch, known: Mapping[str, Picture], glances: Iterable[Glance], key: str, since: float, now: float
) -> Iterator[tuple[Change, Picture]]:
    """Yield what changed since the pictures were made, each with the record's new picture.

    `key` tells this look from every other one; between `since` and `now` the changes happened.
    """
    for glance in glances:
        record, new = glance.record, picture(watch, glance)
        old = known.get(record.id)
        if old is None:
            yield Change(
                what="created", record=record.id, key=f"{record.id}:created:{key}", since=since, until=now,
                created=record.created_time, after=record.fields, names=glance.names,
                changed=frozenset(record.fields),
            ), new  # fmt: skip
        elif changed := _differing(old, new):
            yield Change(
                what="changed", record=record.id, key=f"{record.id}:changed:{key}", since=since, until=now,
                created=record.created_time, before=_part(old, "cells"), former=_part(old, "names"),
                after=record.fields, names=glance.names, changed=changed,
            ), new  # fmt: skip


def deleted(record: str, known: Picture, key: str, since: float, now: float) -> Change:
    """Return the change that a record is gone."""
    return Change(
        what="deleted", record=record, key=f"{record}:deleted:{key}", since=since, until=now,
        created=str(known.get("created", "")), before=_part(known, "cells"), former=_part(known, "names"),
    )  # fmt: skip


def _differing(old: Picture, new: Picture) -> frozenset[str]:
    was, now = ({**_part(one, "cells"), **_part(one, "digests")} for one in (old, new))
    return frozenset(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))


def _part(one: Picture, name: str) -> Cells:
    found = one.get(name)
    return found if isinstance(found, Mapping) else {}
