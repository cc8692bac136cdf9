"""The composition root: builds every object from the settings, and closes them in reverse."""

from pyairtable_mcp.app.running import App, running
from pyairtable_mcp.app.upstream import InProcess

__all__ = ["App", "InProcess", "running"]
