"""The papers around the program: one command everywhere, exact versions, and nothing of anybody's machine."""

import json
import re
import tomllib

from tests.checks.program import ROOT, text_files

PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+")
# Written with groups and sets, so that these lines do not match themselves.
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work|opt|mnt|tmp|private|var/folders)/\w|\b[A-Z]:\\\\?Users"
)
REGISTRY = re.compile(
    r"(?:pypi|pythonhosted)\.org|registry\.(?:npmjs|yarnpkg)|index[-]url|find[-]links", re.I
)


def plain(name: str) -> str:
    """Return a distribution's name in the form in which equal names are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def direct_dependencies() -> set[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = told["project"]
    wanted = [*told["build-system"]["requires"], *project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    return {plain(re.split(r"[\s<>=!~;\[]", one, maxsplit=1)[0]) for one in wanted}


def test_ci_and_people_run_the_same_command() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^\s*-? ?run: (.+)$", workflow, re.MULTILINE) == ["make test"]
    assert re.findall(r"^make (.+?) 2>&1", script, re.MULTILINE) == ["test"]


def test_every_constraint_is_one_exact_version() -> None:
    loose = [line for line in pins() if not PINNED.fullmatch(line)]
    assert not loose, f"name==version and nothing else: {loose}"


def test_every_direct_dependency_is_constrained() -> None:
    missing = direct_dependencies() - {plain(line.split("==")[0]) for line in pins()}
    assert not missing, f"add these to constraints.txt: {missing}"


def test_the_packages_for_javascript_are_of_exact_versions_and_no_address() -> None:
    folder = ROOT / "tests" / "clients" / "js"
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(-alpha\.\d+)?", version) for version in wanted.values())
    assert all(locked[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
    assert all({"version", "integrity"} <= set(each) for name, each in locked.items() if name)
    told = [name for name, each in locked.items() if "resolved" in each]
    assert not told, f"npm install --package-lock-only --omit-lockfile-registry-resolved=true: {told}"


def test_no_file_names_a_place_on_somebodys_machine_or_a_package_registry() -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]
    assert not found, f"these mean nothing on another machine: {found}"
