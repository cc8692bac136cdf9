"""What starts runs by itself: the clock, changes of records, and requests that come in."""
