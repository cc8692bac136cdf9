"""Use cases: names resolved, values validated, work done, a typed result returned."""
