"""A definition as text, for one that was given as a value."""

import yaml
from pydantic import JsonValue

from pyairtable_mcp.workflows.definition.reading import plain


class _Plain(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and `on` without quotes, as the reading takes it."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    lines = text.split("\n")
    if not all(line.isprintable() for line in lines):
        style: str | None = '"'
    elif not isinstance(plain(text), str):
        # A number for the reading, also where YAML 1.1 knows none.
        style = "'"
    else:
        style = "|" if len(lines) > 1 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def as_text(definition: JsonValue) -> str:
    """Return a definition as YAML, its keys in their order."""
    told: str = yaml.dump(definition, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return told.replace("\n'on':", "\non:")
