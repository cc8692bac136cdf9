"""An MCP server that lets an agent work in Airtable like a careful colleague."""

__version__ = "0.1.0"
