"""The steps of inventory: what a letter asks for, and which products that is."""

from orchestrator import Attempt, Provided, preload, task
from tasks.inventory import rules
from tasks.inventory.analyser import AnalyserUnavailable, RequestAnalyser
from tasks.inventory.contracts import ProductRepository
from tasks.inventory.line_grammar import read_line
from tasks.inventory.matching import ProductIndex
from tasks.inventory.product_words import product_words
from tasks.inventory.providers import CatalogueProvider
from tasks.inventory.questions import overlooked, questions_about
from tasks.inventory.request_reading import RequestReading, read_request
from tasks.quotation import MatchedLine, Matches, ProductRequest, RequestedLine
from tasks.values import Quantity


@preload("inventory")
def load_search() -> None:
    """Load the libraries that search a catalogue: seconds of a processor and 75 MB."""
    ProductIndex(()).rank(product_words("nothing"))


@task("inventory.extract_products")
def extract_products(
    attempt: Attempt,
    products: Provided[ProductRepository],
    analyser: Provided[RequestAnalyser],
    body: str,
    subject: str = "",
    signature: str = "",
) -> ProductRequest:
    """Read every line that asks for something, and say which could not be read."""
    reading = read_request(body)
    if not reading.lines and not reading.unreadable:
        reading = read_request(subject)
    if not reading.lines:
        reading = _second_reading(body, analyser, attempt) or reading
    index = CatalogueProvider.index_of(products)
    questions = questions_about(reading) + overlooked(reading, signature, index)
    if not reading.lines and not questions:
        questions = ["the mail asks for no product that could be read: what is to be offered?"]
    return ProductRequest(lines=tuple(reading.lines), questions=tuple(questions))


@task("inventory.match_products")
def match_products(request: ProductRequest, products: Provided[ProductRepository]) -> Matches:
    """Find the product that each line means; what is not sure becomes a question."""
    index = CatalogueProvider.index_of(products)
    matched: list[MatchedLine] = []
    questions = list(request.questions)
    for line in request.lines:
        decision = decide(line, index)
        question = rules.question_about(line, decision)
        if decision.product is None or question:
            questions.append(question)
            continue
        quantity = Quantity(amount=line.amount, unit=decision.product.unit)
        if any(other.product.id == decision.product.id for other in matched):
            questions.append(
                f"{line.text!r}: {decision.product.code} is asked for twice: how many?"
            )
        matched.append(
            MatchedLine(text=line.text, product=decision.product, quantity=quantity, by=decision.by)
        )
    return Matches(lines=tuple(matched), questions=tuple(questions))


def decide(line: RequestedLine, index: ProductIndex) -> rules.Decision:
    """Return which product a line means: by the code in it, else by its name."""
    found = index.find_codes(line.wanted)
    if found.products:
        offered = [product_words(product.name) for product in found.products]
        beside = index.spelled_out(product_words(found.rest))
        return rules.decide_by_code(line, found, beside, offered, index.vocabulary)
    wish = index.spelled_out(product_words(line.wanted))
    return rules.decide_by_name(line, wish, index.rank(wish), index.vocabulary)


def _second_reading(
    body: str, analyser: RequestAnalyser, attempt: Attempt
) -> RequestReading | None:
    try:
        lines = analyser.order_lines(body)
    except AnalyserUnavailable as absence:
        attempt.warn(f"analyser not available: {absence}")
        return None
    reading = RequestReading()
    for line in lines:
        reading.add(line, read_line(line))
    return reading if lines else None
