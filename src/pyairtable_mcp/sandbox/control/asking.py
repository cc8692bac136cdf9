"""A request to the control API as its handlers see it, and the refusals of a wrong one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.wire import ApiError, invalid


@dataclass(frozen=True, slots=True)
class Asking:
    """The names in the path, the parameters of the URL, and the body (an empty object when there is none).

    `origin` is where the sandbox was reached.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: JsonObject
    origin: str = ""

    def takes(self, *, body: Collection[str] = (), query: Collection[str] = ()) -> None:
        """Refuse keys of the body and parameters of the URL other than these."""
        for given, allowed, what in ((self.body, body, "key"), (self.query, query, "parameter")):
            if unknown := sorted(set(given) - set(allowed)):
                known = f"it takes {', '.join(sorted(allowed))}" if allowed else "it takes none"
                raise invalid(f"unknown {what} {unknown[0]!r}: {known}")


def unknown(what: str, name: str, known: Iterable[str]) -> ApiError:
    """Return the refusal of a name that is not there, with those that are."""
    return invalid(f"there is no {what} {name!r}; there are: {', '.join(known) or 'none'}")


def text(body: JsonObject, key: str, default: str | None = None) -> str:
    """Return a text of a body; without a default refuse a missing or an empty one."""
    value = body.get(key, default)
    if not isinstance(value, str) or (default is None and not value):
        raise invalid(f"{key} must be text")
    return value


def number(body: JsonObject, key: str, default: float | None = None) -> float:
    """Return a number of a body that is not negative; without a default refuse a missing one."""
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e10:
        raise invalid(f"{key} must be a number that is not negative")
    return value


def whole(body: JsonObject, key: str, default: int | None = None) -> int:
    """Return a whole number of a body that is not negative; without a default refuse a missing one."""
    value = number(body, key, default)
    if value != int(value):
        raise invalid(f"{key} must be a whole number")
    return int(value)


def truth(body: JsonObject, key: str, default: bool | None = None) -> bool:
    """Return a truth value of a body; without a default refuse a missing one."""
    value = body.get(key, default)
    if not isinstance(value, bool):
        raise invalid(f"{key} must be true or false")
    return value


def texts(value: Json, key: str) -> list[str]:
    """Return a list of texts; refuse anything else."""
    found = [each for each in value if isinstance(each, str)] if isinstance(value, list) else None
    if found is None or (isinstance(value, list) and len(found) < len(value)):
        raise invalid(f"{key} must be a list of texts")
    return found


def moment(body: JsonObject, key: str) -> datetime | None:
    """Return an ISO 8601 moment of a body, in UTC unless it says otherwise; None when missing."""
    value = body.get(key)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise invalid(f"{key} must be an ISO 8601 moment") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
