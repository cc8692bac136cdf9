"""`pyairtable-mcp token` and `user`, as an operator runs them."""

import re
from pathlib import Path
from random import Random

import pytest

from pyairtable_mcp.auth.sealing import new_key, read_keys
from tests.cli.shell import Shell
from tests.support.behaviours import behaviour

TOKEN = re.compile(r"pamcp_[0-9a-z]{10}_[0-9A-Za-z]{49}")
GOOD = "correct horse battery"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "store.db")


@behaviour("console.tokens")
def test_a_token_is_printed_once_alone_and_listed_without_itself(shell: Shell) -> None:
    made = shell.run("token", "create", "ci", "--scope", "read", "--policy", "viewer", "--days", "30")
    assert TOKEN.fullmatch(made.stdout.strip())
    assert "once" in made.stderr
    listed = shell.done("token", "list")
    assert re.search(r"ci +\w{10} +token:ci +read +viewer", listed)
    assert not TOKEN.search(listed)
    assert "never" in listed


@behaviour("console.tokens")
def test_a_token_is_rotated_and_revoked(shell: Shell) -> None:
    first = shell.done("token", "create", "ci")
    second = shell.done("token", "rotate", "ci", "--overlap", "1", "--days", "0")
    assert TOKEN.fullmatch(second.strip())
    assert first != second
    assert len(re.findall(r"token:ci", shell.done("token", "list"))) == 2
    assert "for ever" in shell.done("token", "list")
    assert "2 tokens" in shell.run("token", "revoke", "ci").stderr
    assert "No tokens" in shell.done("token", "list")
    assert len(re.findall("revoked", shell.done("token", "list", "--all"))) == 2


@behaviour("console.users")
def test_a_person_is_added_listed_given_a_password_and_removed(shell: Shell) -> None:
    assert "No users" in shell.done("user", "list")
    shell.done("user", "add", "Mona", "--policy", "viewer", typed=f"{GOOD}\n")
    changed = shell.run("user", "password", "mona", typed="another long one\n")
    assert "ended: 0 tokens, 0 sign-ins of programs" in changed.stderr
    listed = shell.done("user", "list")
    assert re.search(r"mona +viewer", listed)
    assert "argon2" not in listed
    assert TOKEN.fullmatch(shell.done("token", "create", "laptop", "--user", "Mona").strip())
    assert "user:mona" in shell.done("token", "list")
    assert "ended: 1 token, 0 sign-ins of programs" in shell.run("user", "remove", "mona").stderr
    assert "No tokens" in shell.done("token", "list")


@behaviour("console.identities_refused")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("token", "create", "x", "--policy", "viewr"), 1, "Closest: 'viewer'"),
        (("token", "create", "x", "--user", "nobody"), 1, "no user 'nobody'"),
        (("token", "create", "x", "--scope", "raed"), 2, "'read'"),
        (("token", "create", "x", "--days", "-1"), 2, "--days"),
        (("token", "rotate", "x"), 1, "no live token 'x'"),
        (("token", "revoke", "x"), 1, "no live token 'x'"),
        (("token", "--store", "postgresql://me:word@db/x", "list"), 2, "PYAIRTABLE_MCP_STORE"),
        (("user", "add", "mona"), 1, "10 to 1,000 characters"),
        (("user", "remove", "mona"), 1, "no user 'mona'"),
        (("user", "password", "mona"), 1, "10 to 1,000 characters"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    shell: Shell, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ran = shell.run(*arguments)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert told in ran.stderr.splitlines()[-1]
    assert "word@" not in ran.stderr


@behaviour("console.identities_refused")
def test_policies_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    ran = Shell(tmp_path / "store.db", policies='{"viewer": {"raed_only": true}}').run("token", "list")
    assert ran.exit_code == 1
    assert "'read_only'" in ran.stderr


@behaviour("console.keys")
def test_a_key_that_is_printed_is_one(shell: Shell) -> None:
    made = {shell.done("keys", "new").strip() for _ in range(2)}
    assert len(read_keys(",".join(made))) == len(made) == 2


@behaviour("console.credentials")
def test_a_principal_is_given_an_airtable_token_that_is_sealed_anew_with_a_new_key(tmp_path: Path) -> None:
    old, new = (new_key(Random(n)) for n in (1, 2))
    first = Shell(tmp_path / "store.db", PYAIRTABLE_MCP_AUTH_KEYS=old)
    assert "No credentials" in first.done("credential", "list")
    assert "patOfItsOwn" not in first.done("credential", "set", "token:ci", typed="patOfItsOwn\n")
    listed = first.done("credential", "list")
    assert re.search(r"token:ci +token +live", listed)
    assert "patOfItsOwn" not in listed
    both = Shell(tmp_path / "store.db", PYAIRTABLE_MCP_AUTH_KEYS=f"{new},{old}")
    assert "1" in both.run("keys", "reseal").stderr
    assert "Not opened" in first.run("keys", "reseal").stderr
    assert first.run("keys", "reseal").exit_code == 1
    second = Shell(tmp_path / "store.db", PYAIRTABLE_MCP_AUTH_KEYS=new)
    second.done("credential", "remove", "token:ci")
    again = second.run("credential", "remove", "token:ci")
    assert (again.exit_code, len(again.stderr.splitlines())) == (1, 1)
    without = Shell(tmp_path / "store.db").run("credential", "set", "token:ci", typed="patOfItsOwn\n")
    assert "keys new" in without.stderr
