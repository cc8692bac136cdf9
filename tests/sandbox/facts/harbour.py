"""The base the facts are about: boats, their berths, and a long log. Every id is known beforehand."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox import Sandbox
from pyairtable_mcp.sandbox.state.model import Base, Field, Record, Table, View


def known(prefix: str, name: str) -> str:
    """Return an id that can be read: the prefix, the name, and noughts up to Airtable's length."""
    return f"{prefix}{name:0<14}"


BASE: Final = known("app", "Harbour")
BOATS: Final = known("tbl", "Boats")
BERTHS: Final = known("tbl", "Berths")
LOG: Final = known("tbl", "Log")
ANNA, BORA, CORSA = (known("rec", name) for name in ("Anna", "Bora", "Corsa"))
NORTH, SOUTH = (known("rec", name) for name in ("North", "South"))
NONE: Final = known("rec", "None")
OWNER: Final = "usrSamRivera00001"
MEI: Final = "usrMeiTanaka00001"
FEED: Final = known("tbl", "Feed")
SCOPES: Final = ("data.records:read", "data.records:write", "user.email:read")
BACK: Final = "https://chandler.example.com/back"
VERIFIER: Final = "a-verifier-that-is-longer-than-forty-three-letters"
ASKED_FOR: Final = {
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "data.records:read user.email:read",
    "state": "a-state-of-sixteen-or-more",
    "code_challenge": urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
    "code_challenge_method": "S256",
}
"""What an authorization URL asks, the client aside."""

LINES: Final = 205
"""Records of the log."""

_MADE: Final = datetime(2025, 6, 1, 8, 30, tzinfo=UTC)
_DAY: Final[Json] = {"name": "iso", "format": "YYYY-MM-DD"}
_HOURS: Final[Json] = {"name": "24hour", "format": "HH:mm"}


def field(name: str) -> str:
    """Return the id of the field of this name, e.g. `fldBerthLength000` for `Berth length`."""
    return known("fld", name.title().replace(" ", ""))


def option(name: str) -> str:
    """Return the id of the select option of this name."""
    return known("sel", name)


def _choices(*names: str) -> dict[str, Json]:
    listed: list[Json] = [{"id": option(name), "name": name, "color": "blueLight2"} for name in names]
    return {"choices": listed}


def _moment(zone: str) -> dict[str, Json]:
    return {"dateFormat": _DAY, "timeFormat": _HOURS, "timeZone": zone}


def _link(table: str, back: str, *, single: bool) -> dict[str, Json]:
    return {
        "linkedTableId": table,
        "isReversed": False,
        "prefersSingleRecordLink": single,
        "inverseLinkFieldId": field(back),
    }


_BOATS: Final[tuple[tuple[str, str, dict[str, Json]], ...]] = (
    ("Name", "singleLineText", {}),
    ("Notes", "multilineText", {}),
    ("Story", "richText", {}),
    ("Mail", "email", {}),
    ("Site", "url", {}),
    ("Phone", "phoneNumber", {}),
    ("Length", "number", {"precision": 1}),
    ("Price", "currency", {"precision": 2, "symbol": "€"}),
    ("Load", "percent", {"precision": 1}),
    ("Trip", "duration", {"durationFormat": "h:mm:ss"}),
    ("Stars", "rating", {"icon": "star", "color": "yellowBright", "max": 5}),
    ("Afloat", "checkbox", {"icon": "check", "color": "greenBright"}),
    ("Built", "date", {"dateFormat": _DAY}),
    ("Seen", "dateTime", _moment("utc")),
    ("Sailed", "dateTime", _moment("America/Los_Angeles")),
    ("Kind", "singleSelect", _choices("Sail", "Motor", "Row")),
    ("Gear", "multipleSelects", _choices("Anchor", "Radio", "Raft")),
    ("Captain", "singleCollaborator", {}),
    ("Crew", "multipleCollaborators", {}),
    ("Tag", "barcode", {}),
    ("Papers", "multipleAttachments", {"isReversed": False}),
    ("Berth", "multipleRecordLinks", _link(BERTHS, "Boats", single=True)),
    (
        "Berth length",
        "multipleLookupValues",
        {"isValid": True, "recordLinkFieldId": field("Berth"), "fieldIdInLinkedTable": field("Metres")},
    ),
    ("Number", "autoNumber", {}),
    ("Made", "createdTime", {"result": {"type": "dateTime", "options": _moment("utc")}}),
    (
        "Changed",
        "lastModifiedTime",
        {
            "isValid": True,
            "referencedFieldIds": [],
            "result": {"type": "dateTime", "options": _moment("utc")},
        },
    ),
    ("Maker", "createdBy", {}),
    ("Changer", "lastModifiedBy", {}),
    (
        "Label",
        "formula",
        {"isValid": True, "referencedFieldIds": [field("Name")], "result": {"type": "singleLineText"}},
    ),
)
_BERTHS: Final[tuple[tuple[str, str, dict[str, Json]], ...]] = (
    ("Place", "singleLineText", {}),
    ("Metres", "number", {"precision": 0}),
    ("Boats", "multipleRecordLinks", _link(BOATS, "Berth", single=False)),
    ("Boat count", "count", {"isValid": True, "recordLinkFieldId": field("Boats")}),
    (
        "Total length",
        "rollup",
        {
            "isValid": True,
            "recordLinkFieldId": field("Boats"),
            "fieldIdInLinkedTable": field("Length"),
            "referencedFieldIds": [],
            "result": {"type": "number", "options": {"precision": 1}},
        },
    ),
)
_FORMULAS: Final = {"Label": f'{{{field("Name")}}} & "!"', "Total length": "SUM(values)"}


