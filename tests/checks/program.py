"""The project's own files, read as text and as syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pyairtable_mcp"
FOLDERS = ("src", "tests", "scripts", "examples", "bench", "docs", ".ci", ".github")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def at(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.name}:{node.lineno}"

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def python_files(*folders: str) -> list[Source]:
    """Return the Python files of some folders of the project."""
    found = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return [Source(path) for path in sorted(found)]


def text_files() -> Iterator[tuple[str, str]]:
    """Yield the name and text of every file that belongs to the project."""
    inside = chain.from_iterable((ROOT / folder).rglob("*") for folder in FOLDERS)
    for path in sorted(chain(ROOT.glob("*"), inside)):
        # In a worktree, `.git` is a file that says where the repository is.
        private = path.name == ".git" or path.name.startswith(".coverage")
        private = private or "__pycache__" in path.parts or "egg-info" in str(path)
        if path.is_file() and not private:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def length(function: Function) -> int:
    """Return the lines of a function from its `def` to its end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def public_parts(body: list[ast.stmt], at: str = "") -> Iterator[tuple[str, Documented]]:
    """Yield the public classes, functions and methods of a module with their dotted names."""
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield f"{at}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public_parts(node.body, f"{at}{node.name}.")


@dataclass(frozen=True)
class Sizes:
    """How long the parts of a folder are."""

    median: float
    p95: float
    longest: int

    @classmethod
    def of(cls, lengths: list[int]) -> "Sizes":
        return cls(median(lengths), quantiles(lengths, n=20)[-1], max(lengths))

    def __str__(self) -> str:
        return f"median {self.median:g}, p95 {self.p95:.0f}, longest {self.longest}"


def module_sizes(files: list[Source]) -> Sizes:
    return Sizes.of([file.lines for file in files])


def function_sizes(files: list[Source]) -> Sizes:
    return Sizes.of([length(one) for file in files for one in file.functions()])
