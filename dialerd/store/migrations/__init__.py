"""Alembic reads this folder; dialerd.store.migrate runs it."""
