"""Answers from outside: what each means, and that none of them is repeated."""

import json

import pytest
from pydantic import JsonValue

from pyairtable_mcp.auth.airtable_oauth import Ended, Grant, Later, judged
from pyairtable_mcp.auth.audit import Audit
from pyairtable_mcp.auth.claims import Trust, problem_in_header
from pyairtable_mcp.auth.keysets import fetching
from pyairtable_mcp.base.clock import SystemClock
from pyairtable_mcp.base.errors import NotAllowed, OutcomeUnknown, Unavailable
from pyairtable_mcp.net.addresses import Allowed
from pyairtable_mcp.net.egress import Egress, Outgoing
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.store import open_store
from pyairtable_mcp.store.audit_chain import AuditRow
from tests.auth.issuer import HERE, ISSUER
from tests.support.behaviours import behaviour

SECRET = "oaaSomething.v1.secret"


def answer(status: int, told: object) -> Response:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Response(status=status, headers={}, body=body)


@behaviour("link.trouble")
@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (200, {"access_token": "a", "refresh_token": "r", "expires_in": 60}, Grant),
        (200, {"access_token": "a", "refresh_token": "r", "expires_in": True}, Grant),
        (200, {"access_token": SECRET}, Ended),
        (200, {"access_token": "", "refresh_token": SECRET}, Ended),
        (200, {"access_token": 1, "refresh_token": SECRET}, Ended),
        (200, b"<html>" + SECRET.encode(), Ended),
        (400, {"error": "invalid_grant", "error_description": SECRET}, Ended),
        (400, {"error": SECRET * 3}, Later),
        (401, {"error": "invalid_client"}, Later),
        (401, b"\xff", Later),
        (403, b"<html>", Later),
        (409, [], Ended),
        (429, {"error": SECRET}, Later),
        (500, b"", Later),
        (302, b"", Later),
    ],
)
def test_each_answer_of_the_token_endpoint_means_one_thing(status: int, told: object, kind: type) -> None:
    found = judged(answer(status, told))
    assert isinstance(found, kind)
    if not isinstance(found, Grant):
        assert SECRET not in found.why


@behaviour("link.trouble")
def test_how_long_a_token_lives_is_what_airtable_says_or_an_hour() -> None:
    def seconds(**more: JsonValue) -> float:
        found = judged(answer(200, {"access_token": "a", "refresh_token": "r", **more}))
        assert isinstance(found, Grant)
        return found.seconds

    assert (seconds(expires_in=60), seconds(), seconds(expires_in="soon")) == (60.0, 3_600.0, 3_600.0)


@behaviour("jwt.refused")
@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"alg": "ES256"}, ""),
        ({"alg": "ES256", "typ": "at+JWT", "kid": "one"}, ""),
        ({}, "signed"),
        ({"alg": ["ES256"]}, "signed"),
        ({"alg": "HS256"}, "signed"),
        ({"alg": "none"}, "signed"),
        ({"alg": "ES256", "typ": 1}, "another kind"),
        ({"alg": "ES256", "typ": "id+jwt"}, "another kind"),
        ({"alg": "ES256", "crit": []}, "extension"),
        ({"alg": "ES256", "kid": 1}, "no text"),
    ],
)
def test_a_header_says_how_it_is_signed_and_nothing_strange(header: dict[str, JsonValue], told: str) -> None:
    found = problem_in_header(header, Trust(issuer=ISSUER, audience=HERE))
    assert (found == "") == (told == "")
    assert told in found


class Answering(Egress):
    """A way out that answers the same, whatever is asked."""

    def __init__(self, told: Response | Exception) -> None:
        super().__init__(Allowed())
        self._told = told

    async def send(self, outgoing: Outgoing, *, seconds: float, redirects: int = 5) -> Response:
        if isinstance(self._told, Exception):
            raise self._told
        return self._told


@behaviour("jwt.keys")
async def test_keys_that_cannot_be_had_are_unavailable_whatever_the_reason() -> None:
    assert await fetching(Answering(answer(200, b"keys")), f"{ISSUER}/keys")() == b"keys"
    for told in (answer(404, b""), NotAllowed("private"), OutcomeUnknown("lost"), Unavailable("down")):
        with pytest.raises(Unavailable):
            await fetching(Answering(told), f"{ISSUER}/keys")()


@behaviour("audit.keep")
async def test_writing_in_the_audit_drops_what_is_too_old_now_and_then(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyairtable_mcp.auth.audit._PRUNED_EVERY", 3)
    row = AuditRow(principal="p", tool="t", outcome="done")
    async with open_store(where, SystemClock()) as store:
        for _ in range(2):
            await Audit(store.audit, keep_days=0.0).note(row)
        assert len(await store.audit.read()) == 2
        await Audit(store.audit, keep_days=0.0).note(row)
        assert len(await store.audit.read()) <= 1
        assert (await store.audit.verify()).broken_at == 0
