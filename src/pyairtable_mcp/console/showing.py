"""Sagas as a person reads them at a terminal. Whatever comes out of Airtable is plain text here."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pyairtable_mcp.base.sagas import Status
from pyairtable_mcp.base.text import cut, visible
from pyairtable_mcp.engine.tools.depicting import RecordDiff, StepDiff
from pyairtable_mcp.engine.tools.views import SagaView

_WIDE: Final = 160
_LONGEST: Final = 300
_SILENT: Final = ("relink", "consent")
"""Kinds of steps that are not worth a line when they write nothing."""
_STYLES: Final = {
    Status.COMPLETED: "green",
    Status.COMPENSATED: "yellow",
    Status.CANCELLED: "yellow",
    Status.COMPENSATION_FAILED: "bold red",
    Status.AWAITING_APPROVAL: "bold cyan",
}
_NEXT: Final = {
    Status.COMPLETED: ("sagas undo {} takes it back",),
    Status.AWAITING_APPROVAL: ("sagas approve {} lets it run", "sagas reject {} ends it"),
    Status.RUNNING: ("sagas cancel {} stops it and takes it back", "sagas resume {} goes on with it at once"),
    Status.COMPENSATION_FAILED: (
        "sagas resume {} tries again, with --force over what people changed",
        "sagas resolve {} --note … notes that somebody has dealt with it",
    ),
}


def console() -> Console:
    """Return a console that breaks lines at a terminal only."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=_WIDE)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment to the minute."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def state(view: SagaView) -> Text:
    """Return a state in its colour."""
    told = view.status.value.replace("_", " ")
    return Text(f"{told}, resolved" if view.resolved else told, _STYLES.get(view.status, ""))


def table_of(views: Sequence[SagaView], zone: ZoneInfo) -> RenderableType:
    """Return sagas as a table, or a sentence when there are none."""
    if not views:
        return Text("No sagas.")
    table = Table("Saga", "When", "State", "Title", "Note", box=None, pad_edge=False)
    table.columns[0].no_wrap = table.columns[1].no_wrap = table.columns[2].no_wrap = True
    for view in views:
        note = "; ".join(filter(None, [f"takes back {view.undoes}" if view.undoes else "", view.why]))
        table.add_row(view.id, moment(view.created, zone), state(view), plain(view.title), plain(note))
    return table


def whole(view: SagaView, steps: Sequence[StepDiff], zone: ZoneInfo) -> RenderableType:
    """Return all about one saga."""
    undoes = f", takes back {view.undoes}" if view.undoes else ""
    head = Text.assemble((view.id, "bold"), f"  {moment(view.created, zone)}  ", state(view), undoes)
    parts: list[RenderableType] = [head, plain(view.title)]
    parts += [Text.assemble("Why: ", plain(view.why))] if view.why else []
    parts += [Text.assemble("Resolved: ", plain(view.resolved))] if view.resolved else []
    parts += diff_of(steps)
    parts += [*_troubles(view), *_question(view)]
    hints = () if view.resolved else _NEXT.get(view.status, ())
    parts += [Text(f"pyairtable-mcp {hint.format(view.id)}.", "dim") for hint in hints]
    return Group(*parts)


def _troubles(view: SagaView) -> Iterator[Text]:
    for one in view.left:
        told = " ".join(filter(None, [one.record, one.field, one.why]))
        yield Text.assemble(("Left as it is: ", "red"), plain(told))
    for lost in view.lost:
        yield Text.assemble(("Not to be had back: ", "red"), plain(lost))


def _question(view: SagaView) -> Iterator[Text]:
    if view.question is None:
        return
    yield Text.assemble(("Waits for approval: ", "bold cyan"), plain(view.question.why))
    for lost in view.question.lost:
        yield Text.assemble(("Could not be taken back: ", "red"), plain(lost))


def diff_of(steps: Sequence[StepDiff]) -> list[RenderableType]:
    """Return what each step does to each record, cell by cell."""
    parts: list[RenderableType] = []
    for step in steps:
        if step.kind in _SILENT and not step.records:
            continue
        kind = f" ({step.kind})" if step.kind != step.id else ""
        parts.append(Text.assemble((f"{_title(step)}{kind}", "bold"), f": {step.status}"))
        parts += [Padding(_record(record), (0, 0, 0, 2), expand=False) for record in step.records]
    return parts


def _title(step: StepDiff) -> str:
    return "Taking back" if step.kind == "undo" and step.id.isdigit() else f"Step {visible(step.id)}"


def _record(record: RecordDiff) -> RenderableType:
    head = Text.assemble(
        (record.does, "yellow"), " ", (record.record or "(new)", "bold"), " in ", plain(record.table),
        f": {record.fate}" if record.fate else "",
    )  # fmt: skip
    if not record.cells:
        return head
    cells = Table.grid(padding=(0, 1))
    for cell in record.cells:
        cells.add_row(
            "  ", plain(cell.name), plain(cell.before or "(empty)", "red"), "→",
            plain(cell.after or "(empty)", "green"),
        )  # fmt: skip
    return Group(head, cells)


def plain(text: str, style: str = "") -> Text:
    """Return text with nothing in it that a terminal would obey."""
    return Text(visible(cut(text, _LONGEST)), style)
