"""The sandbox answers what Airtable's documentation says Airtable answers."""

from collections import Counter

import pytest

from tests.checks.program import ROOT

from . import (
    building,
    cells,
    enterprise,
    granting,
    listing,
    payloads,
    refusing,
    structure,
    syncing,
    talking,
    upserting,
    watching,
    writing,
)
from .disagreements import DISAGREEMENTS
from .model import Fact
from .replaying import replay

FACTS: tuple[Fact, ...] = (
    *listing.LISTING,
    *writing.READING,
    *writing.CREATING,
    *writing.UPDATING,
    *upserting.UPSERTING,
    *upserting.DELETING,
    *cells.CELLS,
    *talking.COMMENTING,
    *talking.UPLOADING,
    *structure.DESCRIBING,
    *structure.WHO,
    *structure.VIEWING,
    *structure.INVITING,
    *building.BUILDING,
    *watching.KEEPING,
    *payloads.PAYLOAD,
    *granting.GRANTING,
    *syncing.SYNCING,
    *enterprise.ENTERPRISE,
    *refusing.REFUSING,
    *refusing.LIMITS,
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
async def test_the_sandbox_answers_as_documented(fact: Fact) -> None:
    """A disagreement is listed, and one that is listed is there."""
    found = await replay(fact)
    if fact.name in DISAGREEMENTS:
        assert found, "It agrees now: take it out of disagreements.py and of docs/sandbox.md."
    else:
        assert not found


def test_there_are_two_hundred_facts_and_more_each_with_its_source() -> None:
    assert len(FACTS) >= 200
    assert all(fact.source for fact in FACTS)
    twice = [name for name, count in Counter(fact.name for fact in FACTS).items() if count > 1]
    assert not twice


def test_disagreements_are_few_and_shown_in_the_documentation() -> None:
    assert set(DISAGREEMENTS) <= {fact.name for fact in FACTS}
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert not [name for name in DISAGREEMENTS if name not in page]
    assert len(DISAGREEMENTS) * 20 < len(FACTS)
