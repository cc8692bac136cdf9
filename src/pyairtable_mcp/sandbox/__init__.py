"""An Airtable-compatible server anyone can run. Imports base only."""
