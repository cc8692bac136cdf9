"""The sandbox answers what Airtable's documentation says Airtable answers."""

import pytest

from .building import BUILDING
from .cells import CELLS
from .listing import LISTING
from .model import Fact
from .payloads import PAYLOAD
from .refusing import LIMITS, REFUSING
from .replaying import replay
from .structure import DESCRIBING, WHO
from .talking import COMMENTING, UPLOADING
from .upserting import DELETING, UPSERTING
from .watching import KEEPING
from .writing import CREATING, READING, UPDATING

RECORDS = (*LISTING, *READING, *CREATING, *UPDATING, *UPSERTING, *DELETING, *CELLS)
OTHERS = (*REFUSING, *LIMITS, *COMMENTING, *UPLOADING, *DESCRIBING, *BUILDING, *WHO, *KEEPING, *PAYLOAD)
FACTS = (*RECORDS, *OTHERS)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
async def test_the_sandbox_answers_as_documented(fact: Fact) -> None:
    assert not await replay(fact)
