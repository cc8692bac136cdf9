"""Several processes that serve together: whatever is asked, the next request may come to another one."""

import json
import re
from pathlib import Path

import httpx2
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from tests.remote.offices import HOST, Office, office
from tests.support.mutations import MODERN_META

ROW = {"base": "Studio", "table": "Tasks", "records": [{"Name": "Water the plants"}]}


async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    del context, params
    return ElicitResult(action="accept", content={"approve": True})


async def posted(here: Office, token: str, **params: object) -> dict[str, object]:
    """Call a tool by a single request, and return its result or its error."""
    told: dict[str, object] = json.loads((await asked(here, token, **params)).text)
    return told


async def asked(here: Office, token: str, **params: object) -> httpx2.Response:
    """Call a tool by a single request."""
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "create_records", "arguments": ROW, **params, "_meta": _ABLE},
    }
    headers = {
        "authorization": f"Bearer {token}",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "create_records",
    }
    async with here.asking() as asking:
        return await asking.post(f"{HOST}/mcp", json=body, headers=headers)


_ABLE = {**MODERN_META, "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}


async def test_what_one_worker_has_asked_another_takes_the_answer_to(tmp_path: Path) -> None:
    async with office(tmp_path, workers=3) as here:
        token = await here.token("ada", policy="careful")
        async with here.at(token, person=agree) as ada:
            for _ in range(6):
                made = await ada.call("create_records", **ROW)
                assert not made.is_error
                assert "1 created" in made.text


async def test_what_was_asked_of_one_principal_cannot_be_answered_by_another(tmp_path: Path) -> None:
    async with office(tmp_path, workers=2) as here:
        ada, ben = [await here.token(name, policy="careful") for name in ("ada", "ben")]
        waiting = (await posted(here, ada))["result"]
        assert isinstance(waiting, dict)
        (question,) = waiting["inputRequests"]
        answers = {question: {"action": "accept", "content": {"approve": True}}}
        given = {"requestState": waiting["requestState"], "inputResponses": answers}
        here.requests.clear()
        assert "error" in await posted(here, ben, **given)
        assert here.requests == []
        done = await posted(here, ada, **given)
        assert "1 created" in json.dumps(done)


async def test_a_client_of_an_older_revision_is_served_by_all_and_pages_through_them(tmp_path: Path) -> None:
    async with office(tmp_path, workers=3) as here, here.at(await here.token("ada"), era="legacy") as ada:
        for _ in range(3):
            assert not (await ada.call("create_records", **ROW)).is_error
        wanted = {"base": "Studio", "table": "Tasks", "search": "Water the plants", "limit": 1}
        first = await ada.call("find_records", **wanted)
        cursor = re.findall(r"cursor[^\w]+([\w=-]{8,})", first.text)
        assert not (await ada.call("find_records", **wanted, cursor=cursor[0])).is_error


async def test_an_older_client_that_cannot_be_asked_is_told_how_a_person_agrees(tmp_path: Path) -> None:
    async with office(tmp_path, workers=2) as here:
        token = await here.token("ada", policy="careful")
        async with here.at(token, era="legacy", person=agree) as ada:
            waiting = await ada.call("create_records", **ROW)
            assert "approv" in waiting.text
            assert "1 created" not in waiting.text


async def test_calls_are_counted_by_all_workers_together(tmp_path: Path) -> None:
    async with office(tmp_path, workers=3) as here, here.desk("ada", policy="slow") as ada:
        codes = [(await ada.call("list_bases")).code for _ in range(4)]
        assert codes == ["", "", "too_many", "too_many"]


async def test_who_calls_too_often_is_told_how_long_to_wait_by_a_header_too(tmp_path: Path) -> None:
    async with office(tmp_path, workers=2) as here:
        token = await here.token("ada", policy="seldom")
        first, second = await asked(here, token), await asked(here, token)
    assert "retry-after" not in first.headers
    assert 0 < int(second.headers["retry-after"]) <= 60
    assert second.status_code == 200
    assert f"Wait {second.headers['retry-after']} s" in second.text


async def test_a_token_that_is_revoked_is_refused_by_every_worker_at_once(tmp_path: Path) -> None:
    async with office(tmp_path, workers=2) as here:
        token = await here.token("ada")
        for _ in range(2):
            assert "result" in await posted(here, token)
        assert await here.known.tokens.revoke("ada")
        headers = {"authorization": f"Bearer {token}"}
        async with here.asking() as asking:
            refused = [await asking.post(f"{HOST}/mcp", json={}, headers=headers) for _ in range(2)]
        assert [one.status_code for one in refused] == [401, 401]


async def test_sse_is_refused_where_the_next_request_may_come_to_another(tmp_path: Path) -> None:
    async with office(tmp_path, workers=2) as here, here.asking() as asking:
        headers = {"authorization": f"Bearer {await here.token('ada')}"}
        refused = await asking.get(f"{HOST}/sse", headers=headers)
        assert refused.status_code == 501
        assert "Use /mcp" in refused.text
