"""What the sandbox was asked and how it answered, for tests that count requests."""

from dataclasses import dataclass

from pyairtable_mcp.base.json_types import Json


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request: `table` as the URL names it, records sent or answered, monotonic seconds at arrival."""

    method: str
    path: str
    base: str
    table: str
    status: int
    records: int
    at: float


def count_records(*bodies: Json) -> int:
    """Return how many records the first telling body carries: its `records`, or one for a lone record."""
    for body in bodies:
        if isinstance(body, dict):
            records = body.get("records")
            if isinstance(records, list):
                return len(records)
            if "fields" in body and "id" in body:
                return 1
    return 0
