"""A team at work on the endpoint while Airtable fails; `python -m bench.soak` lets them work for long."""

from bench.soak import Plan, figures, measured

from tests.support.behaviours import behaviour


@behaviour("http.soak")
async def test_a_team_at_work_gets_no_answer_that_should_not_be() -> None:
    plan = Plan(seconds=4, clients=6, pause=0.1)
    found = await measured(plan)
    assert found.seen.wrong == []
    assert found.seen.codes[""] > 0
    told = {figure.what: figure.value for figure in figures(found, plan)}
    assert told["calls"] >= plan.clients
    assert told["tasks in the end"] > 0
