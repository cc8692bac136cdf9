"""Field types as values: how each one is written, read, computed and described."""
