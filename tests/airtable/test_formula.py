import subprocess
import sys

import pytest

from pyairtable_mcp.airtable import Query
from pyairtable_mcp.airtable.formula import quote, record_id_filter
from pyairtable_mcp.airtable.metadata import Body
from pyairtable_mcp.base.errors import BadValue
from tests.airtable.conftest import Pair

HOSTILE = [
    "plain", "", " ", "it's", "''", "'", '"', '""', '", ""="', "' OR 1='1", "') OR TRUE() OR ('", "\\",
    "\\\\", "\\'", '\\"', "\\\\'", "a\\", "a\\n", "a\nb", "\r\n", "\t", "{", "}", "{Name}", "{fld}", "}}{{",
    "\\}", "$", "%", "&", "&''&", "+1", "=1", "1", "TRUE()", "BLANK()", "RECORD_ID()", "REPT('x',99)", "/*",
    "//", "--", ";", ",", "(", ")", "((", "))", "\u2018x\u2019", "\u201cx\u201d", "\u2019", "\u02bc",
    "\uff07", "\u00e9", "e\u0301", "\U0001f600", "\u202e", "\u200b", "a\u2028b", "a\u2029b", "a\x0bb",
    "a\x85b", "null", "NaN", "__proto__", "<b>", "${x}", "{{x}}", "x" * 3_000,
]  # fmt: skip


def test_the_filter_for_ids_is_one_airtable_understands() -> None:
    ids = ["rec" + letter * 14 for letter in "ab"]
    assert record_id_filter(ids) == f"OR(RECORD_ID()='{ids[0]}', RECORD_ID()='{ids[1]}')"
    assert record_id_filter(ids[:1]) == f"OR(RECORD_ID()='{ids[0]}')"


def test_the_filter_for_a_hundred_ids_fits_into_a_url() -> None:
    assert len(record_id_filter(["rec" + "a" * 14] * 100)) * 1.5 < 8_000


def test_a_filter_for_what_is_no_id_is_refused() -> None:
    with pytest.raises(BadValue):
        record_id_filter(["rec' OR '1'='1'"])


async def test_a_quoted_text_means_exactly_itself_to_airtable(pair: Pair) -> None:
    """Each hostile text is stored, then looked for by a formula: it finds itself and nothing else."""
    body: Body = {"name": "Any text", "type": "multilineText"}
    field = await pair.at.create_field(pair.base, pair.tasks.id, body)
    report = await pair.run(
        pair.at.create_records(pair.base, pair.tasks.id, [{field.id: text} for text in HOSTILE])
    )
    stored = {outcome.id: text for outcome, text in zip(report.outcomes, HOSTILE, strict=True)}
    for text in HOSTILE:
        query = Query(formula=f"AND({{{field.id}}} = {quote(text)}, {{{field.id}}} != BLANK())")
        page = await pair.run(pair.at.page(pair.base, pair.tasks.id, query, size=100))
        hits = {record.id for record in page.records}
        assert hits == {key for key, value in stored.items() if value == text and text}, text


def test_pyairtable_is_not_imported_before_a_formula_is_needed() -> None:
    code = "import sys, pyairtable_mcp.airtable; print('pyairtable' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
