import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import InvalidReference
from orchestrator.language.references import Missing, Reference, references_in, resolve

RUN_INPUT = {"order": {"id": 7, "lines": [{"sku": "A-1"}]}, "note": None}
RESULTS = {"price": {"total": "12.50", "lines": [[1, 2], [3]]}, "count": 3}

plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text().filter(lambda t: not t.startswith("$")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def resolved(value):
    return resolve(value, run_input=RUN_INPUT, results=RESULTS)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("$input", RUN_INPUT),
        ("$input.order.id", 7),
        ("$input.order.lines.0.sku", "A-1"),
        ("$input.note", None),
        ("$price.total", "12.50"),
        ("$price.lines.0.1", 2),
        ("$count", 3),
        ("$$5.00", "$5.00"),
        ("$$$", "$$"),
        ("costs $5", "costs $5"),
        ("", ""),
        (3, 3),
    ],
)
def test_a_value_becomes_what_it_refers_to(written, found):
    assert resolved(written) == found


def test_references_are_found_and_resolved_inside_lists_and_mappings():
    value = {"a": ["$price.total", {"b": "$input.order.id"}], "$count": "plain"}

    assert list(references_in(value)) == [
        Reference("price", ("total",)),
        Reference("input", ("order", "id")),
    ]
    assert resolved(value) == {"a": ["12.50", {"b": 7}], "$count": "plain"}


@given(plain_json)
def test_a_value_without_references_stays_as_it_is(value):
    assert list(references_in(value)) == []
    assert resolved(value) == value


@given(st.text())
def test_any_text_can_be_written_with_a_doubled_dollar(text):
    written = f"${text}" if text.startswith("$") else text

    assert resolved(written) == text


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("$ship.date", "'$ship.date' points at nothing: step 'ship' gave no result"),
        ("$input.customer", "'$input.customer' points at nothing: '$input' has no 'customer'"),
        ("$input.note.text", "'$input.note.text' points at nothing: '$input.note' has no 'text'"),
        ("$price.lines.2", "'$price.lines.2' points at nothing: '$price.lines' has no '2'"),
        ("$price.lines.first", "'$price.lines' has no 'first'"),
        ("$price.total.0", "'$price.total' has no '0'"),
    ],
)
def test_a_reference_to_nothing_says_how_far_it_came(written, sentence):
    with pytest.raises(Missing) as caught:
        resolved(["fine", written])

    assert sentence in str(caught.value)
    assert str(caught.value.reference) == written


@pytest.mark.parametrize("text", ["$", "$5.00", "$ input", "$Price", "$price.", "$price..total"])
def test_a_text_that_only_begins_like_a_reference_is_refused_with_the_way_out(text):
    with pytest.raises(InvalidReference) as caught:
        list(references_in({"x": [text]}))

    assert repr(text) in str(caught.value)
    assert f"write {'$' + text!r} for the plain text" in str(caught.value)
