"""From result values to the text that a model reads: small, exact, and fenced where it holds data."""
