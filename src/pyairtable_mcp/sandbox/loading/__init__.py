"""Bases out of Airtable's own metadata JSON, records beside them, ids kept; and the same format back."""
