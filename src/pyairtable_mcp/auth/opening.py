"""What knows who may come in, built on an open store."""

from dataclasses import dataclass
from random import Random

from pyairtable_mcp.auth.passwords import Cost, Passwords
from pyairtable_mcp.auth.policies import read_policies
from pyairtable_mcp.auth.tokens import Tokens
from pyairtable_mcp.auth.users import Users
from pyairtable_mcp.base.clock import Clock
from pyairtable_mcp.base.settings import Settings
from pyairtable_mcp.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Everybody this server knows."""

    tokens: Tokens
    users: Users
    clock: Clock


def identities(
    settings: Settings, store: Store, clock: Clock, rng: Random, cost: Cost | None = None
) -> Identities:
    """Build it; raises `NotConfigured` for policies that cannot be read."""
    policies = read_policies(settings.auth.policies)
    return Identities(
        tokens=Tokens(store.api_tokens, store.users, policies, clock, rng),
        users=Users(store.users, store.api_tokens, store.tries, Passwords(cost), policies, clock),
        clock=clock,
    )
