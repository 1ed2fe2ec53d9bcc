"""What Alembic runs: the migrations, on the connection and in the transaction that dialerd.store.migrate gives it."""

from __future__ import annotations

from alembic import context

from dialerd.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
