"""Two servers that name one store keep one limit together."""

import asyncio
import io
import json
from pathlib import Path

from pydantic import JsonValue, SecretStr

from pyairtable_mcp.app import running
from pyairtable_mcp.base.settings import AirtableSettings, Settings
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from pyairtable_mcp.sandbox.serve import serve_sandbox
from tests.support.behaviours import behaviour
from tests.support.held import held, until

READ: dict[str, JsonValue] = {"base": "appStudio00000001", "table": "People", "fields": ["Name"], "limit": 1}


@behaviour("store.shared")
async def test_two_servers_that_share_a_store_are_never_turned_away(tmp_path: Path) -> None:
    sandbox, out = Sandbox(rate=5), io.StringIO()
    served = asyncio.create_task(serve_sandbox(sandbox, port=0, token=DEFAULT_TOKEN, out=out))

    async def announced() -> bool:
        return bool(out.getvalue())

    await until(announced)
    settings = Settings(
        store=SecretStr(str(tmp_path / "store.db")),
        airtable=AirtableSettings(
            api_key=SecretStr(DEFAULT_TOKEN), endpoint_url=json.loads(out.getvalue())["url"]
        ),
    )
    async with held(running(settings)) as one, held(running(settings)) as other:
        calls = [
            app.dispatcher.call("find_records", READ | {"search": f"x{n}"})
            for n in range(6)
            for app in (one, other)
        ]
        answers = await asyncio.gather(*calls)
    served.cancel()
    await asyncio.gather(served, return_exceptions=True)
    assert not [answer.text for answer in answers if answer.error]
    assert {request.status for request in sandbox.requests} == {200}
