"""pyairtable's public methods, over the bridge and by itself: the same results, the same notes."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

import pydantic
import pytest
import requests
from pyairtable import Api, Base, Table, Workspace
from pyairtable.api.enterprise import Enterprise
from pyairtable.models import Comment, Webhook
from pyairtable.orm import Model

from pyairtable_mcp.airtable import open_airtable
from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.base.errors import Upstream
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Fault, Sandbox
from tests.airtable.bridge_cases import CASES, NO_REQUESTS, REFUSED, Case, noted
from tests.sandbox.serving import serving


class Alone(Api):
    """pyairtable by itself; uploads stay at the endpoint, which it sends to Airtable's own host otherwise."""

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(
            method, re.sub(r"^http://content\.airtable\.com", self.endpoint_url, url), *args, **more
        )


def sandbox() -> Sandbox:
    """Two of these give the same answers to the same questions."""
    return Sandbox(clock=ManualClock(), rng=Random(1), rate=0)


@pytest.fixture(scope="module")
def served() -> Sandbox:
    return sandbox()


@pytest.fixture(scope="module")
def alone(served: Sandbox) -> Iterator[Api]:
    with serving(served) as line:
        api = Alone(DEFAULT_TOKEN, endpoint_url=str(line["url"]), retry_strategy=None)
        # So that no connection is left to be closed when the server stops.
        api.session.headers["Connection"] = "close"
        yield api
        api.session.close()


@pytest.fixture(scope="module")
def twin() -> Sandbox:
    return sandbox()


async def bridged(twin: Sandbox, case: Case) -> object:
    async with open_airtable(
        token=DEFAULT_TOKEN,
        clock=ManualClock(),
        rng=Random(1),
        asgi_app=twin.app,
        rate_per_base=0,
        rate_per_token=0,
    ) as at:
        return await at.bridged(lambda api: plain(case(api)))


def plain(value: object) -> object:
    """Return a result without the objects that know their `Api`."""
    match value:
        case pydantic.BaseModel():
            return value.model_dump(mode="json")
        case Model():
            return value.to_record()
        case Base():
            return [value.id, value.name, value.permission_level]
        case Table():
            return [value.base.id, value.name]
    return plain_within(value)


def plain_within(value: object) -> object:
    """Return a collection of plain results, and what is none as it is."""
    match value:
        case Mapping():
            return {key: plain(each) for key, each in value.items()}
        case Iterable() if not isinstance(value, str | bytes):
            return [plain(each) for each in value]
    return value


@pytest.mark.parametrize("name", CASES, ids=[name.split()[0] for name in CASES])
async def test_a_method_gives_over_the_bridge_what_it_gives_alone(
    name: str, alone: Api, twin: Sandbox
) -> None:
    expected = plain(CASES[name](alone))
    assert await bridged(twin, CASES[name]) == expected


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_keeps_its_status_and_its_note(
    name: str, status: int, alone: Api, served: Sandbox, twin: Sandbox
) -> None:
    """pyairtable speaks of enterprise plans at a 404; the sandbox itself answers 403."""
    if status == 404:
        for each in (served, twin):
            each.faults.add(Fault(status=404, body={"error": "NOT_FOUND"}))
    with pytest.raises(requests.HTTPError) as expected:
        REFUSED[name](alone)
    with pytest.raises(Upstream) as caught:
        await bridged(twin, REFUSED[name])
    assert expected.value.response is not None
    assert caught.value.status == expected.value.response.status_code
    assert caught.value.status == status
    notes = noted(expected.value.args)
    assert getattr(caught.value, "__notes__", []) == notes
    assert all(note in caught.value.hint for note in notes)


def test_some_refusals_do_carry_notes(alone: Api, served: Sandbox) -> None:
    with_notes = [name for name, case in REFUSED.items() if notes_alone(alone, served, case)]
    assert len(with_notes) >= 10, with_notes


def notes_alone(alone: Api, served: Sandbox, case: Callable[[Api], object]) -> list[str]:
    served.faults.add(Fault(status=404, body={"error": "NOT_FOUND"}))
    with pytest.raises(requests.HTTPError) as caught:
        case(alone)
    return noted(caught.value.args)


def public(owner: type) -> set[str]:
    """Return the public methods and properties a class has of pyairtable's own."""
    return {
        f"{owner.__name__}.{name}"
        for each in owner.__mro__
        if each.__module__.startswith("pyairtable.")
        for name, value in vars(each).items()
        if not name.startswith("_")
        and (
            isinstance(value, classmethod | staticmethod | property)
            or (callable(value) and not isinstance(value, type))
        )
    }


def test_every_public_method_is_in_the_tables() -> None:
    shown = {word for name in (*CASES, *REFUSED) for word in name.split()}
    missing = {
        name
        for owner in (Api, Base, Table, Workspace, Enterprise, Webhook, Comment, Model)
        for name in public(owner)
    }
    assert missing - shown - NO_REQUESTS == set()
