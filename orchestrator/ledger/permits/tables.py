"""The tables of resources: what is declared, what an operator made of it, and the epochs."""

import sqlalchemy as sa

from orchestrator.ledger.columns import Utc, metadata

resources = sa.Table(
    "orchestrator_resources",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),  #: the Resource as JSON
    sa.Column("declared_at", Utc, nullable=False),  #: when the body was last changed
    sa.Column("override", sa.Integer),  #: the capacity that an operator has set instead
    sa.Column("by", sa.String(200)),  #: who set it
    sa.Column("reason", sa.Text),
    sa.Column("at", Utc),
)

#: Which Redis grants the permits: one that forgot them, or another one, begins a new epoch.
epochs = sa.Table(
    "orchestrator_epochs",
    metadata,
    sa.Column("domain", sa.String(64), primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("server", sa.String(40), nullable=False),  #: the run_id that Redis gives itself
    sa.Column("at", Utc, nullable=False),
)
