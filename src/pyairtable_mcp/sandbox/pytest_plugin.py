"""Fixtures for testing one's own code against the sandbox, with `-p pyairtable_mcp.sandbox.pytest_plugin`.

Where plugins are named in `conftest.py` it is `pytest_plugins = ["pyairtable_mcp.sandbox.pytest_plugin"]`.
`airtable_sandbox` is a running sandbox as new, `airtable_base` a base in it. The markers
`airtable_sandbox(seed=..., rate=...)` and `airtable_base(source, records=..., name=...)` say what they hold;
`airtable_base` also takes its source by indirect parametrization. docs/sandbox.md tells more.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from pyairtable_mcp.sandbox.testing.served import SEED, AirtableBase, AirtableSandbox, serve_for_tests

_MARKERS: Final = (
    "airtable_sandbox(seed='none', rate=0): what a test's sandbox holds, and the requests a second of a base",
    "airtable_base(source='studio', records=None, name='Test'): a seed, tables and fields, or metadata",
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for each in _MARKERS:
        config.addinivalue_line("markers", each)


@pytest.fixture(scope="session")
def airtable_sandbox_server() -> Iterator[AirtableSandbox]:
    """A sandbox that is served once for all tests; ask for `airtable_sandbox` instead."""
    with serve_for_tests() as served:
        yield served


@pytest.fixture
def airtable_sandbox(
    request: pytest.FixtureRequest, airtable_sandbox_server: AirtableSandbox
) -> Iterator[AirtableSandbox]:
    """A running sandbox that nobody has used yet: `url`, `token`, and everything a test may do to it."""
    marker = request.node.get_closest_marker("airtable_sandbox")
    _begin(airtable_sandbox_server, **(marker.kwargs if marker else {}))
    yield airtable_sandbox_server
    airtable_sandbox_server.close()


def _begin(sandbox: AirtableSandbox, *, seed: str = SEED, rate: int = 0) -> None:
    sandbox.reset(seed)
    sandbox.rate = rate


@pytest.fixture
def airtable_base(request: pytest.FixtureRequest, airtable_sandbox: AirtableSandbox) -> AirtableBase:
    """A base in the test's sandbox, the studio's when nothing is said; the ledgers begin after its making."""
    marker = request.node.get_closest_marker("airtable_base")
    arguments = marker.args if marker else ()
    base = airtable_sandbox.base(
        *((request.param,) if hasattr(request, "param") else arguments), **(marker.kwargs if marker else {})
    )
    airtable_sandbox.forget()
    return base
