"""The tables as they came to be: numbered steps, never changed once released, checked by their hash."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from pyairtable_mcp.base.errors import NotConfigured
from pyairtable_mcp.store.audit_chain import NOTHING


@dataclass(frozen=True)
class Migration:
    """One step; its statements must be understood by SQLite and PostgreSQL alike."""

    number: int
    name: str
    statements: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Return what tells this step from an altered one."""
        return hashlib.sha256("\0".join((self.name, *self.statements)).encode()).hexdigest()


MIGRATIONS: Final = (
    Migration(
        1,
        "slots",
        (
            "create table slots (limit_key text not null, number integer not null,"
            " opens_at double precision not null, ticket bigint not null, primary key (limit_key, number))",
            "create table pauses (limit_key text not null primary key,"
            " since double precision not null, until double precision not null)",
        ),
    ),
    Migration(
        2,
        "journal",
        (
            "create table sagas (id text not null primary key, title text not null, principal text not null,"
            " client text not null, status text not null, definition text not null, options text not null,"
            " undoes text not null, owner text not null, epoch bigint not null,"
            " wake_at double precision not null, stop text not null, reason text not null,"
            " resolved text not null, result text not null, approval text not null, bytes bigint not null,"
            " created double precision not null, changed double precision not null)",
            "create index sagas_by_status on sagas (status, wake_at)",
            "create index sagas_by_change on sagas (changed)",
            "create table steps (saga text not null references sagas (id) on delete cascade,"
            " number integer not null, id text not null, kind text not null, status text not null,"
            " spec text not null, plan text not null, result text not null, primary key (saga, number))",
            "create table intents (saga text not null references sagas (id) on delete cascade,"
            " number integer not null, step integer not null, role text not null, undoes integer not null,"
            " via text not null, write text not null, since text not null, at double precision not null,"
            " primary key (saga, number))",
            "create table outcomes (saga text not null references sagas (id) on delete cascade,"
            " intent integer not null, status text not null, items text not null, error text not null,"
            " at double precision not null, primary key (saga, intent))",
            "create table images (saga text not null references sagas (id) on delete cascade,"
            " intent integer not null, moment text not null, place integer not null, record text not null,"
            " cells text not null, primary key (saga, intent, moment, place))",
            "create index images_by_record on images (record)",
            "create table executors (id text not null primary key, host text not null,"
            " started double precision not null, alive_until double precision not null)",
            "create table audit (at double precision not null, principal text not null, tool text not null,"
            " saga text not null, effect text not null, target text not null, outcome text not null,"
            " ms bigint not null)",
            "create index audit_by_time on audit (at)",
        ),
    ),
    Migration(
        3,
        "workflows",
        (
            "alter table steps add column began double precision not null default 0",
            "alter table steps add column ended double precision not null default 0",
            "create table workflows (name text not null, version integer not null,"
            " definition text not null, source text not null, enabled boolean not null,"
            " principal text not null, saved double precision not null, primary key (name, version))",
            "create table runs (saga text not null primary key, workflow text not null,"
            ' version integer not null, cause text not null, "trigger" text not null,'
            ' event_key text not null, "key" text not null, admission text not null, reason text not null,'
            " inputs text not null, event text not null, rerun_of text not null, principal text not null,"
            " due_at double precision not null, timeout double precision not null,"
            " deadline double precision not null,"
            " followed boolean not null, created double precision not null)",
            "create unique index runs_by_event on runs (workflow, event_key)",
            "create index runs_by_admission on runs (admission, followed, due_at)",
            "create index runs_by_age on runs (workflow, created)",
            "create table triggers (workflow text not null, id text not null, kind text not null,"
            " version integer not null, fingerprint text not null, state text not null, secret text not null,"
            " epoch bigint not null, due_at double precision not null,"
            " held_until double precision not null, trouble text not null, primary key (workflow, id))",
            "create table pictures (workflow text not null, id text not null, record text not null,"
            " picture text not null, primary key (workflow, id, record))",
        ),
    ),
    Migration(
        4,
        "identities",
        (
            "create table api_tokens (id text not null primary key, name text not null,"
            " digest text not null, principal text not null, scopes text not null, policy text not null,"
            " created double precision not null, expires double precision not null,"
            " used double precision not null, revoked double precision not null)",
            "create index api_tokens_by_name on api_tokens (name)",
            "create table users (name text not null primary key, digest text not null,"
            " policy text not null, created double precision not null, changed double precision not null)",
            'create table tries ("key" text not null, until double precision not null)',
            'create index tries_by_key on tries ("key", until)',
            "drop table audit",
            "create table audit (number bigint not null primary key, digest text not null,"
            " at double precision not null, principal text not null, client text not null,"
            " tool text not null, effect text not null, target text not null, saga text not null,"
            " outcome text not null, ms bigint not null)",
            "create index audit_by_age on audit (at)",
            "create table audit_ends (name text not null primary key, number bigint not null,"
            " digest text not null)",
            f"insert into audit_ends (name, number, digest) values ('first', 0, '{NOTHING}')",
            f"insert into audit_ends (name, number, digest) values ('last', 0, '{NOTHING}')",
            "create table links (principal text not null primary key, kind text not null,"
            " access text not null, access_until double precision not null, refresh text not null,"
            " state text not null, version bigint not null, claim text not null,"
            " claim_until double precision not null, changed double precision not null)",
            "create table linkings (digest text not null primary key, principal text not null,"
            " browser text not null, verifier text not null, redirect_uri text not null,"
            " until double precision not null)",
            "create table oauth_clients (id text not null primary key, client text not null,"
            " secret text not null, created double precision not null, used double precision not null)",
            "create table oauth_requests (digest text not null primary key, browser text not null,"
            " asked text not null, until double precision not null)",
            "create table oauth_grants (id text not null primary key, client text not null,"
            ' principal text not null, "grant" text not null, version bigint not null,'
            " ends double precision not null)",
            "create index oauth_grants_by_principal on oauth_grants (principal)",
        ),
    ),
    Migration(
        5,
        "mandates",
        (
            "alter table sagas add column mandates text not null default ''",
            "alter table workflows add column mandates text not null default ''",
            "create index oauth_grants_by_client on oauth_grants (client, ends)",
        ),
    ),
)

_LOCK: Final = 4_731_006_512
"""Any number, as long as nobody else locks it."""


def migrate(connection: Connection, steps: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables up to date; processes that start together take turns.

    Raises `NotConfigured` when the database was made by another program or a newer version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(
        text("create table if not exists migrations (number integer primary key, hash text not null)")
    )
    found = {row.number: row.hash for row in connection.execute(text("select number, hash from migrations"))}
    known = {step.number: step for step in steps}
    if newer := found.keys() - known.keys():
        raise NotConfigured(
            f"The store was made by a newer version (migration {max(newer)}).", hint="Update pyairtable-mcp."
        )
    for number, step in sorted(known.items()):
        _apply(connection, step, found.get(number))


def _apply(connection: Connection, step: Migration, applied: str | None) -> None:
    if applied == step.hash:
        return
    if applied is not None:
        raise NotConfigured(
            f"The store's migration {step.number} ({step.name}) is not the one this version knows.",
            hint="Was the store made by an unreleased version? Use another file or database.",
        )
    for statement in step.statements:
        connection.execute(text(statement))
    connection.execute(
        text("insert into migrations (number, hash) values (:number, :hash)"),
        {"number": step.number, "hash": step.hash},
    )
