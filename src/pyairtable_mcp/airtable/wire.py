"""What an answer of Airtable's means: the only place that turns a status and a body into an error.

Texts in an error body are data from outside: cut to a bounded length, stripped of control characters, and
never with the token in them. An error type we do not know is judged by its status alone.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from pydantic import JsonValue
from pydantic_core import from_json

from pyairtable_mcp.base.errors import (
    AppError,
    Forbidden,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.net.sender import Done, Limited, Refusal, Transient, Verdict

T = TypeVar("T")
Parse = Callable[[JsonValue], T]

PENALTY: Final = 30.0
"""Seconds Airtable turns a base's requests away after one too many (support.airtable.com, API limits)."""
LONGEST_PENALTY: Final = 3_600.0
MAX_MESSAGE: Final = 300
_MOST_READ: Final = 10_000
CURSOR_GONE: Final = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
_HIDDEN: Final = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
_QUOTA: Final = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
_ROW_GONE: Final = frozenset({"ROW_DOES_NOT_EXIST", "MODEL_ID_NOT_FOUND", "RECORD_NOT_FOUND"})
_KIND: Final = re.compile(r"[A-Za-z0-9_.-]{1,80}\Z", re.ASCII)
_MONTHLY: Final = re.compile(r"billing|month", re.IGNORECASE)


class BadShape(ValueError):
    """A good status with a body that lacks what it must contain."""


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What an error body says: Airtable's type, or empty, and its message, or empty."""

    kind: str
    message: str

    @property
    def text(self) -> str:
        if self.kind and self.message:
            return f"{self.kind}: {self.message}"
        return self.kind or self.message or "no reason given"


def judge(response: Response, parse: Parse[T], *, now: datetime, secret: str = "") -> Verdict[T]:
    """Say what a response means; `parse` reads the JSON of a good one and raises `ValueError` if it cannot.

    `now` is needed for a `Retry-After` that names a date; `secret` never appears in a message.
    """
    if 200 <= response.status < 300:
        return _read(response, parse)
    complaint = _complaint(response.body, secret)
    if response.status == 429:
        return _limited(response, complaint, now)
    if response.status >= 500 or response.status == 408:
        return Transient(_unavailable(response.status, complaint))
    return Refusal(_refusal(response.status, complaint))


def _read(response: Response, parse: Parse[T]) -> Verdict[T]:
    try:
        # Some endpoints answer a good request with nothing at all.
        return Done(parse(from_json(response.body) if response.body.strip() else None))
    except ValueError:
        # The parser's text may quote cells; what matters is that the answer cannot be used.
        message = (
            f"Airtable answered {response.status}, but with a body that cannot be read as what was asked for."
        )
        return Transient(Unavailable(message, hint="Try again in a moment.", status=response.status))


def _limited(response: Response, complaint: _Complaint, now: datetime) -> Verdict[T]:
    if complaint.kind == _QUOTA or _MONTHLY.search(complaint.text):
        return Refusal(
            QuotaExhausted(
                f"The workspace's monthly allowance of API calls is used up ({complaint.text}).",
                hint="Waiting does not help: it returns next month, or with a larger plan.",
                status=429,
                kind=complaint.kind,
            )
        )
    seconds = retry_after(response.headers.get("retry-after", ""), now)
    message = f"Airtable turns requests away for {seconds:.0f} s ({complaint.text})."
    hint = f"Try again in {seconds:.0f} s."
    return Limited(seconds, RateLimited(message, hint=hint, status=429, kind=complaint.kind))


def retry_after(value: str, now: datetime) -> float:
    """Return the seconds a `Retry-After` header asks for: a number or an HTTP date.

    At least one second, at most an hour; 30 s when there is nothing to go by.
    """
    try:
        seconds = float(value) if value.strip().isdecimal() else _until(value, now)
    except (ValueError, OverflowError):
        return PENALTY
    return min(max(1.0, seconds), LONGEST_PENALTY)


