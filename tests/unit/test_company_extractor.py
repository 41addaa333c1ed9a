"""Clues about who wrote a mail are found where people leave them."""

import pytest

from tasks.messaging.company_extractor import CompanyExtractor


def _extract(sender="a@firm.example", **parts):
    return CompanyExtractor().extract(sender, **parts)


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("Anna\nKoskisen Sähkö Oy\nTel 1", "Koskisen Sähkö Oy"),
        ("Järvisen Putki ja Vesi Oy", "Järvisen Putki ja Vesi Oy"),
        ("Lars | Svensson Elteknik AB", "Svensson Elteknik AB"),
        ("Hafentechnik Lorenz GmbH & Co. KG", "Hafentechnik Lorenz GmbH & Co. KG"),
        ("Hansen & Dahl A/S", "Hansen & Dahl A/S"),
        ("Whitfield Engineering Ltd.", "Whitfield Engineering Ltd"),
        ("Baltic Steelworks OÜ", "Baltic Steelworks OÜ"),
    ],
)
def test_a_company_is_known_by_its_legal_form(signature, name):
    assert _extract(signature=signature).names == (name,)


def test_the_company_in_the_greeting_counts_only_when_no_other_is_named():
    greeting = "Dear Pohjantukku Oy,"

    assert _extract(body=greeting, signature="Virtanen Oy").names == ("Virtanen Oy",)
    assert _extract(body=greeting).names == ("Dear Pohjantukku Oy",)


@pytest.mark.parametrize(
    ("text", "vat"),
    [
        ("VAT FI20471836", "FI20471836"),
        ("Y-tunnus 2047183-6", "FI20471836"),
        ("USt-IdNr. DE330009166", "DE330009166"),
        ("VAT GB 332 552 454", "GB332552454"),
        ("call 040 555 0199", ""),
    ],
)
def test_a_vat_number_is_read_without_its_blanks(text, vat):
    assert _extract(signature=text).vat == vat


def test_the_domain_of_a_free_mailbox_says_nothing():
    assert _extract("anna@gmail.com").domain == ""
    assert _extract("anna@Firm.example").domain == "firm.example"
