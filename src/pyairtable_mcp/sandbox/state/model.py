"""What a workspace holds: users, bases, tables, fields, views, records, comments.

Cells are kept in the form that survives renames: select options by option id, people by user id,
links by record id, dates as ISO text. Reading and writing them is the business of `fields`.
"""

from asyncio import Event
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.ids import Kind, mint
from pyairtable_mcp.base.json_types import Json, JsonObject
from pyairtable_mcp.sandbox.state.access import Collaborator, Grant, Integration, Token
from pyairtable_mcp.sandbox.state.changes import Changes
from pyairtable_mcp.sandbox.state.webhooks import Webhook

COLOURS: Final = (
    "blueLight2", "cyanLight2", "tealLight2", "greenLight2", "yellowLight2",
    "orangeLight2", "redLight2", "pinkLight2", "purpleLight2", "grayLight2",
)  # fmt: skip
"""Colours new options get in turn."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may use the workspace."""

    id: str
    name: str
    email: str

    def as_json(self) -> JsonObject:
        """Return the collaborator object that cells and comments carry."""
        return {"id": self.id, "email": self.email, "name": self.name}


@dataclass(slots=True)
class Field:
    """A column.

    `options` is what the metadata API shows; `formula` is the text a formula or rollup computes with
    (Airtable shows it for formulas only).
    """

    id: str
    name: str
    type: str
    options: dict[str, Json] = field(default_factory=dict)
    description: str = ""
    formula: str = ""

    def become(self, other: "Field") -> None:
        """Take everything but the id from another field."""
        self.name, self.type, self.description = other.name, other.type, other.description
        self.options, self.formula = other.options, other.formula


@dataclass(slots=True)
class View:
    """A view: a filter formula ("" for none), an order of (field id, descending), the fields shown."""

    id: str
    name: str
    type: str = "grid"
    filter: str = ""
    order: tuple[tuple[str, bool], ...] = ()
    visible: tuple[str, ...] | None = None


@dataclass(slots=True)
class Comment:
    """A comment on a record; `text` keeps mentions as `@[usr…]`.

    `reactions` are pairs of an emoji's code points, as hexadecimal text, and a user id; `attachments` are as
    cells hold them. The API shows both and makes neither.
    """

    id: str
    author: str
    text: str
    created: datetime
    edited: datetime | None = None
    parent: str = ""
    reactions: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[JsonObject] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """A row: its filled cells by field id, and who made and last changed it when."""

    id: str
    number: int
    created: datetime
    created_by: str
    modified: datetime
    modified_by: str
    cells: dict[str, Json] = field(default_factory=dict)
    touched: dict[str, datetime] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class Sync:
    """How a table follows a CSV: the id it is posted under, the field that tells its rows apart, and each
    column's field by the column's name.
    """

    id: str
    unique: str
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """A table; `revision` grows whenever the schema changes, so compiled formulas can be told stale."""

    id: str
    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    description: str = ""
    revision: int = 0
    next_number: int = 1
    sync: Sync | None = None

    def follows(self, field_id: str) -> bool:
        """Tell whether a field's cells come from a CSV and from nowhere else."""
        return self.sync is not None and field_id in self.sync.columns.values()

    @property
    def primary(self) -> Field:
        """The primary field, which is the first."""
        return next(iter(self.fields.values()))

    def field_by(self, key: str) -> Field | None:
        """Return the field of this id or exact name, or None."""
        found = self.fields.get(key)
        return found or next((each for each in self.fields.values() if each.name == key), None)

    def field_id(self, key: str) -> str | None:
        """Return the id of the field of this id or exact name, or None."""
        field = self.field_by(key)
        return field.id if field else None

    def column(self, field_id: str) -> tuple[str, Mapping[str, Json]]:
        """Return the type of a field of this table and its options."""
        field = self.fields[field_id]
        return field.type, field.options

    def view_by(self, key: str) -> View | None:
        """Return the view of this id or exact name, or None."""
        found = self.views.get(key)
        return found or next((each for each in self.views.values() if each.name == key), None)


@dataclass(slots=True)
class Base:
    """A base, its tables in order, its webhooks, its people by user id, and how many transactions there were.

    A user not among the `collaborators` has the level of the workspace there.
    """

    id: str
    name: str
    tables: dict[str, Table] = field(default_factory=dict)
    created: datetime | None = None
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    transactions: int = 0
    collaborators: dict[str, Collaborator] = field(default_factory=dict)

    def table_by(self, key: str) -> Table | None:
        """Return the table of this id or exact name, or None."""
        found = self.tables.get(key)
        return found or next((each for each in self.tables.values() if each.name == key), None)


@dataclass(slots=True)
class Workspace:
    """Everything the sandbox remembers, with the clock and the randomness it mints ids from.

    `owner` is the user id of who made everything that is there from the start and owns every base; `members`
    are the users who may enter every base, `groups` the names of groups of users by id, `tokens` holds tokens
    by the text a request carries, `integrations` and `grants` those of OAuth by their ids, `uploads` uploaded
    bytes by attachment id, `changes` what differs from what was last kept; `secret` signs links to files,
    `bell` rings when a notification of a webhook is due.
    """

    clock: Clock
    rng: Random
    users: dict[str, User] = field(default_factory=dict)
    bases: dict[str, Base] = field(default_factory=dict)
    owner: str = ""
    id: str = "wspSandbox0000001"
    members: dict[str, Collaborator] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    integrations: dict[str, Integration] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    secret: bytes = b""
    changes: Changes = field(default_factory=Changes)
    bell: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        """Choose a secret."""
        self.secret = self.secret or self.rng.randbytes(32)

    def new_id(self, kind: Kind) -> str:
        """Return a fresh id of this kind."""
        return mint(kind, self.rng)

    def user_by(self, key: str) -> User | None:
        """Return the user of this id, e-mail (any case) or exact name, or None."""
        if key in self.users:
            return self.users[key]
        return next((u for u in self.users.values() if key.lower() == u.email.lower() or key == u.name), None)
