import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from pyairtable_mcp.airtable.shapes import records_of
from pyairtable_mcp.airtable.wire import MAX_MESSAGE, clean, judge, retry_after
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
    Upstream,
)
from pyairtable_mcp.net.http import Response
from pyairtable_mcp.net.sender import Done, Limited, Refusal, Transient, Verdict

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def verdict(status: int, body: object = b"", *, secret: str = "", **headers: str) -> Verdict[JsonValue]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Response(
        status=status, headers={key.replace("_", "-"): value for key, value in headers.items()}, body=content
    )
    return judge(response, lambda data: data, now=NOW, secret=secret)


def error_in(found: Verdict[JsonValue]) -> AppError:
    assert not isinstance(found, Done)
    return found.error


def typed(kind: str, message: str = "why") -> object:
    return {"error": {"type": kind, "message": message}}


@pytest.mark.parametrize(
    ("status", "body", "expected", "kind"),
    [
        (401, typed("AUTHENTICATION_REQUIRED"), Unauthorized, "AUTHENTICATION_REQUIRED"),
        (403, typed("INVALID_PERMISSIONS"), Forbidden, "INVALID_PERMISSIONS"),
        (403, {"error": {"type": "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"}}, Forbidden,
         "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
        (404, {"error": "NOT_FOUND"}, NotFound, "NOT_FOUND"),
        (404, {"error": {"type": "TABLE_NOT_FOUND"}}, NotFound, "TABLE_NOT_FOUND"),
        (413, {"error": "REQUEST_TOO_LARGE"}, TooLarge, None),
        (422, typed("UNKNOWN_FIELD_NAME"), Rejected, "UNKNOWN_FIELD_NAME"),
        (422, typed("ROW_DOES_NOT_EXIST"), NotFound, "ROW_DOES_NOT_EXIST"),
        (422, typed("LIST_RECORDS_ITERATOR_NOT_AVAILABLE"), Rejected, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
        (422, typed("SOMETHING_INVENTED_TOMORROW"), Rejected, "SOMETHING_INVENTED_TOMORROW"),
        (400, b"<html>Bad request</html>", Rejected, ""),
        (418, {"error": {"type": 7, "message": []}}, Rejected, ""),
        (422, {"error": {"type": "not a kind\n", "message": "x"}}, Rejected, ""),
        (422, {"errors": [{"error": "INVALID_THING", "message": "x"}]}, Rejected, "INVALID_THING"),
        (422, {"error": {"message": "only words"}}, Rejected, ""),
        (422, [], Rejected, ""),
        (301, b"", Unavailable, ""),
        (304, b"", Unavailable, ""),
    ],
)  # fmt: skip
def test_a_refusal_is_named_for_what_happened(
    status: int, body: object, expected: type[AppError], kind: str | None
) -> None:
    found = verdict(status, body)
    assert isinstance(found, Refusal)
    assert type(found.error) is expected
    if isinstance(found.error, Upstream):
        assert (found.error.status, found.error.kind) == (status, kind)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", typed("SERVER_ERROR"), {"error": {"type": "RETRIABLE_ERROR"}}]
)
def test_a_stumbling_server_leaves_the_outcome_unclear(status: int, body: object) -> None:
    found = verdict(status, body)
    assert isinstance(found, Transient)
    assert isinstance(found.error, Unavailable)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>OK</html>", b'{"records": [', b"[" * 100_000, b"\xff\xfe", b'{"records":{}}', b"null"],
)
def test_a_good_status_with_a_bad_body_leaves_the_outcome_unclear(body: bytes) -> None:
    response = Response(status=200, headers={}, body=body)
    assert isinstance(judge(response, records_of, now=NOW), Transient)


def test_a_hidden_object_is_told_as_what_it_is_and_how_to_check() -> None:
    error = error_in(verdict(403, typed("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")))
    assert "or the object does not exist" in error.message
    assert "schema.bases:read" in error.hint
    assert "access includes the base" in error.hint


@pytest.mark.parametrize(
    "body",
    [
        typed("PUBLIC_API_BILLING_LIMIT_EXCEEDED"),
        {"error": {"type": "PUBLIC_API_BILLING_LIMIT_EXCEEDED"}},
        typed("SOME_BILLING_THING"),
        typed("LIMITED", "You have exceeded your monthly API call limit"),
    ],
)
def test_a_spent_monthly_allowance_is_final(body: object) -> None:
    found = verdict(429, body)
    assert isinstance(found, Refusal)
    assert isinstance(found.error, QuotaExhausted)


@pytest.mark.parametrize(
    "body", [b"", typed("RATE_LIMIT_REACHED"), b"<html>", {"errors": [{"error": "RATE"}]}]
)
def test_a_rate_limit_without_a_time_means_thirty_seconds(body: object) -> None:
    found = verdict(429, body)
    assert isinstance(found, Limited)
    assert isinstance(found.error, RateLimited)
    assert found.seconds == 30.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        ("", 30.0),
        ("soon", 30.0),
        ("-5", 30.0),
        ("1.5", 30.0),
        ("9" * 400, 3_600.0),
        ("²", 30.0),
        ("Thu, 01 Jan 2026 12:00:45 GMT", 45.0),
        ("Thu, 01 Jan 2026 12:00:45 -0000", 45.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 1.0),
        ("Fri, 01 Jan 2027 12:00:00 GMT", 3_600.0),
    ],
)
def test_the_wait_asked_for_is_read_as_seconds_or_as_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


def test_the_wait_of_a_rate_limit_is_taken_from_its_header() -> None:
    found = verdict(429, retry_after="7")
    assert isinstance(found, Limited)
    assert found.seconds == 7.0


def test_texts_from_outside_are_cut_cleaned_and_rid_of_the_token() -> None:
    message = "bad\x1b[31m\u202e\u200b\n\n  patSecret " + "x" * 10_000
    error = error_in(verdict(422, typed("BAD", message), secret="patSecret"))
    assert "bad[31m *** xxx" in error.message
    assert "patSecret" not in error.message
    assert len(error.message) < MAX_MESSAGE + 100
    assert error.message.isprintable()


def test_a_token_torn_apart_by_invisible_characters_is_not_put_together() -> None:
    assert clean("pat\u200bSecret pat\nSecret", "patSecret") == "*** pat Secret"


@given(st.text(), st.text(min_size=3))
def test_clean_never_grows_never_shows_the_secret_and_stays_on_one_line(text: str, secret: str) -> None:
    shown = clean(text + secret + text, secret)
    assert len(shown) <= MAX_MESSAGE
    assert "\n" not in shown
    if secret.isalnum() and "***" not in secret and secret not in text * 2:
        assert secret not in shown


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_bytes_under_any_status_get_a_verdict_and_nothing_else(status: int, body: bytes) -> None:
    response = Response(status=status, headers={"retry-after": body.decode("latin-1")}, body=body)
    judge(response, records_of, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "type", "message", "records", "id", "fields"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.integers(200, 599), JSON)
def test_any_json_under_any_status_gets_a_verdict_and_nothing_else(status: int, body: JsonValue) -> None:
    response = Response(status=status, headers={}, body=json.dumps(body).encode())
    judge(response, records_of, now=NOW)
