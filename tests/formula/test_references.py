"""Which fields a formula reads, and formulas written with ids."""

import pytest

from pyairtable_mcp.formula.references import by_id, references

IDS = {"Name": "fldName", "Unit price": "fldPrice"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1", ()),
        ("{Unit price} * Count - -{Unit price}", ("Unit price", "Count")),
        ("IF({A}, CONCATENATE({B}, '{C}'), (D))", ("A", "B", "D")),
        ("LAST_MODIFIED_TIME({A}) & {B}", ("B",)),
        ("{A} +", ()),
    ],
)
def test_a_formula_reads_the_fields_it_names(text: str, names: tuple[str, ...]) -> None:
    assert references(text) == names


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{Unit price}*2", "{fldPrice}*2"),
        ("Name & 'Name {Name}' & \"it's {Name}\"", "{fldName} & 'Name {Name}' & \"it's {Name}\""),
        ("Name({Name}, {Other})", "Name({fldName}, {Other})"),
        ("{fldName} & { Name }", "{fldName} & {fldName}"),
        ("'\\'{Name}' & {Name}", "'\\'{Name}' & {fldName}"),
        ("Names", "Names"),
    ],
)
def test_names_become_ids_outside_of_quoted_text(text: str, written: str) -> None:
    assert by_id(text, lambda name: name if name == "fldName" else IDS.get(name)) == written
