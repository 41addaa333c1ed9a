"""The steps of messaging: read a mail, see who wrote it, put it on a person's desk."""

from orchestrator.declare import Attempt, Provided, task
from tasks.messaging import rules
from tasks.messaging.company_extractor import CompanyExtractor
from tasks.messaging.contracts import Email, Handover, Handovers
from tasks.messaging.mail_reading import EmailInput, read_email
from tasks.messaging.providers import DeskProvider
from tasks.quotation import Company


@task("messaging.parse_email")
def parse_email(email: EmailInput, attempt: Attempt) -> Email:
    """Read the mail's text and headers."""
    read = read_email(email)
    for warning in rules.warnings_about(read):
        attempt.warn(warning)
    return read


@task("messaging.extract_company")
def extract_company(email: Email) -> Company:
    """Gather what the mail says about who wrote it."""
    return CompanyExtractor().extract(
        email.sender,
        sender_name=email.sender_name,
        body=email.body,
        signature=email.signature,
    )


@task("messaging.hand_over")
def hand_over(
    email: Email,
    attempt: Attempt,
    handovers: Provided[Handovers],
    customer_questions: tuple[str, ...] = (),
    product_questions: tuple[str, ...] = (),
) -> Handover:
    """Give the mail to a person, with every question that is open.

    The mail's own key makes it one handover, however often the mail comes in.
    """
    questions = rules.reasons(customer_questions, product_questions)
    for note in rules.notes_on(DeskProvider(handovers).others_from(email)):
        attempt.warn(note)
    return handovers.add(
        email.key, email.key, subject=email.subject, sender=email.sender, reasons=questions
    )
