"""What was changed and not yet kept: the names of things, for whoever writes them down."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Changes:
    """Names of what differs from what was last kept.

    `records` holds record ids by base id and table id, in the order noted: made, changed or deleted, comments
    included; `bases` are those whose schema, views, webhooks or people changed, or that came or went;
    `workspace` tells that something outside every base did (users, tokens); `uploads` are attachment ids
    whose bytes are new or gone. `everything` makes all of that moot: the whole workspace may differ.
    """

    records: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)
    workspace: bool = False
    uploads: set[str] = field(default_factory=set)
    everything: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to keep."""
        return bool(self.bases or self.records or self.workspace or self.uploads or self.everything)

    def record(self, base_id: str, table_id: str, record_id: str) -> None:
        """Note that a record was made, changed or deleted."""
        self.records.setdefault((base_id, table_id), {})[record_id] = None

    def clear(self) -> None:
        """Forget everything: it is kept now."""
        self.records.clear()
        self.bases.clear()
        self.workspace = False
        self.uploads.clear()
        self.everything = False
