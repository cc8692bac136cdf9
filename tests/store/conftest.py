"""The stores there are: a SQLite file always, a real PostgreSQL where one can be started."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL started for this session on a socket of its own."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    tools = _tools()
    if tools is None:
        pytest.skip("initdb and postgres were not found, and TEST_POSTGRES_URL is not set")
    home = Path(tempfile.mkdtemp(prefix="pg"))
    user = _unprivileged()
    if user:
        os.chown(home, pwd.getpwnam(user).pw_uid, -1)
    try:
        yield from _started(tools, home, user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the place of an empty store, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    url: str = request.getfixturevalue("postgres")
    return _emptied(url)


def _tools() -> Path | None:
    """Return the folder with PostgreSQL's own programs; distributions keep them off the path."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _unprivileged() -> str | None:
    """Return whom to run the server as: it refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is nobody else")


def _started(tools: Path, home: Path, user: str | None) -> Iterator[str]:
    data = home / "data"
    subprocess.run(
        [tools / "initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8"],
        check=True, capture_output=True, user=user, cwd=home,
    )  # fmt: skip
    control: list[str | Path] = [tools / "pg_ctl", "-D", data, "-w"]
    options = f"-c listen_addresses='' -c fsync=off -k {home}"
    subprocess.run(
        [*control, "-l", home / "log", "-o", options, "start"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd=home,
    )  # fmt: skip
    try:
        yield f"postgresql://tester@/postgres?host={home}"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, capture_output=True, user=user, cwd=home
        )


def _emptied(url: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table if exists migrations, slots, pauses")
    return url
