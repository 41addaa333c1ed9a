"""Turn a mail into an offer with one call, whatever the ERP.

    result = OfferOrchestrator().process_offer_request(
        {"sender": "buyer@customer.example", "subject": "Request", "body": "100 pcs ..."}
    )
    if result.success:
        print(result.offer_number, result.total_amount)

The work is done by the pools; this only submits the run, waits for it, and puts its
results together.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.erp_orchestrator import ErpOrchestrator
from tasks.messaging.mail_reading import EmailInput
from tasks.workflows.offer_mails import email_of, idempotency_key
from tasks.workflows.offer_results import WorkflowContext, WorkflowResult
from tasks.workflows.offers import OFFERS

if TYPE_CHECKING:
    from orchestrator import Run


class OfferOrchestrator(ErpOrchestrator):
    """Makes offers of mails; the same mail makes one, however often it comes."""

    def submit(self, email_data: EmailInput | Mapping[str, str]) -> "Run":
        """Begin the run of a mail, or return the one it has; do not wait.

        Raises:
            ConfigurationError: the ERP that is set up is not the one asked for.
            WorkflowError: another mail came with the same Message-ID.
            Unavailable: the ledger or the ERP does not answer.
        """
        self._check_erp()
        email = email_of(email_data)
        return self.coordinator.submit(
            OFFERS, {"email": email}, idempotency_key=idempotency_key(email)
        )

    def process_offer_request(
        self, email_data: EmailInput | Mapping[str, str], timeout: float = 60.0
    ) -> WorkflowResult:
        """Turn a mail into an offer and return what came of it.

        Args:
            email_data: a mail, or a mapping with `sender`, `subject` and `body`.
            timeout: seconds to wait; the run goes on when they are over.

        Raises:
            TimeoutError: the run has not ended in time.
        """
        run = self.submit(email_data)
        self.wait(run.id, timeout)
        return self.result(run.id)

    def result(self, run_id: str) -> WorkflowResult:
        """Return what has come of a run so far."""
        return WorkflowResult.of_context(self.context(run_id), run_id=run_id)

    def context(self, run_id: str) -> WorkflowContext:
        """Return all that a run knows so far."""
        run = self.coordinator.run(run_id)
        context = WorkflowContext.of_results(self.coordinator.results(run_id))
        for warning in run.warnings:
            context.add_warning(warning)
        if run.error:
            context.add_error(run.error)
        elif context.handover:
            context.add_error("the mail was handed over to a person: no offer was made")
        return context
