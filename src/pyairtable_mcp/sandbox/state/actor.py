"""On whose behalf a request acts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A user by id, and the way the request came: `publicApi`, or `client` for a person in the interface.

    The ways are those of `actionMetadata.source` in webhook payloads (Airtable webhooks reference).
    """

    user: str
    source: str = "publicApi"
