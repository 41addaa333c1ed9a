"""What a production order costs, as it comes about, and that the ledger says the same.

    price_labour ──▶ book (one after the other, the cost read after each) ──▶ costs ──▶ statement

Hours get their price from who knows the people, and are booked on the running order; materials
are on it since it was started. The statement refuses costs that the postings do not bear out:
while the order is at work they must balance, and once it is done, material, labour and the cost of
the goods must be what was posted.
"""

from orchestrator import Step, Workflow
from tasks.workflows.erp_access import ERP, asks_erp, undone_by

PRODUCTION_COSTING = Workflow(
    name="production_costing",
    description="Book hours on a production order, and hold its cost against the ledger.",
    result="$statement",
    resources=(ERP,),
    steps=(
        asks_erp("price_labour", "scheduling.price_labour", inputs={"labour": "$input.labour"}),
        asks_erp(
            "book",
            "inventory.book_labour",
            inputs={"order": "$input.order", "labour": "$item"},
            map={"over": "$price_labour", "limit": 1},
            compensate=undone_by("inventory.unbook_labour", booking="$book.booking"),
        ),
        asks_erp("costs", "inventory.read_costs", inputs={"order": "$input.order"}, after=["book"]),
        Step(
            name="statement",
            task="billing.state_costs",
            inputs={"costs": "$costs", "booked": "$book"},
        ),
    ),
)
