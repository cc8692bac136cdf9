"""What a base remembers of its webhooks."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pyairtable_mcp.base.json_types import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Watch:
    """What a webhook wants to hear of, by ids; what is empty does not narrow it.

    `types` are of `tableData`, `tableFields` and `tableMetadata`, `kinds` of `add`, `update` and `remove`;
    `table` and `view` are the scope. Of `sources`, form submissions may be narrowed to a `form` view or a
    `page`. `cells` and `schemas` are the fields watched for each. `unchanged` names fields whose cells come
    along with every record, None for all; `previous` and `previous_fields` ask for what was before.
    """

    types: frozenset[str]
    table: str = ""
    view: str = ""
    kinds: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    form: str = ""
    page: str = ""
    cells: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    unchanged: tuple[str, ...] | None = ()
    previous: bool = False
    previous_fields: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The ids of every field it names."""
        return self.cells | self.schemas | frozenset(self.unchanged or ())

    def hears(self, kind: str) -> bool:
        """Tell whether it wants changes of a kind."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class Payload:
    """The changes of one transaction, as they are told."""

    cursor: int
    made: datetime
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Ping:
    """A notification waiting to be sent: when what it tells of happened, and when to try next.

    `retry` counts the attempts that failed, `about` is the cursor of the newest payload it tells of.
    """

    made: datetime
    due: datetime
    retry: int = 0
    about: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a notification went; `error` is "" when it arrived, `again` whether it is tried once more."""

    completed: datetime
    milliseconds: float
    retry: int
    error: str = ""
    again: bool = False


@dataclass(slots=True)
class Webhook:
    """A webhook; `specification` as it was given, `next` the cursor of the payload to come.

    `client` is the OAuth integration that made it, "" for a personal token. A webhook that is not `enabled`
    hears of nothing any more; one that does not notify still collects payloads.
    """

    id: str
    specification: Mapping[str, Json]
    watch: Watch
    url: str
    secret: bytes
    expires: datetime
    client: str = ""
    notifies: bool = True
    enabled: bool = True
    next: int = 1
    payloads: deque[Payload] = field(default_factory=deque)
    ping: Ping | None = None
    last: Attempt | None = None
    succeeded: datetime | None = None
