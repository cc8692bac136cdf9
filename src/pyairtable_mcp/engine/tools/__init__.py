"""The use cases that change something, run as sagas; and those that look at sagas, stop and undo them."""
