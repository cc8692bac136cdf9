"""Every refusal the sandbox answers with.

Airtable's API reference shows three body shapes: `{"error":{"type","message"}}`, `{"error":{"type"}}` and
`{"error":"NOT_FOUND"}`. The sandbox answers the first and the last; a scripted fault can answer any.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyairtable_mcp.base.json_types import JsonObject


class ApiError(Exception):
    """A refusal: the HTTP status and the JSON body to answer with."""

    def __init__(self, status: int, body: JsonObject) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


ERRORS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "AUTHENTICATION_REQUIRED": 401,
        "INVALID_PERMISSIONS": 403,
        "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND": 403,
        "REQUEST_TOO_LARGE": 413,
        "URI_TOO_LONG": 414,
        "DUPLICATE_OR_EMPTY_FIELD_NAME": 422,
        "DUPLICATE_TABLE_NAME": 422,
        "INVALID_ATTACHMENT_OBJECT": 422,
        "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE": 422,
        "INVALID_FILTER_BY_FORMULA": 422,
        "INVALID_MULTIPLE_CHOICE_OPTIONS": 422,
        "INVALID_PRIMARY_FIELD_TYPE": 422,
        "INVALID_RECORD_ID": 422,
        "INVALID_RECORDS": 422,
        "INVALID_REQUEST_BODY": 422,
        "INVALID_REQUEST_UNKNOWN": 422,
        "INVALID_VALUE_FOR_COLUMN": 422,
        "LIST_RECORDS_ITERATOR_NOT_AVAILABLE": 422,
        "ROW_DOES_NOT_EXIST": 422,
        "TOO_MANY_WEBHOOKS_IN_BASE": 422,
        "UNKNOWN_FIELD_NAME": 422,
        "UNSUPPORTED_FIELD_TYPE_FOR_CREATE": 422,
        "VIEW_ID_NOT_FOUND": 422,
        "VIEW_NAME_NOT_FOUND": 422,
        "PUBLIC_API_BILLING_LIMIT_EXCEEDED": 429,
        "RATE_LIMIT_REACHED": 429,
        "SERVER_ERROR": 500,
    }
)
"""The HTTP status of every typed refusal. NOT_FOUND is not one: its body is a bare word."""


def refusal(kind: str, message: str) -> ApiError:
    """Return a refusal of the shape `{"error":{"type","message"}}`; its kind must be in the table."""
    return ApiError(ERRORS[kind], {"error": {"type": kind, "message": message}})


_HIDDEN: Final = (
    "Invalid permissions, or the requested model was not found. Check that both your user and your token "
    "have the required permissions, and that the model names and/or ids are correct."
)


def not_found() -> ApiError:
    """Return the 404 whose error is a bare word."""
    return ApiError(404, {"error": "NOT_FOUND"})


def unauthenticated() -> ApiError:
    """Return the 401 for a missing or unknown token."""
    return refusal("AUTHENTICATION_REQUIRED", "Authentication required")


def hidden() -> ApiError:
    """Return the 403 that does not tell an unknown base or table from a forbidden one."""
    return refusal("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", _HIDDEN)


def forbidden(message: str) -> ApiError:
    """Return the 403 for an act this user may not do."""
    return refusal("INVALID_PERMISSIONS", message)


def no_creating(table: str, table_id: str) -> ApiError:
    """Return the 403 for making records where one may not."""
    return forbidden(f"You are not permitted to create records in table {table} ({table_id})")


def no_writing(field: str, field_id: str) -> ApiError:
    """Return the 403 for writing cells where one may not."""
    return forbidden(f"You are not permitted to write cell values in field {field} ({field_id})")


def invalid(message: str = "parameter validation failed. Check your request data.") -> ApiError:
    """Return the 422 for a request of the wrong shape."""
    return refusal("INVALID_REQUEST_UNKNOWN", f"Invalid request: {message}")


def unknown_field(name: str) -> ApiError:
    """Return the 422 for a field name or id the table does not have."""
    return refusal("UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')


def bad_value(field: str, why: str = "cannot accept the provided value") -> ApiError:
    """Return the 422 for a value that does not fit its field."""
    return refusal("INVALID_VALUE_FOR_COLUMN", f'Field "{field}" {why}')


def missing_row(record_id: str) -> ApiError:
    """Return the 422 for a record id the table does not have."""
    return refusal("ROW_DOES_NOT_EXIST", f"Record ID {record_id} does not exist")


def unknown_option(name: str) -> ApiError:
    """Return the 422 for a select option that does not exist and may not be created."""
    message = f'Insufficient permissions to create new select option "{name}"'
    return refusal("INVALID_MULTIPLE_CHOICE_OPTIONS", message)


def bad_formula(why: str) -> ApiError:
    """Return the 422 for a filter that cannot be understood."""
    message = f"The formula for filtering records is invalid: {why}"
    return refusal("INVALID_FILTER_BY_FORMULA", message)


def stale_cursor() -> ApiError:
    """Return the 422 for an offset that has expired or never was."""
    return refusal("LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "The offset has expired; start from the first page")


def too_large(message: str) -> ApiError:
    """Return the 413 for a body above the limit."""
    return refusal("REQUEST_TOO_LARGE", message)


def too_many() -> ApiError:
    """Return the 429 of the rate law."""
    return refusal("RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later")


def used_up() -> ApiError:
    """Return the 429 of the monthly quota, which waiting does not mend."""
    message = "The workspace has used up its API calls of this month."
    return refusal("PUBLIC_API_BILLING_LIMIT_EXCEEDED", message)


def not_kept(why: str) -> ApiError:
    """Return the 500 for what could not be written down; it is shown to nobody before it is."""
    return refusal("SERVER_ERROR", f"The sandbox cannot write its file: {why}")
