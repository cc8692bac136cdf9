"""The table of the control API's routes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.control.asking import Asking
from pyairtable_mcp.sandbox.control.routes import data, hooks, laws, ledgers, people, time
from pyairtable_mcp.sandbox.control.steering import Control

Steer: TypeAlias = Callable[[Control, Asking], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """One line of the control API; `about` is told to whoever asks what there is, with the keys it takes."""

    method: str
    path: str
    handler: Steer
    about: str


CONTROLS: Final[Sequence[ControlRoute]] = (
    ControlRoute("POST", "/_control/reset", data.reset, "begin again; with {seed}, from another seed"),
    ControlRoute("GET", "/_control/snapshots", data.list_snapshots, "their names"),
    ControlRoute("PUT", "/_control/snapshots/{name}", data.save, "set the data aside"),
    ControlRoute("POST", "/_control/snapshots/{name}/restore", data.restore, "put the data back"),
    ControlRoute("DELETE", "/_control/snapshots/{name}", data.forget, "drop it"),
    ControlRoute("POST", "/_control/bases", data.load, "add the base a document describes, its ids kept"),
    ControlRoute("GET", "/_control/bases/{base}/export", data.export, "a base as such a document"),
    ControlRoute("POST", "/_control/act", data.act, "{user, method, path, body}: change data as a person"),
    ControlRoute("GET", "/_control/faults", laws.list_faults, "those that wait"),
    ControlRoute("POST", "/_control/faults", laws.add_faults, "queue one, or several as {faults}"),
    ControlRoute("DELETE", "/_control/faults", laws.clear_faults, "forget all"),
    ControlRoute("DELETE", "/_control/faults/{number}", laws.remove_fault, "forget one"),
    ControlRoute("GET", "/_control/limits", laws.show_limits, "the rate of each base and the monthly quota"),
    ControlRoute("PUT", "/_control/limits", laws.set_limits, "{rate, quota}: set them, 0 for no limit"),
    ControlRoute("GET", "/_control/clock", time.show_clock, "the time"),
    ControlRoute("POST", "/_control/clock/freeze", time.freeze, "stop it, with {at} at a moment"),
    ControlRoute("POST", "/_control/clock/advance", time.advance, "{seconds}: move it on"),
    ControlRoute("POST", "/_control/clock/run", time.run, "let it pass again"),
    ControlRoute("GET", "/_control/requests", ledgers.list_requests, "what was asked"),
    ControlRoute("DELETE", "/_control/requests", ledgers.clear_requests, "start counting anew"),
    ControlRoute("GET", "/_control/writes", ledgers.list_writes, "what was written; ?since= ?base= ?table="),
    ControlRoute("PUT", "/_control/writes", ledgers.keep_bodies, "{bodies}: keep those of writes to come"),
    ControlRoute("DELETE", "/_control/writes", ledgers.clear_writes, "forget those so far"),
    ControlRoute("GET", "/_control/users", people.list_users, "everybody"),
    ControlRoute("POST", "/_control/users", people.create_user, "{name, email}: add one"),
    ControlRoute("PUT", "/_control/bases/{base}/collaborators/{user}", people.set_level, "{level}: give it"),
    ControlRoute("GET", "/_control/tokens", people.list_tokens, "every token"),
    ControlRoute(
        "POST", "/_control/tokens", people.create_token, "{user, scopes, bases, expires}: issue one"
    ),
    ControlRoute("DELETE", "/_control/tokens/{token}", people.revoke_token, "revoke it"),
    ControlRoute("GET", "/_control/integrations", people.list_integrations, "OAuth integrations"),
    ControlRoute(
        "POST",
        "/_control/integrations",
        people.create_integration,
        "{name, redirect_uris, scopes, with_secret}: register one",
    ),
    ControlRoute("DELETE", "/_control/integrations/{client_id}", people.remove_integration, "remove it"),
    ControlRoute("GET", "/_control/pings", hooks.list_pings, "notifications of webhooks that wait"),
    ControlRoute("POST", "/_control/pings/deliver", hooks.hurry_pings, "send them now"),
)
"""Everything the control API answers."""
