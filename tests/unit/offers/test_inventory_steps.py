"""Inventory's steps, each alone: products are recognised or asked about, never guessed."""

from decimal import Decimal

import pytest

from orchestrator import Attempt
from tasks.inventory.analyser import AbsentAnalyser, NoAnalyser
from tasks.inventory.steps import extract_products, match_products
from tasks.quotation import MatchedBy, ProductRequest, RequestedLine
from tasks.values import Product
from tests.fakes import FakeProducts


def _product(code: str, name: str, unit: str = "pcs") -> Product:
    return Product(id=f"product:{code}", code=code, name=name, unit=unit)


SHOP = FakeProducts(
    [
        _product("HB-M8X40-A2", "Hex bolt M8x40 A2 stainless"),
        _product("HB-M8X50-A2", "Hex bolt M8x50 A2 stainless"),
        _product("HB-M8X40-ZN", "Hex bolt M8x40 zinc plated"),
        _product("CT-200-BK", "Cable tie 200x4.8 black, 100 pcs", "pack"),
        _product("CT-200-NT", "Cable tie 200x4.8 natural, 100 pcs", "pack"),
        _product("HEL-WH", "Safety helmet white"),
        _product("HEL-YE", "Safety helmet yellow"),
        _product("BV-1", 'Ball valve 1" brass'),
        _product("BV-12", 'Ball valve 1/2" brass'),
        _product("RCD-2P", "Residual current device 2P"),
        _product("RCD-4P", "Residual current device 4P"),
        _product("GR-EP2", "Lithium grease EP2", "kg"),
    ]
)


@pytest.fixture
def attempt():
    return Attempt(run_id="run", step="step", number=1)


def _match(wanted: str, amount: str = "10", unit: str = ""):
    line = RequestedLine(text=wanted, wanted=wanted, amount=Decimal(amount), unit=unit)
    return match_products(ProductRequest(lines=(line,)), SHOP)


@pytest.mark.parametrize(
    ("wanted", "code", "by"),
    [
        ("HB-M8X40-A2", "HB-M8X40-A2", MatchedBy.CODE),
        ("hb m8x40 a2", "HB-M8X40-A2", MatchedBy.CODE),
        ("HB M8x40 A2 stainless", "HB-M8X40-A2", MatchedBy.CODE),
        ("HB M8X40 A2", "HB-M8X40-A2", MatchedBy.CODE),
        ("HBM8X40A2", "HB-M8X40-A2", MatchedBy.CODE),
        ("HB-M8X40-A2 Hex bolt M8x40", "HB-M8X40-A2", MatchedBy.CODE),
        ("Hex bolt M8 x 40 stainless steel", "HB-M8X40-A2", MatchedBy.NAME),
        ("hexx bolts M8x40 A2", "HB-M8X40-A2", MatchedBy.NAME),
        ("4P RCDs", "RCD-4P", MatchedBy.NAME),
        ("residual current device, 4-pole", "RCD-4P", MatchedBy.NAME),
        ("hexagon bolt M8x40 zn", "HB-M8X40-ZN", MatchedBy.NAME),
        ("helmet, white", "HEL-WH", MatchedBy.NAME),
        ('1" ball valve', "BV-1", MatchedBy.NAME),
        ('1/2" ball valve', "BV-12", MatchedBy.NAME),
    ],
)
def test_a_product_is_recognised_by_its_code_or_its_name(wanted, code, by):
    matches = _match(wanted)

    assert [(m.product.code, m.by) for m in matches.lines] == ([(code, by)] if code else [])


@pytest.mark.parametrize(
    "wanted",
    [
        "Hex bolt M8x45 A2",  # no such size
        "Hex bolt M8x40",  # stainless or zinc plated?
        "Safety helmet",  # which colour?
        "Safety helmet green",  # no such colour
        "Titanium helmet white",  # a word we do not know
        "Cable tie 200x4.8",  # black or natural?
        "HB-M8X40-A2 Hex bolt M8x50",  # code and name disagree
        "HEL-WH yellow",  # so do these
        "HEL-WH with a visor",  # a word we do not know
        "HEL-WH or HEL-YE",  # two codes
        "unobtainium",
    ],
)
def test_what_is_not_sure_is_asked(wanted):
    matches = _match(wanted)

    assert matches.lines == ()
    [question] = matches.questions
    assert repr(wanted) in question


def test_a_question_names_the_products_that_come_near():
    [question] = _match("Safety helmet").questions

    assert "HEL-WH 'Safety helmet white'" in question
    assert "HEL-YE 'Safety helmet yellow'" in question


def test_a_unit_other_than_the_sales_unit_is_asked_about():
    [question] = _match("Cable tie 200x4.8 black", "200", "pcs").questions

    assert "'pcs'" in question
    assert "'pack'" in question


def test_a_can_of_what_is_sold_by_the_piece_is_a_piece():
    assert [str(m.quantity) for m in _match("RCD-2P", "3", "can").lines] == ["3 pcs"]
    assert _match("GR-EP2", "3", "can").lines == ()


