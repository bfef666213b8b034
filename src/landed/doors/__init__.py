"""The ways in: each door parses, calls an operation, and shows the answer."""
