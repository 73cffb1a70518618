"""Runs the migrations on the connection that `headwater.control.database` opened and locked."""

from alembic import context

from headwater.control.model import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
