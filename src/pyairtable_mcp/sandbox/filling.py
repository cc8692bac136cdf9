"""What a new workspace holds: a seed, orders by the thousand, bases loaded from documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyairtable_mcp.sandbox.loading.load import Document, TableRecords, load_bases
from pyairtable_mcp.sandbox.seeds import SEEDS
from pyairtable_mcp.sandbox.seeds.warehouse import add_warehouse
from pyairtable_mcp.sandbox.state.model import Workspace


@dataclass(frozen=True, slots=True)
class Filling:
    """A seed by name, how many orders the base `Warehouse` has (0 for no such base), and bases to load."""

    seed: str
    orders: int = 0
    documents: Sequence[Document] = ()
    records: Sequence[TableRecords] = ()

    def fill(self, workspace: Workspace) -> None:
        """Fill a workspace; raise `KeyError` for an unknown seed, `BadLoad` for what cannot be loaded."""
        SEEDS[self.seed](workspace)
        if self.orders:
            add_warehouse(workspace, self.orders)
        if self.documents:
            load_bases(workspace, self.documents, self.records)
