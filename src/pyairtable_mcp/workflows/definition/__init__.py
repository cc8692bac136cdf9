"""What a workflow is, how it is written down, and what can be wrong with it."""
