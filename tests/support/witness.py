"""What stands before Airtable in a test and looks at every path, as the bytes it came in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Receive, Scope, Send

from pyairtable_mcp.net.http import AsgiApp
from pyairtable_mcp.sandbox import Sandbox

SHAPES: Final = tuple(
    re.compile(shape.replace("*", "([A-Za-z]{3}[A-Za-z0-9]{14})"))
    for shape in (
        r"/v0/meta/(?:whoami|bases)",
        r"/v0/meta/bases/*(?:/tables)?",
        r"/v0/meta/bases/*/tables/*(?:/fields)?",
        r"/v0/meta/bases/*/tables/*/fields/*",
        r"/v0/*/*(?:/listRecords)?",
        r"/v0/*/*/*(?:/comments)?",
        r"/v0/*/*/*/comments/*",
        r"/v0/*/*/*/uploadAttachment",
        r"/v0/bases/*/webhooks",
    )
)
"""Every path that this server asks Airtable at, with an id for each *."""


@dataclass
class Witness:
    """Notes the raw path and query of every request before it is answered."""

    app: AsgiApp
    paths: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append((scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")))
        await self.app(scope, receive, send)

    def strange(self, sandbox: Sandbox) -> list[str]:
        """Return the paths that have another shape than those that are meant, or name what is not there."""
        there = set(_ids(sandbox))
        return [path for path, _ in self.paths if not _is_meant(path, there)]


def _is_meant(path: str, there: set[str]) -> bool:
    found = next((match for shape in SHAPES if (match := shape.fullmatch(path))), None)
    return found is not None and there.issuperset(found.groups())


def _ids(sandbox: Sandbox) -> Iterator[str]:
    for base in sandbox.workspace.bases.values():
        yield base.id
        for table in base.tables.values():
            yield from (table.id, *table.fields, *table.records, *table.views)


def witnesses() -> tuple[list[Witness], Callable[[AsgiApp], AsgiApp]]:
    """Return what puts a witness before an application, and where it is found then."""
    made: list[Witness] = []

    def seen(app: AsgiApp) -> AsgiApp:
        made.append(Witness(app))
        return made[-1]

    return made, seen
