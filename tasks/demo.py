"""The demonstration: the sample mails, the offers they become, and what a person must decide."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from orchestrator.demo import Ended, Submission, Table
from tasks.adapters.factory import SETTING
from tasks.production_demo import PRODUCTION
from tasks.workflows.offer_mails import emails_in, idempotency_key
from tasks.workflows.offer_results import WorkflowContext, WorkflowResult
from tasks.workflows.offers import OFFERS

MAILS = Path(__file__).parent / "samples" / "mails"


class OfferDemo:
    """Requests for quotation come in; offers go out, or a person gets a question."""

    erp_setting = SETTING

    def submissions(self) -> Iterator[Submission]:
        """Return a run for each sample mail."""
        for path, email in emails_in(MAILS):
            yield Submission(
                label=path.stem,
                workflow=OFFERS.name,
                input={"email": email},
                idempotency_key=idempotency_key(email),
                file=path,
            )

    def report(self, ended: Sequence[Ended]) -> Iterator[Table]:
        """Tell the offers that were made, and what went to a person and why."""
        told = [(one, _result(one)) for one in ended]
        yield Table(
            "Offers made",
            ("MAIL", "OFFER", "CUSTOMER", ">LINES", ">NET", ">TAX", ">TOTAL", "CURRENCY"),
            [
                (
                    ", ".join(one.labels),
                    result.offer_number,
                    result.customer_name,
                    str(len(result.lines)),
                    _money(result.net),
                    _money(result.tax),
                    _money(result.total_amount),
                    result.currency,
                )
                for one, result in told
                if result.success
            ],
        )
        yield Table(
            "For a person to decide",
            ("MAIL", "FROM", "WHY"),
            [row for one, result in told if result.handed_over for row in _questions(one, result)],
        )


def _questions(ended: Ended, result: WorkflowResult) -> Iterator[tuple[str, str, str]]:
    mail, sender = ", ".join(ended.labels), ended.results["parse_email"]["sender"]
    for question in result.questions:
        yield mail, sender, question
        mail = sender = ""  # said once


def _result(ended: Ended) -> WorkflowResult:
    context = WorkflowContext.of_results(ended.results)
    for warning in ended.run.warnings:
        context.add_warning(warning)
    return WorkflowResult.of_context(context, run_id=ended.run.id)


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


DEMO = OfferDemo()
DEMOS = {"offers": DEMO, "production": PRODUCTION}
