"""What became of rows that were sent and never answered: one pure decision over what is found since.

Rows and the new records are matched as multisets on the values sent. The rule:

- Records that nothing else explains, no more of them than rows of the same values were sent, are adopted.
- More of them than were sent means somebody else made some: which are ours cannot be told, and no row of
  those values is decided.
- A row without a record is missing, and may be sent again, unless some unexplained new record resembles it:
  it may be that row after an automation or a person changed it.
- A match that rests on unsure comparisons counts only when it is the only one possible on both sides; a row
  that says nothing (no value sent is filled) is decided only where no new record is left unexplained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pydantic import JsonValue

from pyairtable_mcp.airtable.likeness import Likeness, compare
from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.outcomes import Row


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known of each row, by its place: the record it became, that it is missing, or neither."""

    adopted: Mapping[int, Record]
    missing: tuple[int, ...]
    undecided: tuple[int, ...]


class Bond(Enum):
    """How a new record relates to a row."""

    EXACT = "exact"
    LIKELY = "likely"
    """Nothing contradicts, something agrees, and something cannot be told."""
    VAGUE = "vague"
    """It may be that row, changed since or sent without values."""
    NONE = "none"


def bond(row: Row, fields: Mapping[str, JsonValue], *, typecast: bool) -> Bond:
    """Say how a record with these cells relates to a row that was sent."""
    shades = [compare(sent, fields.get(field), typecast=typecast) for field, sent in row.items()]
    same, different = shades.count(Likeness.SAME), shades.count(Likeness.DIFFERENT)
    if different:
        return Bond.VAGUE if same > different + shades.count(Likeness.UNSURE) else Bond.NONE
    if not same:
        return Bond.VAGUE
    return Bond.LIKELY if Likeness.UNSURE in shades else Bond.EXACT


def settle(
    rows: Sequence[Row], records: Sequence[Record], *, typecast: bool, others: Sequence[Row] = ()
) -> Settled:
    """Decide what became of `rows`, given every new record that is not spoken for.

    `others` are rows of the same kind whose fate is open as well: they explain records, and get none here.
    """
    bonds = [[bond(row, one.fields, typecast=typecast) for one in records] for row in (*rows, *others)]
    firm = [[at for at, one in enumerate(line) if one in (Bond.EXACT, Bond.LIKELY)] for line in bonds]
    mates = _matched(firm)
    blurred = {at for group in _groups(firm) if not _clear(group, bonds, firm, mates) for at in group}
    unexplained = set(range(len(records))) - set(mates.values())
    adopted: dict[int, Record] = {}
    missing: list[int] = []
    undecided: list[int] = []
    for at in range(len(rows)):
        if at in blurred:
            undecided.append(at)
        elif at in mates:
            adopted[at] = records[mates[at]]
        elif any(bonds[at][each] is Bond.VAGUE for each in unexplained):
            undecided.append(at)
        else:
            missing.append(at)
    return Settled(adopted, tuple(missing), tuple(undecided))


def _matched(firm: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return row -> record, as many pairs as there can be; earlier rows are served first."""
    owner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        # Free ones first, so that rows alike get records in the order they are found.
        for record in sorted(firm[row], key=owner.__contains__):
            if record not in tried:
                tried.add(record)
                if record not in owner or place(owner[record], tried):
                    owner[record] = row
                    return True
        return False

    for row in range(len(firm)):
        place(row, set())
    return {row: record for record, row in owner.items()}


def _groups(firm: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the rows in groups that share records, directly or through each other."""
    groups: list[tuple[list[int], set[int]]] = []
    for row, records in enumerate(firm):
        joined: tuple[list[int], set[int]] = ([row], set(records))
        apart = []
        for group in groups:
            if group[1] & joined[1]:
                joined = ([*group[0], *joined[0]], group[1] | joined[1])
            else:
                apart.append(group)
        groups = [*apart, joined]
    return [rows for rows, records in groups if records]


def _clear(
    group: Sequence[int],
    bonds: Sequence[Sequence[Bond]],
    firm: Sequence[Sequence[int]],
    mates: Mapping[int, int],
) -> bool:
    """Tell whether every record of a group is explained by a row, with no guess between several."""
    records = {record for row in group for record in firm[row]}
    if len(records) > sum(row in mates for row in group):
        return False
    sure = all(bonds[row][record] is Bond.EXACT for row in group for record in firm[row])
    return sure or len(group) == len(records) == 1
