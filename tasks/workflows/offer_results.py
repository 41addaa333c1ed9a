"""What a run of the offer workflow knows so far, and what came of it.

The run itself is in the ledger; here its steps' results are put together under the
names that the business uses, so that nobody has to read JSON.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeVar

from orchestrator import Step, Workflow
from tasks.billing.contracts import Offer, OfferLine
from tasks.billing.drafts import OfferDraft, Pricing
from tasks.messaging.contracts import Email, Handover
from tasks.quotation import Company, CustomerMatch, Matches, ProductRequest
from tasks.values import Customer, Person, Value
from tasks.workflows.offers import OFFERS

V = TypeVar("V", bound=Value)


class WorkflowStep(StrEnum):
    """The ten steps from a mail to an offer, in the order of the seed."""

    PARSE_EMAIL = "parse_email"
    EXTRACT_COMPANY = "extract_company"
    FIND_CUSTOMER = "find_customer"
    FIND_SALESPERSON = "find_salesperson"
    EXTRACT_PRODUCTS = "extract_products"
    MATCH_PRODUCTS = "match_products"
    CALCULATE_PRICING = "calculate_pricing"
    BUILD_OFFER = "build_offer"
    CREATE_OFFER = "create_offer"
    VERIFY_OFFER = "verify_offer"


#: The eleventh, taken instead of pricing when a person must decide.
HAND_OVER = "hand_over"


@dataclass(frozen=True)
class WorkflowDefinition:
    """The order of the ten steps, and which of them a run cannot do without."""

    workflow: Workflow = OFFERS

    def __iter__(self) -> Iterator[WorkflowStep]:
        """Go through the steps in their order."""
        return iter(WorkflowStep)

    def step(self, step: WorkflowStep) -> Step:
        """Return how a step is defined."""
        return next(one for one in self.workflow.steps if one.name == step)

    def is_critical(self, step: WorkflowStep) -> bool:
        """Say whether the run fails with this step; otherwise its failure is a warning."""
        return self.step(step).critical


@dataclass
class WorkflowContext:
    """What a run knows so far; a step that has not run has left None."""

    email_data: Email | None = None
    company: Company | None = None
    customer: Customer | None = None
    salesperson: Person | None = None
    products: ProductRequest | None = None
    matches: Matches | None = None
    pricing: Pricing | None = None
    draft: OfferDraft | None = None
    #: as the ERP keeps it; verified only when `is_verified`
    offer: Offer | None = None
    handover: Handover | None = None
    is_verified: bool = False
    questions: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of_results(cls, results: Mapping[str, Any]) -> Self:
        """Return the context of a run from what its steps gave, plain JSON by step name."""

        def given(step: str, kind: type[V]) -> V | None:
            result = results.get(step)
            return None if result is None else kind.model_validate(result)

        match = given(WorkflowStep.FIND_CUSTOMER, CustomerMatch) or CustomerMatch()
        matches = given(WorkflowStep.MATCH_PRODUCTS, Matches)
        verified = given(WorkflowStep.VERIFY_OFFER, Offer)
        return cls(
            email_data=given(WorkflowStep.PARSE_EMAIL, Email),
            company=given(WorkflowStep.EXTRACT_COMPANY, Company),
            customer=match.customer,
            salesperson=given(WorkflowStep.FIND_SALESPERSON, Person),
            products=given(WorkflowStep.EXTRACT_PRODUCTS, ProductRequest),
            matches=matches,
            pricing=given(WorkflowStep.CALCULATE_PRICING, Pricing),
            draft=given(WorkflowStep.BUILD_OFFER, OfferDraft),
            offer=verified or given(WorkflowStep.CREATE_OFFER, Offer),
            handover=given(HAND_OVER, Handover),
            is_verified=verified is not None,
            questions=[*match.questions, *(matches.questions if matches else ())],
        )

    def add_error(self, message: str) -> None:
        """Note why there is no offer."""
        self.errors.append(message)

    def add_warning(self, message: str) -> None:
        """Note what whoever sends the offer should know."""
        self.warnings.append(message)


class WorkflowResult(Value):
    """What came of a mail: an offer, a handover, or neither and the errors."""

    success: bool
    offer_number: str = ""
    customer_name: str = ""
    lines: tuple[OfferLine, ...] = ()
    net: Decimal | None = None
    tax: Decimal | None = None
    #: with tax
    total_amount: Decimal | None = None
    currency: str = ""
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    handed_over: bool = False
    #: for the person it was handed to
    questions: tuple[str, ...] = ()
    run_id: str = ""

    @classmethod
    def of_context(cls, context: WorkflowContext, *, run_id: str = "") -> Self:
        """Return what a run came to; only a verified offer is a success."""
        offer = context.offer
        success = context.is_verified and not context.errors
        return cls(
            success=success,
            offer_number=offer.number if offer else "",
            customer_name=context.customer.name if context.customer else "",
            lines=offer.lines if offer else (),
            net=offer.net.amount if offer else None,
            tax=offer.tax.amount if offer else None,
            total_amount=offer.total.amount if offer else None,
            currency=offer.total.currency if offer else "",
            errors=_unique(context.errors),
            warnings=_unique(context.warnings),
            handed_over=context.handover is not None,
            questions=_unique(context.questions),
            run_id=run_id,
        )


def _unique(messages: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(messages))
