"""Talking to a sandbox over its real ASGI app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps

import httpx2

from pyairtable_mcp.base.clock import ManualClock
from pyairtable_mcp.sandbox import DEFAULT_TOKEN, Disconnected, Sandbox

STUDIO = "/v0/appStudio00000001"
EMPTY = "/v0/appEmpty000000001"


class SandboxTransport(httpx2.ASGITransport):
    """The sandbox as a transport; a scripted broken connection becomes the client's own read error."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await super().handle_async_request(request)
        except Disconnected as error:
            raise httpx2.ReadError("the connection broke", request=request) from error


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, object]

    @property
    def records(self) -> list[dict[str, object]]:
        found = self.body["records"]
        assert isinstance(found, list)
        return found

    @property
    def fields(self) -> dict[str, object]:
        return cells(self.body)

    @property
    def kind(self) -> str:
        error = self.body["error"]
        return str(error["type"]) if isinstance(error, dict) else str(error)

    @property
    def message(self) -> str:
        error = self.body["error"]
        return str(error.get("message", "")) if isinstance(error, dict) else ""


def cells(record: Mapping[str, object]) -> dict[str, object]:
    found = record["fields"]
    assert isinstance(found, dict)
    return found


def some(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


@dataclass
class Driver:
    """A sandbox, its clock, and a client with its token."""

    sandbox: Sandbox
    clock: ManualClock
    token: str = DEFAULT_TOKEN
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, method: str, path: str, json: object = None, /, **params: object) -> Answer:
        return await self.ask(method, path, json=json, params=[*_pairs(params)])

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: bytes | None = None,
        params: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        transport = SandboxTransport(app=self.sandbox.app)
        headers = {"Authorization": f"Bearer {self.token}", **self.headers}
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://sandbox", headers=headers
        ) as client:
            # Written here and in ASCII, because the client cannot send a lone surrogate and we want to.
            body = content if json is None else dumps(json).encode()
            response = await client.request(method, path, params=list(params), content=body)
        # Some good answers have no body.
        return Answer(response.status_code, response.json() if response.content else {})

    async def find(self, table: str, formula: str) -> list[dict[str, object]]:
        return (await self("GET", f"{STUDIO}/{table}", filterByFormula=formula)).records


def _pairs(params: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in params.items():
        if isinstance(value, list):
            pairs.extend((f"{key}[]", str(each)) for each in value)
        else:
            pairs.append((key, str(value)))
    return pairs


def driver(seed: str = "studio", *, rate: int = 0) -> Driver:
    clock = ManualClock()
    return Driver(Sandbox(seed, clock=clock, rate=rate), clock)