def _until(value: str, now: datetime) -> float:
    moment = parsedate_to_datetime(value)
    return (moment.replace(tzinfo=moment.tzinfo or now.tzinfo) - now).total_seconds()


def _refusal(status: int, complaint: _Complaint) -> AppError:
    kind = complaint.kind
    if status == 401:
        return Unauthorized(
            f"Airtable does not accept the token ({complaint.text}).",
            hint="Check AIRTABLE_API_KEY: the token may be mistyped, revoked or expired.",
            status=status,
            kind=kind,
        )
    if status == 403:
        return _forbidden(complaint)
    if status == 404 or kind in _ROW_GONE:
        message = f"Airtable does not find what was asked for ({complaint.text})."
        return NotFound(
            message, hint="It may have been deleted; list again to see.", status=status, kind=kind
        )
    if status == 413:
        return TooLarge(
            f"The request is larger than Airtable takes ({complaint.text}).", hint="Send less at once."
        )
    if status < 400:
        message = f"Airtable's address answered with a redirect ({status}), which is not followed."
        return Unavailable(message, hint="Check the endpoint URL.", status=status, kind=kind)
    return Rejected(f"Airtable refused the request ({complaint.text}).", status=status, kind=kind)


def _forbidden(complaint: _Complaint) -> Forbidden:
    hint = (
        "Check that the token's access includes the base, and its scopes: reading needs data.records:read "
        "and schema.bases:read, writing data.records:write, changing tables schema.bases:write."
    )
    if complaint.kind == _HIDDEN:
        message = "The token may not do this, or the object does not exist: Airtable does not tell which."
        hint = f"Check the id. {hint}"
    else:
        message = f"The token may not do this ({complaint.text})."
    return Forbidden(message, hint=hint, status=403, kind=complaint.kind)


def hidden() -> Forbidden:
    """Return the refusal of what a caller must not know of: the same as for what does not exist."""
    return _forbidden(_Complaint(_HIDDEN, ""))


def _unavailable(status: int, complaint: _Complaint) -> Unavailable:
    message = f"Airtable answered {status} ({complaint.text})."
    return Unavailable(message, hint="Try again in a moment.", status=status, kind=complaint.kind)


def _complaint(body: bytes, secret: str) -> _Complaint:
    """Read the three shapes of error body, and settle for nothing where there is none (HTML, garbage)."""
    try:
        content = from_json(body)
    except ValueError:
        return _Complaint("", "")
    error = content.get("error") if isinstance(content, dict) else None
    match error or _first_of_many(content):
        case str(kind):
            return _Complaint(_kind(kind), "")
        case {"type": str(kind), **rest}:
            return _Complaint(_kind(kind), clean(rest.get("message"), secret))
        case {"error": str(kind), **rest}:
            return _Complaint(_kind(kind), clean(rest.get("message"), secret))
        case {"message": str(message)}:
            return _Complaint("", clean(message, secret))
    return _Complaint("", "")


def _first_of_many(content: JsonValue) -> JsonValue:
    """Return the first of `{"errors":[{"error","message"}]}`, a fourth shape met in the wild."""
    match content:
        case {"errors": [first, *_]}:
            return first
    return None


def _kind(text: str) -> str:
    return text if _KIND.match(text) else ""


def clean(text: object, secret: str = "") -> str:
    """Make a text from outside fit for a message: one line, no control characters, bounded, no secret."""
    if not isinstance(text, str):
        return ""
    shown = "".join(" " if char.isspace() else char for char in text[:_MOST_READ])
    shown = "".join(char for char in shown if unicodedata.category(char)[0] != "C")
    # Last, because what was taken out may have stood in the middle of the secret.
    shown = " ".join((shown.replace(secret, "***") if secret else shown).split())
    return shown if len(shown) <= MAX_MESSAGE else shown[: MAX_MESSAGE - 1] + "…"
