"""What steps can do: kinds as values, in one table."""
