"""Changes of records: told by Airtable's webhooks, or found by looking, and judged the same way."""
