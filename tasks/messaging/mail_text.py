"""Part what somebody wrote from what they quoted and how they signed.

Signature and order are read for different things: a company is sought in the one,
products in the other, and a phone number must not be taken for a quantity.
"""

import re

_FORWARD = re.compile(r"^\s*(fwd?|vl|wg|vs)\s*:", re.IGNORECASE)

#: The line a mail program puts above a quoted mail, in the languages of our customers.
_QUOTE_BEGINS = re.compile(
    r"""^(
        -{2,}\s*(original\s+message|alkuperäinen\s+viesti|ursprüngliche\s+nachricht
                |ursprungligt\s+meddelande)\s*-{2,}
      | on\s.{6,80}\swrote:
      | am\s.{6,80}\sschrieb\b.{0,80}:
      | .{6,80}\s(kirjoitti|skrev)\b.{0,80}:
      | (from|von|lähettäjä|från):\s.+\n(sent|date|gesendet|datum|lähetetty|päivä|skickat):\s
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)

_SIGN_OFF = re.compile(
    r"""^[ \t]*(
        --
      | ((with\s)?(best|kind|kindest|warm)\s)?regards
      | (yours\s)?sincerely | yours\sfaithfully | br | cheers | all\sthe\sbest | best\swishes
      | (many\s|kind\s)?thanks(\sin\sadvance)?(\sand\s(best|kind)\sregards)? | thank\syou
      | (ystävällisin\s|parhain\s)?terveisin | yst\.?\s?terv\.? | terv\.? | kiittäen | kiitos
      | mit\s(freundlichen|besten|vielen)\sgrüßen | mit\sfreundlichen\sgruessen
      | (freundliche|viele|beste|schöne)\sgrüße | mfg | vielen\sdank
      | (med\s)?(vänlig\shälsning|vänliga\shälsningar) | hälsningar | mvh
    )[ \t]*[,.!]*[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def own_text(text: str, *, subject: str = "") -> str:
    """Return what the sender wrote, without the mails they answer.

    A forwarded mail is kept whole: its order is in the part that was forwarded.
    So is a mail that is all quotation, for otherwise nothing would be left to read.
    """
    if _FORWARD.match(subject):
        return _without_marks(text)
    written = "\n".join(_unquoted(text)).strip()
    begins = _QUOTE_BEGINS.search(written)
    if begins:
        written = written[: begins.start()].rstrip()
    return written or _without_marks(text)


def split_signature(text: str) -> tuple[str, str]:
    r"""Return the letter and what stands below its last sign-off.

    >>> split_signature("5 pcs nut M8\nKind regards,\nAnna Virtanen")
    ('5 pcs nut M8', 'Anna Virtanen')
    """
    sign_offs = [found for found in _SIGN_OFF.finditer(text) if text[: found.start()].strip()]
    if not sign_offs:
        return text.strip(), ""
    # "Thanks," and "Best regards," often follow each other; a dashed line may come third.
    first = _first_of_the_last_block(sign_offs, text)
    return text[: first.start()].strip(), text[first.end() :].strip()


def _first_of_the_last_block(sign_offs: list[re.Match[str]], text: str) -> re.Match[str]:
    chosen = sign_offs[-1]
    for earlier in reversed(sign_offs[:-1]):
        between = text[earlier.end() : chosen.start()].strip().splitlines()
        if len(between) > _LINES_OF_A_NAME:
            break
        chosen = earlier
    return chosen


#: A name and a title may stand between a sign-off and the dashes of a signature.
_LINES_OF_A_NAME = 2


def _unquoted(text: str) -> list[str]:
    from email_reply_parser import EmailReplyParser  # noqa: PLC0415  # slow, needed here only

    fragments = EmailReplyParser.read(text).fragments
    return [fragment.content for fragment in fragments if not fragment.quoted]


def _without_marks(text: str) -> str:
    return re.sub(r"^[>\s]*>\s?", "", text, flags=re.MULTILINE).strip()
