"""Find out from a mail which company wrote it: address, VAT number, name.

Only clues are gathered here; which customer they point at is billing's to say.
"""

import re

from tasks.quotation import Company

#: Anybody can have an address there, so the domain says nothing about the company.
FREE_MAIL = frozenset(
    """aol.com fastmail.com gmail.com gmx.at gmx.de gmx.net googlemail.com hotmail.com icloud.com
    kolumbus.fi live.com luukku.com mail.com me.com msn.com outlook.com proton.me protonmail.com
    saunalahti.fi suomi24.fi t-online.de telia.com web.de yahoo.com ymail.com""".split()
)

_LEGAL_FORM = (
    r"(?:Oy\s?Ab|Oyj|OYJ|Oy|OY|Ab|AB|A/S|AS|ApS|OÜ|SIA|UAB|Ky|Tmi"
    r"|GmbH\s?&\s?Co\.?\s?KG|GmbH|mbH|AG|KG|OHG|UG|e\.K\."
    r"|Ltd|Limited|PLC|plc|LLP|LLC|Inc|Corp|B\.?V\.?|N\.V\.|S\.?A\.?S?|SARL"
    r"|S\.p\.A\.|Sp\. z o\.o\.)"
)
# A name is up to five words on one line, of which the first begins with a capital.
_COMPANY = re.compile(
    rf"(?<!\w)((?:Ab\s)?[A-ZÅÄÖÜÕ0-9][\w&'.-]*(?:[ \t]+(?:[A-ZÅÄÖÜÕ0-9&][\w&'.-]*|and|und|ja|och))"
    rf"{{0,4}}?[ \t]+{_LEGAL_FORM})(?!\w)"
)

_COUNTRY = "AT|BE|DE|DK|EE|ES|FI|FR|GB|IE|IT|LT|LV|NL|NO|PL|SE"
_VAT = re.compile(rf"(?<!\w)({_COUNTRY})[ -]?(\d(?:[ .-]?[\dA-Z]){{7,11}})(?!\w)")
#: A Finnish business id, `1234567-8`, is the VAT number without country and hyphen.
_FINNISH_ID = re.compile(r"(?<![\w-])(\d{7})-(\d)(?![\w-])")


class CompanyExtractor:
    """Reads the clues out of a mail; it can be used without a workflow."""

    def extract(
        self, sender: str, *, sender_name: str = "", body: str = "", signature: str = ""
    ) -> Company:
        """Return what a mail says about who wrote it.

        >>> CompanyExtractor().extract("a@pumput.example", signature="Pumput Oy").names
        ('Pumput Oy',)
        """
        written = f"{signature}\n{body}"
        # A letter often names us ("Dear Supplier Oy"), so it is asked last.
        names = _names(signature) or _names(sender_name) or _names(body)
        return Company(email=sender, domain=_domain(sender), vat=_vat(written), names=names)


def _domain(sender: str) -> str:
    domain = sender.rpartition("@")[2].lower()
    return "" if domain in FREE_MAIL else domain


def _names(text: str) -> tuple[str, ...]:
    found = (" ".join(name.split()) for name in _COMPANY.findall(text))
    return tuple(dict.fromkeys(found))


def _vat(text: str) -> str:
    full = _VAT.search(text)
    if full:
        return full[1] + re.sub(r"[ .-]", "", full[2])
    finnish = _FINNISH_ID.search(text)
    return f"FI{finnish[1]}{finnish[2]}" if finnish else ""
