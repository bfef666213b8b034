"""The law as data, read: models, loading, lint, differences and overlays."""
