"""Changing and deleting comments, and making bases."""

import pytest

from pyairtable_mcp.base.errors import Forbidden, NotFound, OutcomeUnknown
from pyairtable_mcp.sandbox.http.faults import Fault
from tests.airtable.conftest import Pair


async def test_ones_own_comment_is_changed_and_deleted(pair: Pair) -> None:
    place = (pair.base, pair.tasks.id, pair.ids[0])
    made = await pair.at.create_comment(*place, "first")
    changed = await pair.at.update_comment(*place, made.id, "second")
    assert (changed.id, changed.text, changed.author) == (made.id, "second", made.author)
    assert (await pair.at.comments(*place)).comments == (changed,)
    await pair.at.delete_comment(*place, made.id)
    assert (await pair.at.comments(*place)).comments == ()


async def test_a_comment_that_is_not_there_or_not_ones_own_is_refused(pair: Pair) -> None:
    place = (pair.base, pair.tasks.id, pair.ids[0])
    made = await pair.at.create_comment(*place, "mine")
    comment = pair.sandbox.workspace.bases[pair.base].tables[pair.tasks.id].records[pair.ids[0]].comments[0]
    comment.author = "usrMeiTanaka00001"
    with pytest.raises(Forbidden):
        await pair.at.update_comment(*place, made.id, "theirs")
    with pytest.raises(Forbidden):
        await pair.at.delete_comment(*place, made.id)
    with pytest.raises(NotFound):
        await pair.at.delete_comment(*place, "comXXXXXXXXXXXXXX")


async def test_a_deletion_whose_answer_was_lost_is_done(pair: Pair) -> None:
    place = (pair.base, pair.tasks.id, pair.ids[0])
    made = await pair.at.create_comment(*place, "gone")
    pair.sandbox.faults.add(Fault("DELETE", status=502, before_commit=False))
    await pair.run(pair.at.delete_comment(*place, made.id))
    assert (await pair.at.comments(*place)).comments == ()


async def test_an_answer_that_names_another_comment_is_not_believed(pair: Pair) -> None:
    place = (pair.base, pair.tasks.id, pair.ids[0])
    made = await pair.at.create_comment(*place, "here")
    pair.sandbox.faults.add(Fault("DELETE", status=200, body={"id": "com1", "deleted": True}, times=9))
    with pytest.raises(OutcomeUnknown):
        await pair.run(pair.at.delete_comment(*place, made.id))
