"""Files to load from, read into documents and records."""

import json
from collections.abc import Sequence
from pathlib import Path

from pyairtable_mcp.base.json_types import Json
from pyairtable_mcp.sandbox.loading.load import Document, TableRecords
from pyairtable_mcp.sandbox.loading.problems import Problems


def read_documents(paths: Sequence[Path]) -> Sequence[Document]:
    """Return the documents in JSON files; raise `BadLoad` naming every file that cannot be read."""
    problems = Problems()
    documents = [Document(str(path), _json(path, problems)) for path in paths]
    problems.stop_here()
    return documents


def read_records(files: Sequence[tuple[str, Path]]) -> Sequence[TableRecords]:
    """Return the records in files, each with its table; `.csv` is CSV, all else JSON; raise `BadLoad`."""
    problems = Problems()
    records = [
        TableRecords(
            str(path),
            table,
            _text(path, problems) if path.suffix.lower() == ".csv" else _json(path, problems),
        )
        for table, path in files
    ]
    problems.stop_here()
    return records


def _text(path: Path, problems: Problems) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problems.add(str(path), f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.add(str(path), "is not UTF-8 text")
    return ""


def _json(path: Path, problems: Problems) -> Json:
    before = len(problems)
    text = _text(path, problems)
    if len(problems) > before:
        return None
    try:
        parsed: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        problems.add(str(path), f"is no JSON: {error}")
        return None
    return parsed
