"""What Airtable answers with, as values: slim, frozen, and deaf to keys we do not know.

pyairtable's own schema models are not used here: parsing 2,500 fields with them blocks the event loop for
over a second. A field's `type` and `options` stay as Airtable sends them, so that a type invented tomorrow
is just another word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

Text = Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else "")]
"""A text we can do without: whatever else stands there reads as empty."""

Options = Annotated[
    dict[str, JsonValue], BeforeValidator(lambda value: value if isinstance(value, dict) else {})
]
"""A field's options; fields without any have an empty dict."""


class Model(BaseModel):
    """A frozen value read from Airtable's camelCase JSON; unknown keys are dropped."""

    # What reads them is built with the first answer, because starting up must not pay for it.
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )


class Base(Model):
    """A base the token can see; `permission_level` is `none`, `read`, `comment`, `edit` or `create`."""

    id: str
    name: str
    permission_level: Text = ""


class Field(Model):
    """A field; `type` and `options` are Airtable's own words."""

    id: str
    name: str
    type: Text = ""
    description: Text = ""
    options: Options = pydantic.Field(default_factory=dict)


class View(Model):
    """A view; `type` is `grid`, `form`, `calendar`, ..."""

    id: str
    name: Text = ""
    type: Text = ""


def _named(value: JsonValue) -> list[JsonValue]:
    """Return the objects of a list that have an id."""
    listed = value if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, dict) and isinstance(each.get("id"), str)]


class Table(Model):
    """A table with its fields in order; the primary field is one of them."""

    id: str
    name: str
    primary_field_id: Text = ""
    description: Text = ""
    fields: tuple[Field, ...] = ()
    views: Annotated[tuple[View, ...], BeforeValidator(_named)] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Field]:
        """Return the fields by their ids."""
        return {field.id: field for field in self.fields}


class BaseSchema(Model):
    """Every table of a base, in order."""

    id: str
    tables: tuple[Table, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Table]:
        """Return the tables by their ids."""
        return {table.id: table for table in self.tables}


class User(Model):
    """A person or service account."""

    id: str
    email: Text = ""
    name: Text = ""


class Identity(Model):
    """Whom the token belongs to; `scopes` is empty where Airtable does not tell them."""

    id: str
    email: Text = ""
    scopes: tuple[str, ...] = ()


class Mention(Model):
    """Somebody a comment names: a user or a user group; stands in the text as `@[id]`."""

    id: str
    type: Text = ""
    display_name: Text = ""
    email: Text = ""


class Comment(Model):
    """A comment on a record; `parent` is the id of the comment it answers, or empty."""

    id: str
    author: User
    text: str
    created_time: str
    parent: Text = pydantic.Field(default="", alias="parentCommentId")
    mentioned: dict[str, Mention] = pydantic.Field(default_factory=dict)

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Return everybody the comment names."""
        return tuple(self.mentioned.values())


class Webhook(Model):
    """A webhook; `cursor_for_next_payload` is the cursor of the next change there will be.

    `specification` and `last_notification_result` are in Airtable's own words; an empty `expiration_time`
    means never, an empty `notification_url` nobody.
    """

    id: str
    specification: Options = pydantic.Field(default_factory=dict)
    notification_url: Text = ""
    expiration_time: Text = ""
    is_hook_enabled: bool = True
    are_notifications_enabled: bool = True
    cursor_for_next_payload: int = 1
    last_successful_notification_time: Text = ""
    last_notification_result: Options = pydantic.Field(default_factory=dict)


class NewWebhook(Model):
    """What a webhook's creation is answered with: the only time that its secret is told."""

    id: str
    mac_secret_base64: str = pydantic.Field(repr=False)
    expiration_time: Text = ""


class Named(Model):
    """Something that is only named by its id."""

    id: str


class Notification(Model):
    """The news that a webhook has payloads to read."""

    base: Named
    webhook: Named
    timestamp: str


class Payload(Model):
    """The changes of one transaction, in Airtable's own words by table; asked for by `cursor` again.

    Where Airtable could not tell the changes, `error` is true and `code` says why, e.g. `INVALID_HOOK`.
    """

    cursor: int
    timestamp: Text = ""
    base_transaction_number: int = 0
    action_metadata: Options = pydantic.Field(default_factory=dict)
    changed_tables_by_id: Options = pydantic.Field(default_factory=dict)
    created_tables_by_id: Options = pydantic.Field(default_factory=dict)
    destroyed_table_ids: tuple[str, ...] = ()
    error: bool = False
    code: Text = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record; `fields` is keyed by field id and leaves empty cells out, as Airtable does.

    `created_time` is ISO 8601 in UTC; `comment_count` is None unless it was asked for.
    """

    id: str
    created_time: str
    fields: Mapping[str, JsonValue]
    comment_count: int | None = None
