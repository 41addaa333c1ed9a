"""What is sold on Tryton: where its ways are its own, and people work beside us."""

import datetime as dt
from contextlib import closing
from decimal import Decimal

import pytest

from tasks.adapters import ERPFactory
from tasks.adapters.tryton.session import Session
from tasks.billing.contracts import OfferDraftLine, OfferState
from tasks.erp_errors import Rejected, Unavailable
from tasks.values import Money, Pack, Quantity, Wanted

pytestmark = pytest.mark.timeout(300)  # the first test starts a server

TODAY = dt.date(2026, 11, 20)


@pytest.fixture
def erp(company, home, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(home))
    with closing(ERPFactory(url=company.erp_url).connect()) as erp:
        yield erp


@pytest.fixture
def buyer(erp):
    return erp.customers.by_name("Lahden Konepaja Oy")[0]


@pytest.fixture
def draft(erp, buyer, request):
    """A draft offer of this test's own."""
    return erp.offers.create(request.node.name, buyer.id, [line(erp)])


def line(erp, code="HB-M8X40-A2", amount="10"):
    product = erp.products.by_codes([code])[code]
    quantity = Quantity(amount=Decimal(amount), unit=product.unit)
    return OfferDraftLine(product=product.id, quantity=quantity, unit_price=Money.of("0.36"))


def number_in(record):
    return int(record.partition(":")[2])


@pytest.fixture
def own_product(tryton, request):
    """`own_product(…)`: a product of this test's own, in a unit of its own kind."""

    def make(**fields):
        (kind,) = tryton.create("product.uom.category", [{"name": request.node.name}])
        piece, _ = tryton.create(
            "product.uom",
            [
                {"name": name, "symbol": name, "category": kind, "digits": 0, "rounding": 1.0}
                | {"factor": factor, "rate": 1 / factor}
                for name, factor in (("own", 1.0), ("score", 20.0))
            ],
        )
        article = {
            "name": "Peg",
            "code": request.node.name,
            "type": "goods",
            "default_uom": piece,
            "list_price": Decimal("0.50"),
            "account_category": tryton.only("product.category", [("name", "=", "standard")])["id"],
            "cost_price_method": "average",
            "products": [("create", [{"cost_price": Decimal(0)}])],
        }
        tryton.create("product.template", [article | {"salable": True, "sale_uom": piece} | fields])
        return request.node.name

    return make


def test_our_own_people_and_who_only_sells_to_us_are_no_customers(erp):
    assert erp.customers.by_email("aino.virtanen@pohjantukku.example") == []
    assert erp.customers.by_email("orders@elmaterial.example") == []
    assert erp.customers.by_name("Pohjantukku") == []


def test_a_supplier_that_buys_is_a_customer(erp, tryton):
    supplier = tryton.only("party.party", [("code", "=", "S2002")])["id"]
    assert erp.customers.by_name("Rautakanki") == []

    term = tryton.only("account.invoice.payment_term", [("name", "=", "Net 14")])["id"]
    tryton.write("party.party", [supplier], {"customer_payment_term": term})

    assert [found.code for found in erp.customers.by_name("Rautakanki")] == ["S2002"]


def test_a_customer_is_found_however_people_wrote_it_down(erp, tryton, party):
    contacts = [
        {"type": "website", "value": "https://www.Somebody.example/fi"},
        {"type": "email", "value": "Buyer@Mail.example"},
    ]
    identifiers = [{"type": "eu_vat", "code": "FI20774740"}]
    written = {"contact_mechanisms": contacts, "identifiers": identifiers}
    tryton.write(
        "party.party", [party], {name: [("create", rows)] for name, rows in written.items()}
    )

    [found] = erp.customers.by_domain("somebody.EXAMPLE")

    assert (found.domains, found.emails) == (("somebody.example",), ("buyer@mail.example",))
    assert erp.customers.by_vat("fi 2077-4740") == [found]
    assert erp.customers.by_email("buyer@mail.example") == [found]
    assert erp.customers.by_domain("body.example") == []


def test_a_draft_is_called_by_its_id_until_tryton_numbers_it(erp, draft):
    assert draft.number == f"({number_in(draft.id)})"

    assert erp.offers.send(draft.id).number.isdigit()


def test_an_order_is_processed_where_tryton_puts_it_off(erp, tryton, draft):
    erp.offers.send(draft.id)
    tryton.write("sale.configuration", [1], {"sale_process_after": dt.timedelta(days=1)})
    try:
        assert erp.offers.order(draft.id).state == OfferState.ORDERED
    finally:
        tryton.write("sale.configuration", [1], {"sale_process_after": None})

    sale = tryton.get("sale.sale", number_in(draft.id), ["state", "shipments", "invoices.state"])
    assert sale["state"] == "processing"
    assert len(sale["shipments"]) == 1
    assert [invoice["state"] for invoice in sale["invoices."]] == ["draft"]


def test_no_answer_to_a_creation_leaves_one_offer(erp, tryton, buyer, monkeypatch):
    call = Session.call

    def deaf(session, method, *arguments, **options):
        answer = call(session, method, *arguments, **options)
        if method == "model.sale.sale.create":
            raise Unavailable("no answer came")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Session, "call", deaf)
        with pytest.raises(Unavailable):
            erp.offers.create("deaf", buyer.id, [line(erp)])

    offer = erp.offers.create("deaf", buyer.id, [line(erp)])

    assert offer == erp.offers.find("deaf")
    assert tryton.count("sale.sale", [("reference", "=", "deaf")]) == 1


