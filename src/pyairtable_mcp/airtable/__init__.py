"""Airtable as typed values and one async client: paths, errors, paging, schema cache, write batches."""

from pyairtable_mcp.airtable.client import Airtable
from pyairtable_mcp.airtable.comments import CommentPage
from pyairtable_mcp.airtable.models import (
    Base,
    BaseSchema,
    Comment,
    Field,
    Identity,
    Mention,
    NewWebhook,
    Notification,
    Payload,
    Record,
    Table,
    User,
    View,
    Webhook,
)
from pyairtable_mcp.airtable.opening import open_airtable
from pyairtable_mcp.airtable.outcomes import How, Ledger, Outcome, Row, WriteReport
from pyairtable_mcp.airtable.records import Page, Query
from pyairtable_mcp.airtable.webhooks import PayloadPage, is_genuine, read_notification
from pyairtable_mcp.airtable.writes import Patch

__all__ = [
    "Airtable",
    "Base",
    "BaseSchema",
    "Comment",
    "CommentPage",
    "Field",
    "How",
    "Identity",
    "Ledger",
    "Mention",
    "NewWebhook",
    "Notification",
    "Outcome",
    "Page",
    "Patch",
    "Payload",
    "PayloadPage",
    "Query",
    "Record",
    "Row",
    "Table",
    "User",
    "View",
    "Webhook",
    "WriteReport",
    "is_genuine",
    "open_airtable",
    "read_notification",
]
