"""Answers go to whoever asked, whatever the ids are."""

import httpx2

from tests.support.behaviours import behaviour
from tests.transport.http.crossing import askers, crossed
from tests.transport.http.serving import built, served, servers


@behaviour("http.crossing")
async def test_no_answer_goes_to_another_client_that_used_the_same_id() -> None:
    limits = httpx2.Limits(max_connections=None)
    async with (
        servers() as open_server,
        served(built(open_server)) as url,
        httpx2.AsyncClient(limits=limits) as http,
    ):
        clients = await askers(http, f"{url}/mcp", 50)
        assert await crossed(clients, turns=4) == []