def test_a_rule_for_a_customers_taxes_is_kept(erp, tryton):
    customer = erp.customers.by_name("Tunturin Majatalo")[0]
    party = number_in(customer.id)
    company = tryton.only("company.company", [])["id"]
    (rule,) = tryton.create(
        "account.tax.rule",
        [{"name": "Export", "kind": "sale", "company": company, "lines": [("create", [{}])]}],
    )
    tryton.write("party.party", [party], {"customer_tax_rule": rule})
    asked = line(erp)
    wanted = Wanted(product=asked.product, quantity=asked.quantity)
    try:
        [price] = erp.pricing.prices(customer.id, [wanted], TODAY)
        offer = erp.offers.create("export", customer.id, [asked])
    finally:
        tryton.write("party.party", [party], {"customer_tax_rule": None})

    assert price.tax_rate == offer.lines[0].tax_rate == 0
    assert offer.tax == Money.of("0.00")


def test_what_people_write_between_the_lines_is_no_line(erp, tryton, draft):
    more = [{"type": "title", "description": "Bolts"}, {"type": "line", "description": "Freight"}]
    more[1] |= {"quantity": 1.0, "unit_price": Decimal("25.0000")}
    tryton.write("sale.sale", [number_in(draft.id)], {"lines": [("create", more)]})

    changed = erp.offers.get(draft.id)

    assert [(found.product, found.text) for found in changed.lines[1:]] == [("", "Freight")]
    assert changed.net == Money.of("28.60")


def test_larger_units_of_the_same_kind_are_packs(erp, own_product):
    product = erp.products.by_codes([own_product()])["test_larger_units_of_the_same_kind_are_packs"]

    holds = Quantity(amount=Decimal(20), unit="own")
    assert (product.unit, product.digits, product.packs) == (
        "own",
        0,
        (Pack(unit="score", holds=holds),),
    )


def test_what_is_not_for_sale_has_no_price_and_is_in_no_catalogue(erp, buyer, own_product):
    code = own_product(salable=False)
    product = erp.products.by_codes([code])[code]
    wanted = Wanted(product=product.id, quantity=Quantity(amount=Decimal(1), unit="own"))

    assert product not in erp.products.catalogue(limit=10_000)
    with pytest.raises(Rejected, match="is not for sale"):
        erp.pricing.prices(buyer.id, [wanted], TODAY)


def test_a_new_or_changed_product_makes_another_version_of_the_catalogue(erp, tryton, own_product):
    versions = [erp.products.catalogue_version()]

    code = own_product()
    versions.append(erp.products.catalogue_version())
    product = tryton.only("product.product", [("code", "=", code)], ["template"])
    tryton.write("product.template", [product["template"]], {"name": "Plug"})
    versions.append(erp.products.catalogue_version())

    assert len(set(versions)) == 3


def test_pages_are_whole_where_tryton_numbers_the_products(erp, tryton):
    kind = tryton.only("ir.sequence.type", [("name", "=", "Variant")])["id"]
    sequence = {"name": "Products", "sequence_type": kind, "company": None}
    (numbers,) = tryton.create("ir.sequence", [sequence])
    tryton.write("product.configuration", [1], {"product_sequence": numbers})
    try:
        whole, paged = erp.products.catalogue(limit=10_000), []
        while page := erp.products.catalogue(after=paged[-1].code if paged else "", limit=40):
            paged += page
    finally:
        tryton.write("product.configuration", [1], {"product_sequence": None})

    assert paged == whole
    assert [p.code for p in whole] == sorted((p.code for p in whole), key=lambda c: (len(c), c))


def test_a_lead_that_people_rewrote_is_the_handover_that_it_was(erp, tryton):
    handover = erp.handovers.add(
        "rewritten", "mail", subject="Bolts\n?", sender="a@b.example", reasons=["which?", "when?"]
    )
    lead = number_in(handover.id)
    read = tryton.get("sale.opportunity", lead, ["description", "comment"])
    assert (read["description"], read["comment"]) == ("Bolts ?", "a@b.example\n\nwhich?\nwhen?")

    tryton.write("sale.opportunity", [lead], {"description": "Call them", "comment": "M8, today"})
    assert erp.handovers.find("rewritten") == handover
    assert handover in erp.handovers.open()

    tryton.press("sale.opportunity", "lost", [lead])
    assert handover not in erp.handovers.open()
    erp.handovers.close(handover.id)


def test_a_lead_without_a_customer_says_nothing_of_who_looks_after_whom(erp, buyer):
    before = erp.people.salesperson_of(buyer.id)

    erp.handovers.add("whose", "mail", subject="", sender="", reasons=[])

    assert erp.people.salesperson_of(buyer.id) == before


def test_files_that_people_attach_are_left_to_them(erp, tryton, buyer):
    resource = f"party.party,{number_in(buyer.id)}"
    tryton.create(
        "ir.attachment",
        [
            {"name": "theirs.txt", "type": "data", "data": b"x", "resource": resource},
            {"name": "there", "type": "link", "link": "https://a.example", "resource": resource},
        ],
    )

    ours = erp.documents.attach(
        "50 %", buyer.id, name="ours.txt", media_type="text/plain", content=b"y"
    )

    assert erp.documents.attached_to(buyer.id) == [ours]
    assert erp.documents.find("50 %") == ours
    assert erp.documents.find("50 ") is None
