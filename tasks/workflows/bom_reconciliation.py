"""From a bill of materials to a pick list, what has to be made first, and what has to be bought.

    reconcile ──▶ request (one for each product that is short)

Needs are held against the free stock level by level; see `tasks.inventory.netting`. What is short
and made comes back in waves, for the workflow of the orders to make; the rest is requested from
the buyers, one request a product, by key: asked for again, nothing is bought twice.
"""

from orchestrator import Workflow
from tasks.workflows.erp_access import ERP, asks_erp, undone_by

BOM_STOCK_RECONCILIATION = Workflow(
    name="bom_stock_reconciliation",
    description="Resolve bills of material into a pick list, and have bought what is short.",
    result={
        "picks": "$reconcile.picks",
        "waves": "$reconcile.waves",
        "requests": "$request",
    },
    resources=(ERP,),
    steps=(
        asks_erp(
            "reconcile",
            "inventory.reconcile_stock",
            inputs={
                "key": "$input.key",
                "due": "$input.due",
                "make": "$input.make",
                "missing": "$input.missing",
                "policy": "$input.policy",
                "origin": "$input.origin",
            },
        ),
        asks_erp(
            "request",
            "inventory.request_purchase",
            inputs={"need": "$item"},
            map={"over": "$reconcile.purchases", "limit": 4},
            compensate=undone_by("inventory.cancel_purchases", requests=["$request"]),
        ),
    ),
)
