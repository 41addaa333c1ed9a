from datetime import date
from decimal import Decimal

import pytest
from pydantic import BaseModel

from orchestrator.errors import InvalidCondition
from orchestrator.language.conditions import MAX_LENGTH, holds, names_in, references_of


class Line(BaseModel):
    sku: str
    quantity: int


class Offer(BaseModel):
    total: Decimal
    due: date
    items: list[Line]
    customer: Line | None = None

    @property
    def is_large(self) -> bool:
        return self.total > 1000


OFFER = Offer(total=Decimal("1200.10"), due=date(2026, 3, 1), items=[Line(sku="A-1", quantity=120)])
NAMES = {
    "input": {"country": "FI", "items": 3, "email": "Ann@Example.com"},
    "offer": OFFER,
    "raw": OFFER.model_dump(mode="json"),
    "skipped": None,
}


@pytest.mark.parametrize(
    "expression",
    [
        'offer.total > 1000 and input.country == "FI"',
        'input.country in ("FI", "SE")',
        "input.items == 3",
        "offer.total * 1.24 > 1488.12",
        "0.5 * offer.total > Decimal('600')",
        "offer.due.year == 2026",
        "offer.is_large",
        "any(line.quantity > 100 for line in offer.items)",
        "all(line.sku.startswith('A') for line in raw.items if line.quantity)",
        "sum(line.quantity for line in offer.items) == 120",
        "input.email.lower() == 'ann@example.com'",
        "offer.items[0].sku == 'A-1'",
        "raw['items'][0]['quantity'] == 120",
        "len(offer.items) == 1 if offer else True",
        "offer.total > 1 and any(offer.quantity > 1 for offer in offer.items)",
        "max(1, 2, input.items) == 3",
        "round(offer.total) == 1200",
        "-1 < input.items - 2 <= 5 % 3",
        " + ".join("1" * 90) + " == 90",
        "\n  offer.total > 1\n",
    ],
)
def test_a_true_condition_holds(expression):
    assert holds(expression, NAMES)


@pytest.mark.parametrize(
    "expression",
    [
        "skipped",
        "skipped.total.amount",
        "skipped.total > 3",
        "skipped.total <= 3",
        "input.unheard_of == 'x'",
        "offer.customer.sku == 'A-1'",
        "'x' in skipped.names",
        "not offer",
    ],
)
def test_what_is_absent_makes_a_condition_false_and_not_an_error(expression):
    assert not holds(expression, NAMES)


def test_a_condition_may_ask_for_absence():
    assert holds("skipped is None and not skipped.total and 'x' not in skipped.names", NAMES)


def test_a_name_that_is_not_given_is_absent():
    assert not holds("price.total > 3", {})


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("offer.total > 3", {"offer"}),
        ("len(input.lines) > 0 and not match.questions", {"input", "match"}),
        ("any(line.total > limit.amount for line in price.lines)", {"price", "limit"}),
        ("max(a, b) == round(c)", {"a", "b", "c"}),
        ("price.total > 3 and any(price > 1 for price in input.prices)", {"price", "input"}),
        ("any(x.ok for x in x.parts)", {"x"}),
        ("any(a > b for a, b in c.pairs if a.d for e in a.f)", {"c"}),
        ("max(input.a, key=len) == 3", {"input", "len"}),
        ("True", set()),
    ],
)
def test_the_names_of_a_condition_are_those_it_does_not_bind_or_call(expression, names):
    assert names_in(expression) == names


def test_what_a_condition_reads_is_told_field_by_field():
    read = references_of("offer.customer.name.lower() == input.name and any(x.y for x in a.b)")

    assert {str(reference) for reference in read} == {
        "$offer.customer.name",
        "$input.name",
        "$a.b",
    }


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("offer.total >", "is no expression: invalid syntax"),
        ("", "is no expression"),
        ("a = 3", "is no expression"),
        ("a; b", "is no expression"),
        ("(" * 900 + ")" * 900, "too long"),
        ("(" * 400 + "a" + ")" * 400, "is no expression"),
        ("offer.__class__", "reaches for the private name '__class__'"),
        ("offer._secret", "reaches for the private name '_secret'"),
        ("open('/etc/passwd')", "calls 'open': it may call Decimal, abs, all"),
        ("offer.model_dump()", "calls 'model_dump': of methods it may call endswith"),
        ("'{0.__class__}'.format(a)", "calls 'format'"),
        ("(lambda: 1)()", "calls what has no name"),
        ("[x for x in a]", "uses ListComp"),
        ("9 ** 9 ** 9", "uses Pow"),
        ("1 << 99999999", "uses LShift"),
        ("f'{a:99999999}'", "uses JoinedStr"),
        ("(x := 3)", "uses NamedExpr"),
        ("-" * 900 + "1", "deep: at most 100"),
        (" + ".join("abcdefghij" * 11), "is nested"),
        ("a" * (MAX_LENGTH + 1), "is too long: at most 1000"),
    ],
)
def test_what_is_not_in_the_language_is_refused(expression, sentence):
    with pytest.raises(InvalidCondition) as caught:
        names_in(expression)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("1 / 0 > 3", "ZeroDivisionError"),
        ("offer.totl > 3", "has no attribute 'totl'"),
        ("offer.model_dump", "is a method, not a field"),
        ("input.country > 3", "not supported between"),
        ("offer.items[7]", "index out of range"),
        ("raw['nothing']", "KeyError: 'nothing'"),
        ("'x' * 99999999 == ''", "only numbers can be multiplied"),
        ("'%99999999d' % 3 == ''", "only numbers can be divided"),
        ("int(Decimal('1e99999999')) > 3", "a number with 99999999 digits is too large"),
        ("any(1 > 2 for a in many for b in many)", "too many elements"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_says_why(expression, sentence):
    with pytest.raises(InvalidCondition) as caught:
        holds(expression, {**NAMES, "many": list(range(1000))})

    assert repr(expression) in str(caught.value)
    assert sentence in str(caught.value)