def _table(key: str, name: str, columns: tuple[tuple[str, str, dict[str, Json]], ...]) -> Table:
    made = Table(key, name)
    for title, kind, options in columns:
        made.fields[field(title)] = Field(
            field(title), title, kind, dict(options), formula=_FORMULAS.get(title, "")
        )
    grid = View(known("viw", f"{name}Grid"), "Grid view")
    made.views[grid.id] = grid
    return made


def _row(table: Table, key: str, cells: dict[str, Json]) -> None:
    table.records[key] = Record(
        id=key,
        number=table.next_number,
        created=_MADE,
        created_by=OWNER,
        modified=_MADE,
        modified_by=OWNER,
        cells={field(name): value for name, value in cells.items()},
    )
    table.next_number += 1


def add_harbour(sandbox: Sandbox) -> dict[str, object]:
    """Put the base into a sandbox; return what was minted for it: a sync, tokens, an OAuth integration."""
    boats, berths = _table(BOATS, "Boats", _BOATS), _table(BERTHS, "Berths", _BERTHS)
    log = _table(LOG, "Log", (("Line", "singleLineText", {}), ("Day", "number", {"precision": 0})))
    sail = f'{{{field("Kind")}}} = "Sail"'
    view = View(known("viw", "Sailing"), "Sailing", filter=sail, order=((field("Length"), True),))
    view.visible = (field("Name"), field("Length"))
    boats.views[view.id] = view
    _row(
        boats, ANNA, {"Name": "Anna", "Length": 7.5, "Kind": option("Sail"), "Afloat": True, "Berth": [NORTH]}
    )
    _row(boats, BORA, {"Name": "Bora", "Length": 12, "Kind": option("Motor"), "Gear": [option("Radio")]})
    _row(boats, CORSA, {"Name": "Corsa", "Length": 9, "Kind": option("Sail"), "Berth": [NORTH]})
    _row(berths, NORTH, {"Place": "North", "Metres": 15, "Boats": [ANNA, CORSA]})
    _row(berths, SOUTH, {"Place": "South", "Metres": 10})
    for number in range(LINES):
        _row(log, known("rec", f"Log{number:03}"), {"Line": f"Line {number}", "Day": number % 7})
    feed = _table(FEED, "Feed", (("Key", "singleLineText", {}), ("Worth", "singleLineText", {})))
    tables = {each.id: each for each in (boats, berths, log, feed)}
    sandbox.workspace.bases[BASE] = Base(BASE, "Harbour", tables, created=_MADE)
    integration = sandbox.register_integration("Chandler", [BACK], SCOPES)
    return {
        "sync": sandbox.sync_table(BASE, "Feed", unique="Key"),
        "reader": sandbox.issue_token(scopes=["data.records:read"]),
        "stranger": sandbox.issue_token(bases=["appEmpty000000001"]),
        "client": integration.client_id,
        "code": sandbox.consent(_consent(integration.client_id)).split("code=")[1].split("&")[0],
    }


def _consent(client_id: str) -> str:
    query = {"client_id": client_id, **ASKED_FOR}
    return f"/oauth2/v1/authorize?{urlencode(query)}"
