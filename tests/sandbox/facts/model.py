"""What a documented fact is: what is asked, in which state, and what Airtable says it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .harbour import BASE
from .matching import TEXT


@dataclass(frozen=True)
class Ask:
    """One request. What an earlier one kept stands in later ones as `<name>`.

    `keep` names parts of the answer by their path in it, keys and places joined by dots. `after` seconds pass
    before the request. `content` is a body that is no JSON, `form` one of an HTML form; without a `token` the
    request is made with that of the sandbox's owner, with the token "" without any.
    """

    method: str
    path: str
    body: object = None
    query: tuple[tuple[str, str], ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """A documented request and its answer; `source` is the page of Airtable's documentation that states it.

    `given` is asked before, `answer` a pattern of `matching`, `rate` the limit per second that is kept.
    """

    name: str
    source: str
    ask: Ask
    status: int | tuple[int, ...]
    answer: object
    given: Sequence[Ask] = ()
    rate: int = 0


def _ask(method: str, path: str, body: object, parts: Mapping[str, object]) -> Ask:
    whole = path if path.startswith(("/v0/", "/oauth2/")) else f"/v0/{BASE}{path}"
    return replaced(Ask(method, whole, body), parts)


def replaced(ask: Ask, parts: Mapping[str, object]) -> Ask:
    """Return a request with some of its parts changed."""
    return Ask(**{**{name: getattr(ask, name) for name in Ask.__dataclass_fields__}, **parts})


def _pairs(query: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for key, value in query.items():
        if isinstance(value, list):
            pairs.extend((f"{key}[]", str(each)) for each in value)
        else:
            pairs.append((key, str(value)))
    return tuple(pairs)


def get(path: str, **query: object) -> Ask:
    """Ask for something; the path goes on from the facts' base unless it is a whole one."""
    return _ask("GET", path, None, {"query": _pairs(query)})


def post(path: str, body: object = None, **parts: object) -> Ask:
    """Post a body."""
    return _ask("POST", path, body, parts)


def patch(path: str, body: object, **parts: object) -> Ask:
    """Patch with a body."""
    return _ask("PATCH", path, body, parts)


def put(path: str, body: object, **parts: object) -> Ask:
    """Put a body."""
    return _ask("PUT", path, body, parts)


def delete(path: str, **query: object) -> Ask:
    """Delete something."""
    return _ask("DELETE", path, None, {"query": _pairs(query)})


def keeping(ask: Ask, **keep: str) -> Ask:
    """Return a request that keeps parts of its answer under names."""
    return replaced(ask, {"keep": keep})


def after(seconds: float, ask: Ask) -> Ask:
    """Return a request that is made so many seconds later."""
    return replaced(ask, {"after": seconds})


def refusal(kind: str) -> object:
    """Return the pattern of the usual body of a refusal."""
    return {"error": {"type": kind, "message": TEXT}}


MISSING = {"error": "NOT_FOUND"}
"""The body of a 404."""

HIDDEN = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
"""The kind of the 403 for a base or table that is not there or not ours."""
