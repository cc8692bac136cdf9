"""Durations: seconds, written and read as `h:mm` or `h:mm:ss` with up to three decimals.

How they are spelled follows Airtable's article on the duration field type: below an hour formats with seconds
leave the hours out, and what is finer than the format rounds up.
"""

import math
import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.formula.values import Value, number_text, parse_number, to_number
from pyairtable_mcp.sandbox.fields.kinds import Incoming
from pyairtable_mcp.sandbox.fields.numbers import number_of
from pyairtable_mcp.sandbox.state.model import Field

_CLOCK: Final = re.compile(r"(-?)(\d{1,9})(?::(\d{1,9}))?:(\d{1,9}(?:\.\d{1,9})?)", re.ASCII)
_WORDS: Final = re.compile(
    r"(?:(?P<h>\d{1,9})\s*h\w*)?\s*(?:(?P<m>\d{1,9})\s*m\w*)?\s*(?:(?P<s>\d{1,9}(?:\.\d{1,9})?)\s*s\w*)?",
    re.ASCII | re.IGNORECASE,
)


def _format(field: Field) -> str:
    form = field.options.get("durationFormat")
    return form if isinstance(form, str) else "h:mm"


def duration_of(incoming: Incoming) -> Json:
    """Take seconds; under typecast also clock times such as `1:30` or `1:02:03.5`, and `1h 30m`.

    Two parts are hours and minutes, or minutes and seconds when the field's format has seconds.
    """
    raw = incoming.raw
    if isinstance(raw, str) and incoming.writer.typecast and parse_number(raw) is None:
        text = raw.strip()
        if ":" in text:
            return _clock(incoming, text)
        words = _WORDS.fullmatch(text) if text else None
        if words:
            hours, minutes, seconds = (float(words[each] or 0) for each in "hms")
            return hours * 3600 + minutes * 60 + seconds
    return number_of(incoming)


def _clock(incoming: Incoming, text: str) -> float:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise incoming.refuse()
    parts = [float(each) for each in found.groups()[1:] if each is not None]
    if len(parts) == 2:
        parts = [0, *parts] if "ss" in _format(incoming.field) else [*parts, 0]
    total = parts[0] * 3600 + parts[1] * 60 + parts[2]
    return -total if found[1] else total


def spell_duration(value: Value, field: Field) -> str:
    """Spell seconds in the field's format."""
    if value is None:
        return ""
    number = to_number(value)
    if not math.isfinite(number):
        return number_text(number)
    form = _format(field)
    digits = len(form.partition(".")[2])
    unit = Decimal(1).scaleb(-digits) if "ss" in form else Decimal(60)
    # Rounded once before, so that what a float cannot hold exactly does not count as a rest.
    total = (abs(Decimal(str(round(number, 6)))) / unit).to_integral_value(ROUND_CEILING) * unit
    hours, minutes, seconds = int(total // 3600), int(total // 60 % 60), total % 60
    sign = "-" if number < 0 else ""
    if "ss" not in form:
        return f"{sign}{hours}:{minutes:02d}"
    tail = f"{seconds:0{3 + digits if digits else 2}.{digits}f}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"
