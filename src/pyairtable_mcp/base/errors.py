"""Every refusal and failure a person or a model can meet, as one tree.

    AppError
    ├── Refused               the caller can put it right; nothing was sent
    │   ├── InvalidArguments  the arguments do not have the tool's shape
    │   ├── UnknownTool       no tool of this name is offered
    │   ├── UnknownName       no base, table, field, view, option or record answers to this name
    │   ├── AmbiguousName     more than one does
    │   ├── BadValue          the value does not fit its field or argument
    │   ├── ReadOnlyField     Airtable computes this field
    │   ├── NotAllowed        this server is set not to do it
    │   ├── BadCursor         the cursor is not one of ours, or belongs to another query
    │   ├── NotConfigured     a setting is missing or wrong
    │   ├── InvalidToken      what a caller shows at the door proves nothing
    │   ├── NotLinked         the caller's Airtable account has to be linked, or linked again
    │   ├── SignInRefused     the name or the password is wrong
    │   ├── TooMany           tried or called too often; it says how long to wait
    │   └── TooLarge          more than Airtable or this server takes in one go
    └── Upstream              Airtable, or the way to it
        ├── Unauthorized      the token is missing, wrong or revoked
        ├── Forbidden         the token may not, or the object does not exist
        ├── NotFound          the object is gone
        ├── Rejected          Airtable judged the request invalid
        ├── RateLimited       too many requests, and no time left to wait
        ├── QuotaExhausted    the workspace's monthly allowance is used up
        ├── Unavailable       no usable answer; nothing was changed
        └── OutcomeUnknown    a write was sent and no answer came back

Every error carries a `code` (stable, machine-readable), a `message`, an optional `hint` (what to do),
`candidates` (the closest right values) and `retryable` (whether the same call may succeed later).
"""

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from pydantic import JsonValue


class AppError(Exception):
    """The root; raised itself only when a fault of ours reached the surface."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    acted: bool = False
    """Whether something was done before it, so that the same must not simply be tried again."""

    def __init__(self, message: str, *, hint: str = "", candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.candidates = tuple(candidates)

    def retold(self, message: str, *, hint: str | None = None) -> Self:
        """Return the same error with another message, for instance one that says where it happened."""
        told = copy(self)
        told.args, told.message = (message,), message
        told.hint = self.hint if hint is None else hint
        return told


class Refused(AppError):
    """The caller can put it right; nothing was sent."""

    code = "refused"


class InvalidArguments(Refused):
    """The arguments do not have the tool's shape."""

    code = "invalid_arguments"


class UnknownTool(Refused):
    """No tool of this name is offered."""

    code = "unknown_tool"


class UnknownName(Refused):
    """No base, table, field, view, option or record answers to this name."""

    code = "unknown_name"


class AmbiguousName(Refused):
    """More than one object answers to this name."""

    code = "ambiguous_name"


class BadValue(Refused):
    """The value does not fit its field or argument."""

    code = "bad_value"


class ReadOnlyField(Refused):
    """Airtable computes this field, so nobody can write it."""

    code = "read_only_field"


class NotAllowed(Refused):
    """This server is set not to do it."""

    code = "not_allowed"


class BadCursor(Refused):
    """The cursor is not one of ours, or belongs to another query."""

    code = "bad_cursor"


class NotConfigured(Refused):
    """A setting is missing or wrong."""

    code = "not_configured"


class TooLarge(Refused):
    """More than Airtable or this server takes in one go."""

    code = "too_large"


class InvalidToken(Refused):
    """The token a caller shows is none of ours, has ended, or is meant for somebody else."""

    code = "invalid_token"


class NotLinked(Refused):
    """The caller's Airtable account has to be linked first, or again."""

    code = "not_linked"


class SignInRefused(Refused):
    """The name or the password is wrong; which of them is not told."""

    code = "sign_in_refused"


class TooMany(Refused):
    """Something was tried or called too often; `seconds` is how long to wait."""

    code = "too_many"
    retryable = True

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message, hint=f"Wait {math.ceil(seconds)} s.")
        self.seconds = seconds


class Upstream(AppError):
    """Airtable, or the way to it, did not do what was asked.

    `status` is the HTTP status (0 when there was no answer), `kind` is Airtable's own error type.
    """

    code = "upstream"

    def __init__(
        self, message: str, *, hint: str = "", candidates: Sequence[str] = (), status: int = 0, kind: str = ""
    ) -> None:
        super().__init__(message, hint=hint, candidates=candidates)
        self.status = status
        self.kind = kind


class Unauthorized(Upstream):
    """The token is missing, wrong or revoked."""

    code = "unauthorized"


class Forbidden(Upstream):
    """The token may not, or the object does not exist: Airtable answers both alike."""

    code = "forbidden"


class NotFound(Upstream):
    """The object is gone."""

    code = "not_found"


class Rejected(Upstream):
    """Airtable judged the request invalid."""

    code = "rejected"


class RateLimited(Upstream):
    """Too many requests, and no time left to wait."""

    code = "rate_limited"
    retryable = True


class QuotaExhausted(Upstream):
    """The workspace's monthly allowance of API calls is used up."""

    code = "quota_exhausted"


class Unavailable(Upstream):
    """No usable answer came, and nothing was changed."""

    code = "unavailable"
    retryable = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """A write that left and was not answered: what was sent and where to.

    `since` is a moment on the receiver's clock, as far as it is known, before which it was not done.
    """

    method: str
    url: str
    body: JsonValue
    since: datetime


class OutcomeUnknown(Upstream):
    """A write was sent and no answer came back: look before sending it again.

    `intent` is what to look for; None where a report tells it record by record.
    """

    code = "outcome_unknown"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        candidates: Sequence[str] = (),
        status: int = 0,
        kind: str = "",
        intent: Intent | None = None,
    ) -> None:
        super().__init__(message, hint=hint, candidates=candidates, status=status, kind=kind)
        self.intent = intent


class Fenced(Exception):
    """Another process has taken over what this one was working on, or may have: it must do nothing more.

    It is no `AppError`, because nobody may answer it in any way but by stopping; no person meets it.
    """


def error_classes(root: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Yield the whole tree from `root`, parents first."""
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)
