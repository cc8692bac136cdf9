"""What a base remembers of its webhooks."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pyairtable_mcp.base.json_types import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Watch:
    """What a webhook wants to hear of: `scope` is a table id, `fields` field ids, empty for everything.

    `unchanged` names the fields whose cells come along with every changed record; None for all.
    """

    records: bool
    scope: str
    fields: frozenset[str]
    kinds: frozenset[str]
    sources: frozenset[str]
    previous: bool
    unchanged: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Payload:
    """The changes of one transaction, as they are told."""

    cursor: int
    made: datetime
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Ping:
    """A notification that is due: where to, about which webhook, and the secret to sign it with."""

    url: str
    base: str
    webhook: str
    made: datetime
    secret: bytes


@dataclass(slots=True)
class Webhook:
    """A webhook; `specification` as it was given, `next` the cursor of the payload to come."""

    id: str
    specification: Mapping[str, Json]
    watch: Watch
    url: str
    secret: bytes
    expires: datetime
    notifies: bool = True
    next: int = 1
    payloads: deque[Payload] = field(default_factory=deque)
