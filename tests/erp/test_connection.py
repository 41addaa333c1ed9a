"""The client on a real Tryton: records, sessions, buttons, wizards and reports."""

import dataclasses
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tasks.adapters.tryton import forms
from tasks.erp_errors import NotFound, Rejected
from tests.tryton import connected

pytestmark = pytest.mark.timeout(300)  # the first test starts a server


def test_a_record_is_read_as_it_was_written(tryton):
    (made,) = tryton.create("party.party", [{"name": "Näyte Oy", "code": "N-1"}])

    found = tryton.get("party.party", made, ["name", "code", "create_date"])

    assert (found["name"], found["code"]) == ("Näyte Oy", "N-1")
    assert isinstance(found["create_date"], dt.datetime)


def test_records_are_found_by_conditions_and_in_an_order(tryton):
    found = tryton.search_read(
        "product.product",
        [("code", "like", "FL-%")],
        ["code", "list_price_used", "template.name"],
        limit=2,
        order=[("code", "DESC")],
    )

    assert [row["code"] for row in found] == ["FL-50", "FL-30"]
    assert found[0]["list_price_used"] == Decimal("44.00")
    assert "floodlight" in found[0]["template."]["name"]
    assert tryton.count("product.product", [("code", "like", "FL-%")]) == 4


def test_a_record_that_is_not_there_is_told_by_model_and_id(tryton):
    with pytest.raises(NotFound, match=r"party\.party with the id 987654"):
        tryton.get("party.party", 987654, ["name"])


def test_only_one_record_is_taken_for_the_one(tryton):
    with pytest.raises(NotFound, match="more than one"):
        tryton.only("party.party", [])
    with pytest.raises(NotFound, match="no party"):
        tryton.only("party.party", [("code", "=", "nobody")])


def test_records_are_changed_and_deleted(tryton, party):
    tryton.write("party.party", [party], {"name": "Another name"})
    assert tryton.get("party.party", party, ["name"])["name"] == "Another name"

    tryton.delete("party.party", [party])
    assert tryton.count("party.party", [("id", "=", party)]) == 0


def test_calls_are_made_for_the_company(tryton):
    company = tryton.only("company.company", [])["id"]

    assert tryton.session.login.context["company"] == company


def test_a_session_that_the_server_forgot_is_renewed(company, address):
    with connected(address) as tryton:
        before = tryton.session.login
        with company.database() as database:
            database.execute("DELETE FROM ir_session")

        assert tryton.count("party.party", []) > 40
        assert tryton.session.login.authorization != before.authorization


def test_threads_share_a_session_and_renew_it_once(company, address):
    with connected(address) as tryton, ThreadPoolExecutor(8) as threads:
        tryton.count("party.party", [])
        with company.database() as database:
            database.execute("DELETE FROM ir_session")

            counts = list(threads.map(lambda _: tryton.count("party.party", []), range(24)))

            sessions = database.execute("SELECT count(*) FROM ir_session").fetchone()
    assert len(set(counts)) == 1
    assert sessions == (1,)


def test_closing_logs_out(company, address):
    with connected(address) as tryton:
        user = tryton.session.login.user_id
        token = tryton.session.login.authorization
    with company.database() as database:
        left = database.execute("SELECT key FROM ir_session WHERE create_uid = %s", [user])
        assert token not in {key for (key,) in left}


def test_a_wrong_password_is_refused_and_told_to_nobody(address):
    wrong = dataclasses.replace(address, password="not-the-password")

    with connected(wrong) as tryton, pytest.raises(Rejected, match="login of 'admin'") as refused:
        tryton.count("party.party", [])

    assert "not-the-password" not in f"{refused.value} {refused.value!r}"
    assert "not-the-password" not in repr(vars(tryton))


def test_a_button_is_pressed_and_the_state_read(tryton, sale_of):
    sale = sale_of("C1001", ("FL-30", 2.0))

    assert tryton.press("sale.sale", "quote", [sale]).states == {sale: "quotation"}
    assert tryton.press("sale.sale", "confirm", [sale]).state == "processing"


