"""One sandbox on a real socket, and the two clients that are tried on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import requests
from pyairtable import Api, Base, Table
from requests.adapters import HTTPAdapter

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Sandbox
from tests.clients.airtablejs import AirtableJs
from tests.sandbox.serving import serving

STUDIO = "appStudio00000001"


class FilesTo(HTTPAdapter):
    """Takes what pyairtable sends to Airtable's host for files to the sandbox instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = str(request.url).replace("http://content.airtable.com", self._url)
        return super().send(request, *args, **options)


@dataclass(frozen=True)
class Served:
    """A sandbox at a URL, pyairtable connected to it, airtable.js ready to be."""

    sandbox: Sandbox
    clock: ManualClock
    url: str
    api: Api

    @property
    def base(self) -> Base:
        return self.api.base(STUDIO)

    def table(self, name: str) -> Table:
        return self.api.table(STUDIO, name)

    def js(self, **options: object) -> AirtableJs:
        return AirtableJs(self.url, DEFAULT_TOKEN, STUDIO, options)

    def asked(self) -> list[str]:
        """Return method, path and status of every request since the last time."""
        told = [f"{each.method} {each.path} {each.status}" for each in self.sandbox.requests]
        self.sandbox.requests.clear()
        return told


@pytest.fixture
def served() -> Iterator[Served]:
    clock = ManualClock()
    sandbox = Sandbox(clock=clock, rng=Random(4), rate=0)
    with serving(sandbox) as line:
        url = str(line["url"])
        api = Api(DEFAULT_TOKEN, endpoint_url=url, retry_strategy=None)
        api.session.mount("http://content.airtable.com", FilesTo(url))
        yield Served(sandbox, clock, url, api)
        api.session.close()
