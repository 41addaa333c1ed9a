"""From a mail that asks for prices to an offer in the ERP.

    parse_email ─┬─▶ extract_company ──▶ find_customer ─┬─▶ find_salesperson ─┐
                 │                                      ├─▶ calculate_pricing ┴─▶ build_offer
                 └─▶ extract_products ─▶ match_products ┘          create_offer ◀─┘
                                                                   verify_offer
    hand_over    instead of pricing, when the customer or a product is in doubt

Customer and products are looked for side by side. Prices need both, the salesperson
only the customer: a shape that no nesting of groups and chains can express.
"""

from orchestrator import Step, Workflow
from tasks.workflows.erp_access import ERP, ERP_RETRY
from tasks.workflows.offer_mails import email_from_file, emails_in, idempotency_key

__all__ = ["OFFERS", "email_from_file", "emails_in", "idempotency_key"]

#: Nothing is offered while a question is open.
CERTAIN = "find_customer.customer and not find_customer.questions and not match_products.questions"
UNCERTAIN = "find_customer.questions or match_products.questions"

OFFERS = Workflow(
    name="offers",
    description="Turn a request for quotation into an offer, or hand it to a person.",
    result="$verify_offer",
    resources=(ERP,),
    steps=(
        Step(name="parse_email", task="messaging.parse_email", inputs={"email": "$input.email"}),
        Step(
            name="extract_company",
            task="messaging.extract_company",
            inputs={"email": "$parse_email"},
        ),
        Step(
            name="find_customer",
            task="billing.find_customer",
            inputs={"company": "$extract_company"},
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
        Step(
            name="find_salesperson",
            task="scheduling.find_salesperson",
            inputs={"customer": "$find_customer.customer"},
            when="find_customer.customer",
            retry=ERP_RETRY,
            permits={"erp": 1},
            critical=False,
        ),
        Step(
            name="extract_products",
            task="inventory.extract_products",
            inputs={
                "body": "$parse_email.body",
                "subject": "$parse_email.subject",
                "signature": "$parse_email.signature",
            },
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
        Step(
            name="match_products",
            task="inventory.match_products",
            inputs={"request": "$extract_products"},
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
        Step(
            name="calculate_pricing",
            task="billing.calculate_pricing",
            inputs={"customer": "$find_customer.customer", "lines": "$match_products.lines"},
            when=CERTAIN,
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
        Step(
            name="build_offer",
            task="billing.build_offer",
            inputs={
                "key": "$parse_email.key",
                "subject": "$parse_email.subject",
                "customer": "$find_customer.customer",
                "lines": "$match_products.lines",
                "pricing": "$calculate_pricing",
                "salesperson": "$find_salesperson",
            },
            when="calculate_pricing",
        ),
        Step(
            name="create_offer",
            task="billing.create_offer",
            inputs={"draft": "$build_offer"},
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
        Step(
            name="verify_offer",
            task="billing.verify_offer",
            inputs={"draft": "$build_offer", "offer": "$create_offer"},
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
        Step(
            name="hand_over",
            task="messaging.hand_over",
            inputs={
                "email": "$parse_email",
                "customer_questions": "$find_customer.questions",
                "product_questions": "$match_products.questions",
            },
            when=UNCERTAIN,
            retry=ERP_RETRY,
            permits={"erp": 1},
        ),
    ),
)
