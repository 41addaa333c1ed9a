"""How many turns a customer has while another has one."""

import sqlalchemy as sa

from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import weights
from orchestrator.ledger.upserts import insert_into


def set_weight(ledger: Ledger, fair_key: str, weight: float, *, by: str, reason: str) -> bool:
    """Give a customer so many turns for each of another's; say whether that is new.

    Args:
        weight: 1 is what everybody has; above 0.
    """
    with ledger.write() as connection:
        known = sa.select(weights.c.weight).where(weights.c.fair_key == fair_key)
        if (connection.execute(known).scalar() or 1.0) == weight:
            return False
        insert = insert_into(connection, weights).values(fair_key=fair_key, weight=weight)
        connection.execute(
            insert.on_conflict_do_update(index_elements=["fair_key"], set_={"weight": weight})
        )
        events.append(
            connection,
            "turns.weighted",
            events.NO_RUN,
            fair_key=fair_key,
            weight=weight,
            by=by,
            reason=reason,
        )
    return True
