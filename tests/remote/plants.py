"""Secrets planted in a server, everything that comes out of it anywhere, and which of them is in what."""

import base64
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def forms(secret: str) -> Iterator[bytes]:
    """Yield what a secret looks like as it is, quoted for addresses, in hex, and in base64 at any place."""
    raw = secret.encode()
    yield from (raw, quote(secret, safe="").encode(), quote_plus(secret).encode(), raw.hex().encode())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before, spoiled in ((0, 0), (1, 2), (2, 3)):
            # The letters at both ends also hold what stands beside the secret.
            yield encode(b"\0" * before + raw)[spoiled:-4]


@dataclass
class Plants:
    """The secrets by name, and what came out by where it did."""

    secrets: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def plant(self, name: str, secret: str) -> str:
        """Remember a secret, and return it."""
        assert len(secret) > 11, f"{name} is too short to be found"
        self.secrets[name] = secret
        return secret

    def out(self, where: str, *told: str | bytes) -> None:
        """Keep what came out."""
        self.outputs[where] += [
            one.encode("utf-8", "surrogateescape") if isinstance(one, str) else one for one in told
        ]

    def found(self) -> set[tuple[str, str]]:
        """Return (secret, place) for every secret that came out."""
        whole = {where: b"\n".join(told) for where, told in self.outputs.items()}
        return {
            (name, where)
            for name, secret in self.secrets.items()
            for where, told in whole.items()
            if any(form in told for form in set(forms(secret)))
        }


@dataclass
class Heard:
    """Keeps every answer of an application with its headers, by the path that was asked."""

    app: ASGIApp
    plants: Plants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            headers = [b": ".join(pair) for pair in message.get("headers", ())]
            self.plants.out(f"answer of {scope['path']}", *headers, message.get("body", b""))
            await send(message)

        await self.app(scope, receive, kept)


@dataclass
class Asked:
    """Keeps every request that comes to an application with its headers."""

    app: ASGIApp
    plants: Plants
    where: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept() -> Message:
            message = await receive()
            self.plants.out(self.where, message.get("body", b""))
            return message

        headers = [b": ".join(pair) for pair in scope.get("headers", ())]
        self.plants.out(self.where, scope.get("raw_path", b""), scope.get("query_string", b""), *headers)
        await self.app(scope, kept, send)
