"""A base's shape: one line per field, as much detail as fits."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pyairtable_mcp.airtable.models import Field, Table
from pyairtable_mcp.base.text import cut, quoted, tokens, visible
from pyairtable_mcp.operations.field_types import choices, kind_of, type_of
from pyairtable_mcp.operations.results import BaseList, Description, Detail
from pyairtable_mcp.surface.render.page import HARD_TOKENS, Paper, fitting

BASE_TOKENS: Final = 5_000
SHORT_TOKENS: Final = 6_000
_SHOWN_CHOICES: Final = 30
_Names = Mapping[str, str]
_Line = Callable[[Field, _Names], str]


def bases_text(found: BaseList, paper: Paper) -> str:
    """Return one line per base: name, id and what the token may do there."""
    if not found.total:
        return "This token can use no base. Give it access to one in Airtable's token settings."
    if not found.bases:
        return f"None of the {found.total} bases has such a name."
    lines = [" ".join(filter(None, [visible(b.name), b.id, b.permission_level])) for b in found.bases]
    told = fitting(lines, HARD_TOKENS)
    more = "" if len(told) == len(lines) else f" {len(lines) - len(told)} more: use search."
    return f"{len(found.bases)} of {found.total} bases.{more}\n" + paper.fenced(told)


def description_text(what: Description, paper: Paper) -> str:
    """Return the tables at the detail asked for, or the richest that fits when that is too long."""
    names = {table.id: table.name for table in what.all_tables}
    names |= {field.id: field.name for table in what.all_tables for field in table.fields}
    one = len(what.tables) == 1 < len(what.all_tables)
    long = one or what.detail is Detail.FULL
    for lines, note, ceiling in _versions(what, names):
        if tokens("\n".join(lines)) <= (HARD_TOKENS if long else ceiling):
            return "\n".join([_heading(what) + note, paper.fenced(lines)])
    lines = [_table_line(table) for table in what.tables]
    told = fitting(lines, HARD_TOKENS if long else SHORT_TOKENS)
    left = f" {len(lines) - len(told)} tables left out." if len(told) < len(lines) else ""
    note = f" Too long to show the fields: ask for one table.{left}"
    return "\n".join([_heading(what) + note, paper.fenced(told)])


def _heading(what: Description) -> str:
    count = f"{len(what.tables)} of {len(what.all_tables)} tables"
    return f"Base {quoted(what.base.name)}: {count}."


def _versions(what: Description, names: _Names) -> list[tuple[list[str], str, int]]:
    """Return the description from rich to poor, each with what it leaves out and the tokens it may take."""
    if what.detail is Detail.TABLES:
        return [([_table_line(table) for table in what.tables], "", SHORT_TOKENS)]
    versions: list[tuple[list[str], str, int]] = []
    if what.detail is Detail.FULL:
        versions.append((_with_fields(what.tables, names, _full_line, full=True), "", HARD_TOKENS))
    versions.append((_with_fields(what.tables, names, _field_line), "", BASE_TOKENS))
    note = " No type means text; options are counted: ask for one table to see them."
    versions.append((_with_fields(what.tables, names, _short_line), note, SHORT_TOKENS))
    return versions


def _table_line(table: Table) -> str:
    return f"{visible(table.name)}: {len(table.fields)} fields, {len(table.views)} views"


def _with_fields(tables: Sequence[Table], names: _Names, line: _Line, *, full: bool = False) -> list[str]:
    lines: list[str] = []
    for table in tables:
        lines.append(f"# {visible(table.name)}" + (f" {table.id}" if full else ""))
        if full and table.description:
            lines.append(f"  {visible(cut(table.description, 500))}")
        lines += [line(field, names) for field in _primary_first(table)]
        if full:
            views = ", ".join(f"{visible(view.name)} ({view.type}, {view.id})" for view in table.views)
            lines.append(f"views: {views}")
    return lines


def _primary_first(table: Table) -> list[Field]:
    return sorted(table.fields, key=lambda field: field.id != table.primary_field_id)


def _field_line(field: Field, names: _Names) -> str:
    return f"{visible(field.name)}: {_kind_text(field)}{_choices_text(field)}{_detail(field, names)}"


def _short_line(field: Field, names: _Names) -> str:
    if field.type == "singleLineText":
        return visible(field.name)
    known = choices(field)
    kind = f"{_kind_text(field)} of {len(known)}" if known else _kind_text(field)
    told = f"{kind}{_detail(field, names)}".removeprefix("links ")
    return f"{visible(field.name)}: {told}"


def _full_line(field: Field, names: _Names) -> str:
    formula = field.options.get("formula")
    about = f" = {visible(cut(str(formula), 300))}" if formula else ""
    described = f" -- {visible(cut(field.description, 300))}" if field.description else ""
    return f"{_field_line(field, names)}{about} {field.id}{described}"


def _kind_text(field: Field) -> str:
    short = type_of(field).short
    return f"{short} of {kind_of(field).value}" if field.type in ("formula", "rollup") else short


def _choices_text(field: Field) -> str:
    known = list(choices(field).values())
    if not known:
        return ""
    more = f"|… {len(known) - _SHOWN_CHOICES} more" if len(known) > _SHOWN_CHOICES else ""
    return f" ({'|'.join(visible(cut(choice, 60)) for choice in known[:_SHOWN_CHOICES])}{more})"


def _detail(field: Field, names: _Names) -> str:
    options = field.options
    if field.type == "multipleRecordLinks":
        one = " (one)" if options.get("prefersSingleRecordLink") is True else ""
        return f" → {visible(names.get(str(options.get('linkedTableId')), 'another table'))}{one}"
    if field.type in ("multipleLookupValues", "rollup", "count"):
        via = names.get(str(options.get("recordLinkFieldId")), "")
        what = names.get(str(options.get("fieldIdInLinkedTable")), "")
        source = ".".join(visible(part) for part in (via, what) if part)
        return f" ({source})" if source else ""
    if field.type == "rating":
        return f" 1-{options.get('max', 5)}"
    return f" {options['symbol']}" if field.type == "currency" and options.get("symbol") else ""
