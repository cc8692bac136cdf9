"""Who is asking, and as whom at Airtable: decisions over explicit time and randomness, and thin shells."""
