"""What a client meets first: the list of tools, and an answer to the simplest questions."""

from tests.support.world import World


async def test_a_table_is_read_by_its_name_in_both_protocol_eras(world: World) -> None:
    answer = await world.call("find_records", base="Studio", table="Projects", search="Website relaunch")
    assert not answer.is_error
    assert "Website relaunch|Acme Robotics|In progress" in answer.text
