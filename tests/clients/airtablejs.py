"""Running airtable.js, Airtable's own client for JavaScript, in the Node of this environment."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.node import ENVIRONMENT, JS, node_of, packages_of


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
    environment: Path = ENVIRONMENT

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
            [node_of(self.environment), str(JS / "drive.cjs")],
            input=json.dumps(script if dice is None else {**script, "dice": dice}),
            env={**os.environ, "NODE_PATH": str(packages_of("airtable", self.environment))},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Outcome(each) for each in json.loads(done.stdout)]