def test_a_form_fills_in_what_tryton_computes(tryton, sale_of):
    sale = sale_of("C1001", ("MMJ-3X15", 600.0))

    line = tryton.search_read("sale.line", [("sale", "=", sale)], ["unit_price", "taxes"])[0]
    found = tryton.get("sale.sale", sale, ["untaxed_amount", "tax_amount", "payment_term"])
    assert line["unit_price"] == Decimal("0.71")
    assert (found["untaxed_amount"], found["tax_amount"]) == (Decimal("426.00"), Decimal("108.63"))
    assert found["payment_term"]


def test_a_button_that_answers_a_wizard_has_not_acted(tryton):
    company = tryton.only("company.company", [])["id"]
    lead = tryton.only("product.product", [("code", "=", "EXL-25")], ["id", "boms"])
    bom = tryton.get("product.product-production.bom", lead["boms"][0], ["bom"])["bom"]
    today = dt.datetime.now(dt.UTC).date()
    asked = ["warehouse", "location", "company"]
    order = {
        **forms.defaults(tryton, "production", asked),
        "type": "assembly",
        "product": lead["id"],
        "bom": bom,
        "quantity": 1.0,
        "planned_date": today,
        "planned_start_date": today,
    }
    kept = ("product", "quantity", "unit", "from_location", "to_location")
    kept += ("unit_price", "currency", "planned_date")
    answer = forms.after_change(tryton, "production", order, ["product"])
    moves = {
        side: [
            ("create", [{name: move.get(name) for name in kept if name in move} for move in made])
            for _, made in answer[side]
        ]
        for side in ("inputs", "outputs")
    }
    for side in moves.values():
        for _, made in side:
            for move in made:
                move["company"] = company
    (number,) = tryton.create("production", [{**order, "unit": answer["unit"], **moves}])
    for button in ("wait", "assign_try", "run"):
        tryton.press("production", button, [number])

    pressed = tryton.press("production", "do", [number])

    assert pressed.state == "running"
    assert pressed.action is not None
    assert pressed.action.kind == "ir.action.wizard"


def test_a_wizard_goes_from_screen_to_screen_and_leaves_nothing(company, tryton):
    with tryton.wizard("stock.supply") as supply:
        assert supply.screen == "start"
        supply.go("create_", warehouses=[])
        assert supply.screen == ""
        assert supply.opens

    assert _open_wizards(company) == 0


def test_a_wizard_is_closed_when_its_block_fails(company, tryton):
    def fail():
        with tryton.wizard("stock.supply"):
            assert _open_wizards(company) == 1
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        fail()

    assert _open_wizards(company) == 0


def test_a_wizard_opened_on_records_acts_on_them(tryton, overdue_invoice):
    accept = {"invoice_payment_term"}
    tryton.press("account.invoice", "post", [overdue_invoice], accept=accept)
    owed = tryton.get("account.invoice", overdue_invoice, ["amount_to_pay"])["amount_to_pay"]
    method = tryton.only("account.invoice.payment.method", [])["id"]

    with tryton.wizard(
        "account.invoice.pay", model="account.invoice", ids=[overdue_invoice]
    ) as pay:
        pay.go("choice", payment_method=method, amount=owed)

    assert tryton.get("account.invoice", overdue_invoice, ["state"])["state"] == "paid"


def test_a_report_is_a_document(tryton, sale_of):
    sale = sale_of("C1001", ("FL-30", 1.0))
    tryton.press("sale.sale", "quote", [sale])

    document = tryton.report("sale.sale", "sale.sale", [sale])

    assert document.extension == "odt"
    assert document.content.startswith(b"PK")
    assert document.name


def _open_wizards(company):
    with company.database() as database:
        found = database.execute("SELECT count(*) FROM ir_session_wizard").fetchone()
    return found[0]
