"""Who is let in without a token: nobody whom somebody else could be."""

from pathlib import Path

import pytest

from pyairtable_mcp.app.endpoint import Doors
from pyairtable_mcp.base.settings import AuthSettings, HttpSettings, Settings
from tests.remote.offices import office


@pytest.mark.parametrize(
    ("host", "http", "anonymous"),
    [
        ("127.0.0.1", HttpSettings(), True),
        ("::1", HttpSettings(), True),
        ("localhost", HttpSettings(), True),
        ("0.0.0.0", HttpSettings(), False),
        ("192.168.0.7", HttpSettings(), False),
        ("127.0.0.1", HttpSettings(require_tokens=True), False),
        ("127.0.0.1", HttpSettings(public_url="https://mcp.example.com"), False),
        ("127.0.0.1", HttpSettings(hosts=("mcp.local",)), False),
    ],
)
def test_nobody_is_anonymous_where_others_can_reach_it(
    host: str, http: HttpSettings, anonymous: bool
) -> None:
    assert Doors.of(host, Settings(http=http)).anonymous is anonymous


def test_nobody_is_anonymous_where_tokens_of_others_are_meant_for_it() -> None:
    auth = AuthSettings(audience="https://mcp.example.com/mcp")
    assert not Doors.of("127.0.0.1", Settings(auth=auth)).anonymous


async def test_on_a_machine_of_ones_own_the_caller_is_the_operator(tmp_path: Path) -> None:
    async with office(tmp_path, anonymous=True) as here, here.desk("ada") as ada, here.at("") as operator:
        told = (await ada.call("create_records", base="Studio", table="Tasks", records=[{"Name": "x"}])).text
        saga = next(word.strip(".") for word in told.split() if word.startswith("sg"))
        assert saga in (await operator.call("list_sagas")).text


async def test_elsewhere_a_caller_without_a_token_is_told_where_to_get_one(tmp_path: Path) -> None:
    async with office(tmp_path) as here, here.asking() as http:
        turned = await http.post("/mcp", json={})
    assert turned.status_code == 401
    assert "resource_metadata=" in turned.headers["www-authenticate"]
