"""A run says whether its steps stand as its plan says, so that nobody has to look.

Of those that have begun it is not known: they are looked at, as ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward."""
    with op.batch_alter_table("orchestrator_runs") as batch_op:
        batch_op.add_column(
            sa.Column("as_planned", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("orchestrator_runs") as batch_op:
        batch_op.drop_column("as_planned")
