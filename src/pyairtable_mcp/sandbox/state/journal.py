"""What one request changed, kept while it is under way, for whoever is to be told."""

from dataclasses import dataclass, field

from pyairtable_mcp.base.json_types import Json


@dataclass(slots=True)
class Journal:
    """Ids of records made and deleted, each with its table's id, and changed cells as they were before."""

    created: dict[str, str] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    before: dict[str, dict[str, Json]] = field(default_factory=dict)

    def cell(self, record_id: str, field_id: str, before: Json) -> None:
        """Note the value a cell had when the request began."""
        self.before.setdefault(record_id, {}).setdefault(field_id, before)
