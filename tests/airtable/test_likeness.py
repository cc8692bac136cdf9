import pytest
from pydantic import JsonValue

from pyairtable_mcp.airtable.likeness import Likeness, compare

SAME, EMPTY, UNSURE, DIFFERENT = Likeness.SAME, Likeness.EMPTY, Likeness.UNSURE, Likeness.DIFFERENT
REC, OTHER = "rec00000000000001", "rec00000000000002"
ADA: JsonValue = {"id": "usr00000000000001", "email": "ada@example.com", "name": "Ada Lovelace"}


@pytest.mark.parametrize(
    ("sent", "found", "likeness"),
    [
        # Nothing sent.
        (None, None, EMPTY), ("", None, EMPTY), (False, None, EMPTY), ([], None, EMPTY),
        (None, "a default", UNSURE), (False, True, UNSURE),
        # Something sent, nothing there.
        ("a", None, DIFFERENT), (0, None, DIFFERENT), (True, None, DIFFERENT), ([REC], None, DIFFERENT),
        ([{"url": "https://a.b/c.png"}], None, UNSURE),
        # Text.
        ("a", "a", SAME), ("a", "b", DIFFERENT), (" two\nlines ", "two lines", SAME),
        ("cafe\u0301", "café", SAME),
        ("A", "a", UNSURE), ("**bold** text", "**bold** text\n", SAME), ("* one", "- one", UNSURE),
        ("!", "?", DIFFERENT),
        # Numbers.
        (1, 1, SAME), (1, 1.0, SAME), (0.1, 0.1, SAME), (1, 2, DIFFERENT), (1.239, 1.24, UNSURE),
        (7.4, 7, UNSURE),
        (7, 7.5, DIFFERENT), (1e300, 1e300, SAME), (0, 0, SAME),
        # Truth.
        (True, True, SAME),
        # Days and moments.
        ("2026-03-31", "2026-03-31", SAME), ("2026-03-31", "2026-04-01", DIFFERENT),
        ("2026-03-31T14:30:00Z", "2026-03-31T14:30:00.000Z", SAME),
        ("2026-03-31T16:30:00+02:00", "2026-03-31T14:30:00.000Z", SAME),
        ("2026-03-31T14:30:00Z", "2026-03-31T14:31:00.000Z", DIFFERENT),
        ("2026-03-31T14:30", "2026-03-31T12:30:00.000Z", UNSURE),
        ("2026-03-31", "2026-03-31T00:00:00.000Z", SAME), ("2026-03-31", "2026-03-30T22:00:00.000Z", UNSURE),
        ("2026-03-31 or so", "2026-03-31", UNSURE),
        # Options and links.
        (["a", "b"], ["a", "b"], SAME), (["a", "b"], ["b", "a"], SAME), (["a", "a"], ["a"], SAME),
        (["a"], ["a", "b"], DIFFERENT), ([REC], [REC], SAME), ([REC], [OTHER], DIFFERENT),
        # People.
        ({"id": "usr00000000000001"}, ADA, SAME), ({"id": "usr00000000000002"}, ADA, DIFFERENT),
        ({"email": "ADA@example.com"}, ADA, SAME), ({"name": "Ada Lovelace"}, ADA, SAME),
        ({"name": "A"}, ADA, UNSURE),
        ([{"email": "ada@example.com"}], [ADA], SAME), ([{"id": "usr00000000000002"}], [ADA], DIFFERENT),
        ([{"id": "usr00000000000001"}], [ADA, ADA], DIFFERENT),
        ([{"id": "usr2"}, {"id": "usr00000000000001"}], [ADA, {"id": "usr2"}], UNSURE),
        # Barcodes and files.
        ({"text": "123", "type": "ean13"}, {"text": "123"}, SAME),
        ({"text": "123"}, {"text": "124"}, DIFFERENT),
        ([{"url": "https://a.b/c.png", "filename": "c.png"}], [{"id": "att1", "filename": "c.png"}], SAME),
        ([{"url": "https://a.b/c.png"}], [{"id": "att1", "filename": "c.png"}], UNSURE),
        ([{"url": "https://a.b/c.png"}], [{"id": "att1"}, {"id": "att2"}], UNSURE),
        # Shapes that do not meet.
        ("12", 12, SAME), ("12 or so", 12, UNSURE), (5, ["x"], UNSURE), ({"odd": 1}, {"odder": 2}, UNSURE),
    ],
)  # fmt: skip
def test_a_value_sent_is_recognised_in_the_cell(
    sent: JsonValue, found: JsonValue, likeness: Likeness
) -> None:
    assert compare(sent, found) is likeness


@pytest.mark.parametrize(
    ("sent", "found", "likeness"),
    [
        ("no number", None, UNSURE),
        ("$1,200.50", 1200.5, SAME), ("twelve", 12, UNSURE), (12, "12", SAME), (1.5, "1.5", SAME),
        (12, "x", UNSURE),
        ("yes", True, SAME), (1, True, UNSURE),
        ("done", "Done", SAME), ("31.03.2026", "2026-03-31", UNSURE), ("a", "b", DIFFERENT),
        ("a, b", ["a", "b"], SAME), ("a", ["b"], UNSURE), (["Name"], [REC], UNSURE), (["a"], "a", SAME),
        ("ada@example.com", ADA, SAME), ("123", {"text": "123"}, SAME), ("x", ADA, UNSURE),
        ([1], ["1", "2"], UNSURE),
    ],
)  # fmt: skip
def test_what_a_typecast_makes_of_a_value_is_same_or_unsure(
    sent: JsonValue, found: JsonValue, likeness: Likeness
) -> None:
    assert compare(sent, found, typecast=True) is likeness