def test_a_product_that_is_asked_for_twice_is_asked_about():
    lines = [RequestedLine(text=t, wanted="HEL-WH", amount=Decimal(5)) for t in ("5", "no, 6")]

    [question] = match_products(ProductRequest(lines=tuple(lines)), SHOP).questions

    assert "asked for twice" in question


def test_a_name_without_a_unit_is_not_taken_for_packs_but_a_code_is():
    assert _match("Cable tie 200x4.8 black").lines == ()
    assert [m.quantity.unit for m in _match("CT-200-BK").lines] == ["pack"]


def test_a_size_may_be_given_without_its_unit():
    shop = FakeProducts([_product("MMJ-3X25", "Installation cable MMJ 3x2.5 mm2", "m")])
    line = RequestedLine(text="", wanted="installation cable 3x2.5", amount=Decimal(9), unit="m")

    assert len(match_products(ProductRequest(lines=(line,)), shop).lines) == 1


def test_a_measured_product_may_be_parted():
    [line] = _match("Lithium grease EP2", "2.5", "kg").lines

    assert str(line.quantity) == "2.5 kg"


def test_a_changed_catalogue_is_indexed_anew():
    shop = FakeProducts([_product("A-1", "Red lamp")])
    line = RequestedLine(text="B-2", wanted="B-2X", amount=Decimal(1))
    asked = ProductRequest(lines=(line,))
    assert match_products(asked, shop).lines == ()

    shop.known, shop.version = [_product("B-2X", "Blue lamp")], "2"

    assert [m.product.code for m in match_products(asked, shop).lines] == ["B-2X"]


def test_the_questions_of_the_reading_stay_open():
    asked = ProductRequest(questions=("how many?",))

    assert match_products(asked, SHOP).questions == ("how many?",)


def test_a_letter_that_asks_for_nothing_is_a_question(attempt):
    request = extract_products(attempt, SHOP, NoAnalyser(), "Hello, how are you?")

    assert request.lines == ()
    assert request.questions == (
        "the mail asks for no product that could be read: what is to be offered?",
    )
    assert attempt.warnings == []


def test_the_subject_is_read_when_the_letter_says_nothing(attempt):
    request = extract_products(attempt, SHOP, NoAnalyser(), "see subject", "10 pcs HEL-WH")

    assert [line.wanted for line in request.lines] == ["HEL-WH"]


@pytest.mark.parametrize("body", ["HEL-WH", "Safety helmet white", "and what about HEL-YE?"])
def test_a_product_without_an_amount_is_not_overlooked(attempt, body):
    request = extract_products(attempt, SHOP, NoAnalyser(), f"5 pcs GR-EP2\n\n{body}")

    assert len(request.lines) == 1
    assert len(request.questions) == 1


@pytest.mark.parametrize(
    "body",
    ["All in black please", "Zinc plated:", "The rest is attached.", "Take 6 helmets instead"],
)
def test_a_sentence_that_changes_the_list_is_not_overlooked(attempt, body):
    request = extract_products(attempt, SHOP, NoAnalyser(), f"{body}\n\n5 pcs HB-M8X40-A2")

    assert len(request.lines) >= 1
    assert len(request.questions) == 1


@pytest.mark.parametrize("beside", ["Yellow:", "For the helmets we need", "For our bolts order"])
def test_a_word_of_the_catalogue_beside_an_amount_is_not_overlooked(attempt, beside):
    request = extract_products(attempt, SHOP, NoAnalyser(), f"{beside} 5 pcs GR-EP2")

    assert len(request.questions) == 1


def test_talk_beside_an_amount_is_no_question(attempt):
    body = "For our site in Turku we need these greases: 5 kg Lithium grease EP2 to the usual gate"

    request = extract_products(attempt, SHOP, NoAnalyser(), body)

    assert [line.wanted for line in request.lines] == ["Lithium grease EP2"]
    assert request.questions == ()


def test_a_line_below_the_signature_is_not_overlooked(attempt):
    signature = "Anna\nTel 040 555\nPS. 5 pcs HEL-YE as well"

    request = extract_products(attempt, SHOP, NoAnalyser(), "5 pcs HEL-WH", signature=signature)

    assert len(request.questions) == 1
    assert "below the signature" in request.questions[0]


class Reader:
    """An analyser that has read one line."""

    def order_lines(self, letter: str) -> list[str]:
        return ["3 pcs Safety helmet white"] if letter else []


def test_an_analyser_reads_what_the_grammar_cannot(attempt):
    request = extract_products(
        attempt, SHOP, Reader(), "the usual ones in white, as many as last week"
    )

    assert [(str(line.amount), line.wanted) for line in request.lines] == [
        ("3", "Safety helmet white")
    ]


def test_an_analyser_is_not_asked_when_the_letter_is_clear(attempt):
    request = extract_products(attempt, SHOP, Reader(), "5 pcs HEL-YE")

    assert [line.wanted for line in request.lines] == ["HEL-YE"]


def test_an_analyser_that_is_absent_is_a_warning(attempt):
    request = extract_products(attempt, SHOP, AbsentAnalyser("not installed"), "hello")

    assert attempt.warnings == ["analyser not available: not installed"]
    assert len(request.questions) == 1
