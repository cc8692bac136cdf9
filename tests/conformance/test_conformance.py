"""The official conformance suite, for the newest revision of the protocol and for the one before it."""

from pathlib import Path
from typing import Final

import pytest

from pyairtable_mcp.app import App
from tests.conformance.fixtures.server import FixtureServer, fixture_server
from tests.conformance.suite import findings, required
from tests.transport.http.serving import Anybody, built, served, servers

REVISIONS: Final = ("2026-07-28", "2025-11-25")
# What is tried beside the requirements and is not here: an extension of the protocol, and resuming a stream.
ABSENT: Final = ("tasks-", "server-sse-polling")
FREE: Final = frozenset({
    "caching", "completion-complete", "dns-rebinding-protection", "http-header-validation", "ping",
    "prompts-list", "resources-list", "sep-2164-resource-not-found", "server-initialize",
    "server-session-lifecycle", "server-sse-multiple-streams", "server-stateless", "tools-list",
    "input-required-result-unsupported-methods",
})  # fmt: skip
"""The scenarios that need no fixture."""

# Logging and sampling are on their way out of the protocol, which the SDK tells whoever uses them.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


def _with_fixtures(app: App) -> FixtureServer:
    return fixture_server(app.dispatcher)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_scenario_that_a_revision_requires_of_a_server_is_passed(
    revision: str, tmp_path: Path
) -> None:
    async with (
        servers(made=_with_fixtures) as open_server,
        served(built(open_server, verifier=Anybody())) as url,
    ):
        found = await findings(url, revision, tmp_path)
    assert found.status == 0, found.told
    assert set(required(revision)) <= set(found.checks)
    tried = [name for name in found.checks if not name.startswith(ABSENT)]
    assert {name: faults for name in tried if (faults := found.faults(name))} == {}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_server_as_it_is_passes_whatever_needs_no_fixture(revision: str, tmp_path: Path) -> None:
    async with servers() as open_server, served(built(open_server, verifier=Anybody())) as url:
        found = await findings(url, revision, tmp_path)
    tried = FREE & set(found.checks)
    assert len(tried) >= 8
    assert {name: wrong for name in tried if (wrong := found.wrong(name))} == {}
