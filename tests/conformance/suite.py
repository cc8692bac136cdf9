"""Running the official conformance suite against a server, and reading what it found."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.node import node_of, packages_of

PACKAGE: Final = "@modelcontextprotocol/conformance"
_PASSED: Final = frozenset({"SUCCESS", "INFO"})
# Calls a tool of the suite's own even if it is not listed, and takes our refusal for what the tool has said.
_NEEDS_ITS_TOOL: Final = "sep-2575-server-rejects-undeclared-capability"


@dataclass(frozen=True)
class Findings:
    """The checks of every scenario that was run, and how the suite judged the scenarios that count."""

    checks: Mapping[str, Sequence[Mapping[str, Any]]]
    status: int
    told: str

    def faults(self, scenario: str) -> list[str]:
        """Return what a scenario found wrong, also what is only advised against."""
        return [_worded(check) for check in self.checks[scenario] if check["status"] not in _PASSED]

    def wrong(self, scenario: str) -> list[str]:
        """Return what a scenario found wrong, apart from what it could not try for want of a fixture."""
        return [
            _worded(check)
            for check in self.checks[scenario]
            if check["status"] == "FAILURE"
            and not check.get("details", {}).get("untestable")
            and check["id"] != _NEEDS_ITS_TOOL
        ]


def _worded(check: Mapping[str, Any]) -> str:
    return f"{check['status']} {check['id']}: {check.get('errorMessage', '')}"


def required(revision: str) -> list[str]:
    """Return the scenarios that a server has to pass to conform to a revision."""
    path = packages_of(PACKAGE) / PACKAGE / "requirements" / f"{revision}.yaml"
    scenarios: list[str] = yaml.safe_load(path.read_text(encoding="utf-8"))["server"]
    return scenarios


async def findings(url: str, revision: str, folder: Path) -> Findings:
    """Run what a revision requires, and what the suite tries beside that, against a server."""
    program = packages_of(PACKAGE) / PACKAGE / "dist" / "index.js"
    process = await asyncio.create_subprocess_exec(
        *(node_of(), str(program), "server", "--url", f"{url}/mcp", "--requirements", revision),
        *("--output-dir", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return Findings(_checks(folder), process.returncode, told.decode("utf-8", "replace"))


def _checks(folder: Path) -> dict[str, Any]:
    """Return the checks by scenario; their folders are named server-SCENARIO-TIME, the time of six parts."""
    return {
        path.parent.name.removeprefix("server-").rsplit("-", 6)[0]: json.loads(path.read_text("utf-8"))
        for path in folder.glob("*/checks.json")
    }
