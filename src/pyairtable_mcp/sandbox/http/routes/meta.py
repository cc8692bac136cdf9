"""Who is asking, which bases there are, what they are made of."""

from typing import Final

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.access.levels import visible_bases
from pyairtable_mcp.sandbox.http.call import Call
from pyairtable_mcp.sandbox.schema.describing import describe_table
from pyairtable_mcp.sandbox.state.access import Level
from pyairtable_mcp.sandbox.wire import invalid

BASES_PAGE: Final = 1_000
"""Most bases on one page (Airtable API reference, list bases)."""


def whoami(call: Call) -> Json:
    """Answer the token's user; the e-mail to a token that may read it, the scopes to one of OAuth."""
    user, token = call.world.workspace.users[call.token.user], call.token
    shown: dict[str, Json] = {"id": user.id}
    if token.client_id:
        shown["scopes"] = sorted(token.scopes)
    if "user.email:read" in token.scopes:
        shown["email"] = user.email
    return shown


def list_bases(call: Call) -> Json:
    """Answer a page of the bases the token sees; the offset is the id of the next page's first base."""
    given = dict(call.query)
    offset = given.pop("offset", "")
    if given:
        raise invalid(f"unknown parameter {next(iter(given))!r}")
    bases = list(visible_bases(call.world.workspace, call.token))
    start = next((place for place, (base, _) in enumerate(bases) if base.id == offset), None) if offset else 0
    if start is None:
        raise invalid("unknown offset")
    end = start + BASES_PAGE
    page: dict[str, Json] = {
        "bases": [
            {"id": base.id, "name": base.name, "permissionLevel": shown_level(level)}
            for base, level in bases[start:end]
        ]
    }
    if end < len(bases):
        page["offset"] = bases[end][0].id
    return page


def shown_level(level: Level) -> str:
    """Return one's own level as the metadata API tells it, which knows creators but no owners."""
    return "create" if level == "owner" else level


def list_tables(call: Call) -> Json:
    """Answer the schema of a base."""
    visible = call.includes("visibleFieldIds")
    return {
        "tables": [describe_table(call.base, each, visible=visible) for each in call.base.tables.values()]
    }
