"""A checked formula: its problems with a caret under each, or what it comes to."""

import json
from collections.abc import Mapping

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.base.text import counted, cut, listed, quoted, visible
from pyairtable_mcp.operations.results import FormulaCheck, FormulaProblem, Sample
from pyairtable_mcp.surface.render.page import Paper

_SHOWN_PROBLEMS = 10


def check_text(check: FormulaCheck, paper: Paper) -> str:
    """Return the problems, or the result type, the fields used and the sample's value."""
    if check.problems:
        shown = check.problems[:_SHOWN_PROBLEMS]
        more = len(check.problems) - len(shown)
        lines = [line for each in shown for line in _problem(each)] + ([f"and {more} more"] if more else [])
        return "\n".join([f"Not valid: {counted(len(check.problems), 'problem')}.", *lines])
    fields = f"reads {listed(check.fields)}" if check.fields else "reads no field"
    head = f"Valid: gives {_type_text(check.result)}, {fields}."
    return f"{head}\n{_sample(check.sample, paper)}" if check.sample else head


def _problem(problem: FormulaProblem) -> list[str]:
    closest = f"; closest: {listed(problem.candidates)}" if problem.candidates else ""
    lines = [visible(line) for line in problem.where.split("\n")] if problem.where else []
    return [f"- {visible(cut(problem.message, 300))}{closest}", *lines]


def _type_text(result: Mapping[str, Json]) -> str:
    options = result.get("options")
    precision = options.get("precision") if isinstance(options, Mapping) else None
    decimals = f" ({counted(precision, 'decimal')})" if isinstance(precision, int) and precision else ""
    return f"{result.get('type')}{decimals}"


def _sample(sample: Sample, paper: Paper) -> str:
    if sample.failure:
        value = f"#ERROR! ({visible(cut(sample.failure, 200))})"
    else:
        value = visible(cut(json.dumps(sample.value, ensure_ascii=False), paper.cell))
    return f"For {quoted(sample.record)}:\n{paper.fenced([value])}"
