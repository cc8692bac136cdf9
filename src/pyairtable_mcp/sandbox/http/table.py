"""The table of routes: everything the sandbox answers, and what each answer takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pyairtable_mcp.sandbox.access.admission import Needs
from pyairtable_mcp.sandbox.http.call import Handler
from pyairtable_mcp.sandbox.http.enterprise import ENTERPRISE, unavailable
from pyairtable_mcp.sandbox.http.rate import Limit
from pyairtable_mcp.sandbox.http.routes import (
    comments,
    meta,
    oauth,
    people,
    records,
    schema,
    syncing,
    uploads,
    views,
    webhooks,
)
from pyairtable_mcp.sandbox.http.visit import Visited


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path with `{names}`, what answers it, what that takes, a limit of its own per base.

    `takes_json` tells that a body must be JSON.
    """

    method: str
    path: str
    handler: Handler
    needs: Needs
    limit: Limit | None = None
    takes_json: bool = True

    @property
    def enterprise(self) -> bool:
        """Tell whether the route exists on an enterprise plan only, which the sandbox is not on."""
        return self.handler is unavailable

    @property
    def metadata(self) -> bool:
        """Tell whether calls are about structure, which the monthly quota does not count."""
        return self.path.startswith("/v0/meta/")

    @property
    def writes(self) -> bool:
        """Tell whether carrying it out changes something: a question may be asked in a body."""
        return self.method != "GET" and not self.path.endswith("/listRecords")


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A method and a path that asks for no token, and what answers it."""

    method: str
    path: str
    handler: Visited


def _one_of(*scopes: str) -> frozenset[str]:
    return frozenset(scopes)


_ANYBODY: Final = Needs((), "none")
_BASES: Final = Needs((_one_of("schema.bases:read"),), "none")
_NEW_BASE: Final = Needs((_one_of("schema.bases:write"),), "none")
_PEOPLE: Final = Needs((_one_of("schema.bases:read", "workspacesAndBases:read"),), "read")
_INVITE: Final = Needs((_one_of("workspacesAndBases:write"),), "create")
_VIEWS: Final = Needs((_one_of("workspacesAndBases:read"),), "read")
_NO_VIEW: Final = Needs((_one_of("workspacesAndBases:write"),), "create")
_SCHEMA: Final = Needs((_one_of("schema.bases:read"),), "read")
_BUILD: Final = Needs((_one_of("schema.bases:write"),), "create")
_HOOKS: Final = Needs((_one_of("webhook:manage"),), "create")
_HEED: Final = Needs((_one_of("webhook:manage"),), "read")
_READ: Final = Needs((_one_of("data.records:read"),), "read")
_WRITE: Final = Needs((_one_of("data.records:write"),), "edit")
_SYNC: Final = Needs((_one_of("data.records:write"), _one_of("schema.bases:write")), "create")
_HEAR: Final = Needs((_one_of("data.recordComments:read"),), "read")
_SAY: Final = Needs((_one_of("data.recordComments:write"),), "comment")

_PERSON: Final = "/v0/meta/bases/{base}/collaborators/{collaborator}"
_HOOK: Final = "/v0/bases/{base}/webhooks/{webhook}"
_COMMENTS: Final = "/v0/{base}/{table}/{record}/comments"

ROUTES: Final[Sequence[Route]] = (
    Route("GET", "/v0/meta/whoami", meta.whoami, _ANYBODY),
    Route("GET", "/v0/meta/bases", meta.list_bases, _BASES),
    Route("POST", "/v0/meta/bases", schema.create_base, _NEW_BASE),
    Route("GET", "/v0/meta/bases/{base}", people.get_base, _PEOPLE),
    Route("POST", "/v0/meta/bases/{base}/collaborators", people.add_collaborators, _INVITE),
    Route("PATCH", _PERSON, people.update_collaborator, _INVITE),
    Route("DELETE", _PERSON, people.remove_collaborator, _INVITE),
    Route("GET", "/v0/meta/bases/{base}/views", views.list_views, _VIEWS),
    Route("GET", "/v0/meta/bases/{base}/views/{view}", views.get_view, _VIEWS),
    Route("DELETE", "/v0/meta/bases/{base}/views/{view}", views.delete_view, _NO_VIEW),
    Route("GET", "/v0/meta/bases/{base}/tables", meta.list_tables, _SCHEMA),
    Route("POST", "/v0/meta/bases/{base}/tables", schema.create_table, _BUILD),
    Route("PATCH", "/v0/meta/bases/{base}/tables/{table}", schema.update_table, _BUILD),
    Route("POST", "/v0/meta/bases/{base}/tables/{table}/fields", schema.create_field, _BUILD),
    Route("PATCH", "/v0/meta/bases/{base}/tables/{table}/fields/{field}", schema.update_field, _BUILD),
    *(Route(method, path, unavailable, needs) for method, path, needs in ENTERPRISE),
    Route("GET", "/v0/bases/{base}/webhooks", webhooks.list_webhooks, _HEED),
    Route("POST", "/v0/bases/{base}/webhooks", webhooks.create_webhook, _HOOKS),
    Route("DELETE", _HOOK, webhooks.delete_webhook, _HOOKS),
    Route("POST", f"{_HOOK}/refresh", webhooks.refresh_webhook, _HOOKS),
    Route("POST", f"{_HOOK}/enableNotifications", webhooks.enable_notifications, _HOOKS),
    Route("GET", f"{_HOOK}/payloads", webhooks.list_payloads, _HEED),
    Route("POST", "/v0/{base}/{record}/{field}/uploadAttachment", uploads.upload, _WRITE),
    Route("GET", "/v0/{base}/{table}", records.list_by_get, _READ),
    Route("POST", "/v0/{base}/{table}", records.create, _WRITE),
    Route("PATCH", "/v0/{base}/{table}", partial(records.update_many, replace=False), _WRITE),
    Route("PUT", "/v0/{base}/{table}", partial(records.update_many, replace=True), _WRITE),
    Route("DELETE", "/v0/{base}/{table}", records.delete_many, _WRITE),
    Route("POST", "/v0/{base}/{table}/listRecords", records.list_by_post, _READ),
    Route("GET", "/v0/{base}/{table}/{record}", records.get_one, _READ),
    Route("PATCH", "/v0/{base}/{table}/{record}", partial(records.update_one, replace=False), _WRITE),
    Route("PUT", "/v0/{base}/{table}/{record}", partial(records.update_one, replace=True), _WRITE),
    Route("DELETE", "/v0/{base}/{table}/{record}", records.delete_one, _WRITE),
    Route(
        "POST",
        "/v0/{base}/{table}/sync/{sync}",
        syncing.sync_csv,
        _SYNC,
        Limit(20, 300.0, 0.0),
        takes_json=False,
    ),
    Route("GET", _COMMENTS, comments.list_comments, _HEAR),
    Route("POST", _COMMENTS, comments.create_comment, _SAY),
    Route("PATCH", f"{_COMMENTS}/{{comment}}", comments.update_comment, _SAY),
    Route("DELETE", f"{_COMMENTS}/{{comment}}", comments.delete_comment, _SAY),
)
"""Everything the sandbox answers to a token, the more particular path first."""

OPEN: Final[Sequence[OpenRoute]] = (
    OpenRoute("GET", "/oauth2/v1/authorize", oauth.show_consent),
    OpenRoute("POST", "/oauth2/v1/authorize", oauth.decide),
    OpenRoute("POST", "/oauth2/v1/token", oauth.give_tokens),
)
"""Everything the sandbox answers to anybody."""
