"""Every case, whatever it is about."""

from typing import Final

from .cases_dates import DATES, WORKDAYS
from .cases_formats import FORMATS, LANGUAGES, READING, ZONES
from .cases_language import ARITHMETIC, COMPARING, JOINING, LITERALS, REFERENCES
from .cases_lists import LISTS
from .cases_logic import LOGIC, RECORDS
from .cases_numbers import NUMBERS
from .cases_text import PATTERNS, TEXT
from .record import Cases

CASES: Final[Cases] = (
    *(*LITERALS, *REFERENCES, *ARITHMETIC, *JOINING, *COMPARING, *LOGIC, *RECORDS, *TEXT, *PATTERNS),
    *(*NUMBERS, *LISTS, *DATES, *WORKDAYS, *FORMATS, *ZONES, *LANGUAGES, *READING),
)
