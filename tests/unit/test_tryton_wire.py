"""What goes to Tryton and comes from it: exact, and without a word too many."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ConfigurationError
from tasks.adapters.tryton import wire
from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.answers import error_of, error_of_status
from tasks.adapters.tryton.buttons import fits, pressed
from tasks.adapters.tryton.forms import writable
from tasks.erp_errors import Busy, Confirm, Conflict, Rejected, Unavailable

exact = st.decimals(allow_nan=False, allow_infinity=False)
things = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    exact,
    st.dates(),
    st.datetimes(),
    st.times(),
    st.binary(),
    st.text(),
    st.timedeltas(min_value=dt.timedelta(0), max_value=dt.timedelta(days=365)),
)


@given(st.dictionaries(st.text(st.characters(exclude_characters="_")), things))
def test_what_is_sent_comes_back_as_it_was(document):
    assert wire.loads(wire.dumps(document)) == document


@given(exact)
def test_a_decimal_keeps_its_digits(amount):
    assert str(wire.loads(wire.dumps(amount))) == str(amount)


def test_whole_numbers_and_floats_stay_what_they_are():
    assert json.loads(wire.dumps([1, 1.0])) == [1, 1.0]
    assert wire.dumps([1, 1.0]) == "[1,1.0]"


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_a_quantity_comes_back_from_a_float_as_it_was_written(amount):
    assert wire.decimal_of(wire.float_of(amount)) == amount


@pytest.mark.parametrize("value", [object(), float("nan")])
def test_what_tryton_has_no_words_for_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        wire.dumps(value)


def test_an_address_has_its_parts():
    address = Address.parse("https://order%20bot:s%3Acret@erp.example:8443/tryton/main")

    assert address.server == "https://erp.example:8443/tryton"
    assert (address.database, address.user, address.password) == ("main", "order bot", "s:cret")


def test_a_password_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("TRYTON_PASSWORD", "from outside")

    assert Address.parse("http://admin@[::1]:8000/erp").password == "from outside"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("ftp://me:secret@host/erp", "scheme"),
        ("http://me:secret@/erp", "host"),
        ("http://host/erp", "user"),
        ("http://me:secret@host/", "database"),
        ("http://me:secret@host:port/erp", "wrong"),
    ],
)
def test_an_address_that_lacks_something_is_refused_without_telling_its_secret(text, missing):
    with pytest.raises(ConfigurationError, match=missing) as refused:
        Address.parse(text)

    assert "secret" not in str(refused.value)


def test_an_address_without_a_password_says_where_to_put_it(monkeypatch):
    monkeypatch.delenv("TRYTON_PASSWORD", raising=False)

    with pytest.raises(ConfigurationError, match=r"'admin'.*TRYTON_PASSWORD"):
        Address.parse("http://admin@host/erp")


def test_an_address_shows_no_password():
    address = Address.parse("http://admin:secret@host:8000/erp")

    assert "secret" not in f"{address} {address!r}"
    assert str(address) == "http://host:8000/erp"


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (["UserError", ["No.", "Ask.", None]], Rejected, r"^No\. \(Ask\.\)$"),
        (["UserWarning", ["9f.late", "It is late.", ""]], Confirm, r"^It is late\.$"),
        (["ConcurrencyException", "Records have changed"], Conflict, "Records have changed"),
        (["LoginException", ["password", "Password?"]], Rejected, "'password'"),
        (["'unexpected'", "a traceback"], Rejected, "failed at model.x.y: 'unexpected'"),
    ],
)
def test_an_answer_that_is_no_result_is_one_of_six_kinds(answer, kind, text):
    error = error_of(answer, "model.x.y")

    assert type(error) is kind
    assert pytest.RaisesExc(kind, match=text).matches(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (503, Busy),
        (429, Busy),
        (404, Unavailable),
        (403, Rejected),
        (502, Unavailable),
        (400, Rejected),
    ],
)
def test_a_status_is_one_of_six_kinds(status, kind):
    assert type(error_of_status(status, "a page", "model.x.y", "http://host/erp")) is kind


def test_a_warning_is_accepted_by_its_name_with_or_without_the_records_hash():
    assert fits("9f2c.late", {"late"})
    assert fits("9f2c.late", {"9f2c.late"})
    assert not fits("9f2c.late", {"9f2c", "later"})


def test_a_button_that_answers_a_word_wants_nothing_opened():
    assert pressed("reload", {1: "draft", 2: "draft"}).action is None
    assert pressed("reload", {1: "draft", 2: "draft"}).state == "draft"
    assert pressed("reload", {1: "draft", 2: "done"}).state == ""


def test_what_a_change_answers_becomes_orders_to_create():
    answer = {
        "id": 3,
        "party": 7,
        "party.": {"rec_name": "Acme"},
        "note": None,
        "taxes": {"add": [[0, {"id": 4}]], "remove": []},
        "lines": {"add": [[0, {"product": 5, "product.": {"rec_name": "Bolt"}}]]},
        "costs": {"remove": [1]},
    }

    assert writable(answer) == {
        "party": 7,
        "taxes": [("add", [4])],
        "lines": [("create", [{"product": 5}])],
    }
