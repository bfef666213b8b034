"""The command line: `landed quote`, `landed compare` and the rest, for people and for pipes."""
