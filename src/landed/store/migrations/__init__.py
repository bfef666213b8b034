"""Migrations of the store, run by `landed.store.upgrade`."""
