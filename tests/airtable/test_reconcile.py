from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.airtable.models import Record
from pyairtable_mcp.airtable.outcomes import Row
from pyairtable_mcp.airtable.reconcile import Settled, settle


def record(number: int, **cells: JsonValue) -> Record:
    return Record(f"rec{number:014d}", "2026-01-01T00:00:00.000Z", cells)


def told(settled: Settled) -> tuple[Mapping[int, str], tuple[int, ...], tuple[int, ...]]:
    adopted = {row: one.id.lstrip("rec0") for row, one in settled.adopted.items()}
    return adopted, settled.missing, settled.undecided


def decide(
    rows: list[Row], *records: Record, typecast: bool = False, others: list[Row] | None = None
) -> tuple[Mapping[int, str], tuple[int, ...], tuple[int, ...]]:
    return told(settle(rows, records, typecast=typecast, others=others or ()))


A: Row = {"name": "a"}
B: Row = {"name": "b"}


def test_nothing_new_means_that_nothing_was_done() -> None:
    assert decide([A, B]) == ({}, (0, 1), ())


def test_what_is_there_is_adopted_and_the_rest_is_missing() -> None:
    assert decide([A, B], record(1, name="b")) == ({1: "1"}, (0,), ())


def test_rows_alike_take_as_many_records_as_there_are() -> None:
    assert decide([A, A, A], record(1, name="a"), record(2, name="a")) == ({0: "1", 1: "2"}, (2,), ())


def test_more_records_than_rows_of_the_same_values_decide_nothing_for_those_rows() -> None:
    found = (record(1, name="a"), record(2, name="a"), record(3, name="b"))
    assert decide([A, B], *found) == ({1: "3"}, (), (0,))


def test_records_of_other_values_are_none_of_ours() -> None:
    assert decide([A], record(1, name="x"), record(2)) == ({}, (0,), ())


def test_rows_of_others_whose_fate_is_open_explain_records_but_get_none() -> None:
    found = (record(1, name="a"), record(2, name="a"))
    assert decide([A], *found, others=[A]) == ({0: "1"}, (), ())
    assert decide([A], record(1, name="a"), others=[A]) == ({0: "1"}, (), ())
    assert decide([A], record(1, name="b"), others=[B]) == ({}, (0,), ())


def test_empty_values_that_were_sent_need_not_be_there() -> None:
    row: Row = {"name": "a", "done": False, "note": "", "tags": []}
    assert decide([row], record(1, name="a")) == ({0: "1"}, (), ())


def test_computed_and_default_cells_that_were_not_sent_do_not_count() -> None:
    assert decide([A], record(1, name="a", status="Todo", rank=7)) == ({0: "1"}, (), ())


def test_a_record_that_resembles_a_missing_row_leaves_it_undecided() -> None:
    row: Row = {"name": "a", "status": "Todo", "size": 3}
    assert decide([row], record(1, name="a", status="Done", size=3)) == ({}, (), (0,))
    assert decide([row], record(1, name="b", status="Done", size=3)) == ({}, (0,), ())


def test_a_record_that_is_explained_makes_no_other_row_doubtful() -> None:
    rows: list[Row] = [{"name": "a", "status": "Todo", "size": 3}, {"name": "b", "status": "Todo", "size": 3}]
    assert decide(rows, record(1, name="b", status="Todo", size=3)) == ({1: "1"}, (0,), ())


@pytest.mark.parametrize("row", [{}, {"name": ""}, {"done": False}])
def test_a_row_that_says_nothing_is_undecided_as_soon_as_there_is_a_new_record(row: Row) -> None:
    assert decide([row]) == ({}, (0,), ())
    assert decide([row], record(1)) == ({}, (), (0,))


def test_an_unsure_match_counts_when_no_other_is_possible() -> None:
    row: Row = {"name": "a", "when": "31.03.2026"}
    assert decide([row], record(1, name="a", when="2026-03-31"), typecast=True) == ({0: "1"}, (), ())


def test_an_unsure_match_does_not_count_where_another_is_possible() -> None:
    rows: list[Row] = [{"name": "a", "when": "31.03.2026"}, {"name": "a", "when": "01.04.2026"}]
    assert decide(rows, record(1, name="a", when="2026-04-01"), typecast=True) == ({}, (), (0, 1))


def test_only_unsure_agreement_is_no_agreement() -> None:
    assert decide([{"when": "31.03.2026"}], record(1, when="2026-03-31"), typecast=True) == ({}, (), (0,))


def test_records_are_handed_round_so_that_as_many_rows_as_possible_find_theirs() -> None:
    loose: Row = {"name": "a"}
    tight: Row = {"name": "a", "size": 3}
    found = (record(1, name="a", size=3), record(2, name="a", size=4))
    assert decide([loose, tight], *found) == ({0: "2", 1: "1"}, (), ())


@given(st.data())
def test_in_any_crash_without_strangers_exactly_the_uncommitted_rows_are_missing(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=10))
    done = data.draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    records = [record(at, name=name) for at, name in enumerate(names) if done[at]]
    Random(data.draw(st.integers(0, 9))).shuffle(records)
    settled = settle([{"name": name} for name in names], records, typecast=False)
    assert not settled.undecided
    assert {one.id for one in settled.adopted.values()} == {one.id for one in records}
    left = sorted([names[at] for at in settled.missing] + [str(one.fields["name"]) for one in records])
    assert left == sorted(names)


@given(st.data())
def test_whatever_is_found_no_record_is_adopted_twice_or_against_its_values(data: st.DataObject) -> None:
    values = st.dictionaries(
        st.sampled_from("xyz"), st.sampled_from([None, "", "p", "q", 1, 1.2, True]), max_size=3
    )
    rows: list[Row] = [*data.draw(st.lists(values, max_size=5))]
    records = [record(at, **cells) for at, cells in enumerate(data.draw(st.lists(values, max_size=6)))]
    settled = settle(rows, records, typecast=data.draw(st.booleans()))
    ids = [one.id for one in settled.adopted.values()]
    assert len(ids) == len(set(ids))
    places = [*settled.adopted, *settled.missing, *settled.undecided]
    assert sorted(places) == list(range(len(rows)))
