"""From a name to one thing, never to another one silently."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyairtable_mcp.airtable.models import User
from pyairtable_mcp.base.errors import AmbiguousName, UnknownName
from pyairtable_mcp.base.text import fold
from pyairtable_mcp.operations.names import pick
from pyairtable_mcp.operations.people import match
from tests.support.behaviours import behaviour


@dataclass(frozen=True)
class Thing:
    id: str
    name: str


NAME = st.text(st.sampled_from("aAbBs\u017f\xdf \ufb01fi\u0130iI"), min_size=1, max_size=4)
THINGS = st.lists(NAME, max_size=7).map(
    lambda names: [Thing(f"fld{n:014d}", name) for n, name in enumerate(names)]
)


@behaviour("names.pick")
@given(NAME, THINGS)
def test_a_name_means_the_one_thing_that_has_it_or_is_refused(name: str, things: list[Thing]) -> None:
    exact = [one for one in things if one.name == name]
    alike = exact or [one for one in things if fold(one.name) == fold(name)]
    if len(alike) == 1:
        assert pick("field", name, things, where="Here") == alike[0]
        return
    with pytest.raises(AmbiguousName if alike else UnknownName) as refused:
        pick("field", name, things, where="Here")
    if alike:
        assert all(any(one.id in told for told in refused.value.candidates) for one in alike)
    else:
        assert set(refused.value.candidates) <= {one.name for one in things}


@behaviour("names.pick")
@given(THINGS.filter(bool), st.data())
def test_an_id_always_means_its_thing_whatever_the_names_are(
    things: list[Thing], data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(things))
    others = [*things, Thing("fldOther000000000", one.id)]
    assert pick("field", one.id, others, where="Here") == one


def user(n: int, email: str, name: str) -> User:
    return User(id=f"usr{n:014d}", email=email, name=name)


@behaviour("names.person")
def test_a_person_is_found_by_id_by_email_and_by_name_and_never_by_half() -> None:
    people = [
        user(1, "a.kim@x.example", "Alex Kim"),
        user(2, "alex.kim@x.example", "Alex Kim"),
        user(3, "sam@x.example", "Sam"),
        user(4, "nameless@x.example", ""),
    ]
    for key in ("usr00000000000003", "SAM@X.example", "sam"):
        assert match(key, people) == people[2]
    with pytest.raises(AmbiguousName) as several:
        match("alex kim", people)
    assert [told for told in several.value.candidates if "a.kim@x.example" in told]
    assert [match(nobody, people) for nobody in ("Sa", "kim", "x.example", "usr00000000000009")] == [None] * 4
