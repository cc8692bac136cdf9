"""Airtable as typed values and one async client."""
