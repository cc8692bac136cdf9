"""Our own database, and the only place that speaks SQL: a SQLite file, or PostgreSQL."""

from pyairtable_mcp.store.slots import LEASE, StoredSlots
from pyairtable_mcp.store.store import Store, open_store

__all__ = ["LEASE", "Store", "StoredSlots", "open_store"]
