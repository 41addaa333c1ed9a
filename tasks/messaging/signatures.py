"""Find where a letter ends and its writer's name, company and telephone begin."""

import re

#: Alone on its line, whatever follows is the signature.
_SIGN_OFF = re.compile(
    r"""^[ \t]*(
        --
      | ((with\s)?(best|kind|kindest|warm)\s)?regards
      | (yours\s)?sincerely | yours\sfaithfully | all\sthe\sbest | best\swishes | best
      | br | b\.r\. | kr | rgds | brgds | cheers | thx | many\sthx | ta
      | (many\s|kind\s)?thanks(\s(in\sadvance|a\slot))?(\sand\s(best|kind)\sregards)? | thank\syou
      | (ystävällisin\s|parhain\s)?terveisin | yst\.?\s?terv\.? | terv\.? | t\. | yt\.? | kiittäen
      | kiitos(\setukäteen)?
      | mit\s(freundlichen|besten|vielen)\sgrüßen | mit\sfreundlichen\sgruessen
      | (freundliche|viele|beste|schöne|liebe)\sgrüße | grüße | gruß | mfg | lg | vg | vielen\sdank
      | danke(\sim\svoraus)?
      | (med\s)?(vänlig\shälsning|vänliga\shälsningar) | hälsningar | mvh | tack(\spå\sförhand)?
      | (med\s)?(venlig|vennlig)\shilsen | hilsen
    )[ \t]*[,.!]*[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
#: A short sign-off and a name on one line: `BR Mari`, `t. Pasi 050 555`, `/Mette`.
_SIGNED_LINE = re.compile(
    r"""^[ \t]*(?:
        (?i:best\sregards|kind\sregards|regards|br|kr|rgds|cheers|thanks|thx|terveisin
        |yst\.?\s?terv\.?|terv\.?|mvh|mfg|lg|vg|hälsningar|hilsen)[,.!]?[ \t]+(?=[A-ZÅÄÖÜÕ])
        [^\W\d]+(?:[ \t]+[A-ZÅÄÖÜÕ][^\W\d]*\.?)?[ \t]*(?:[,/|].*)?
      | t\.[ \t]*(?=[^\W\d]).*
      | [/–][ \t]*(?=[A-ZÅÄÖÜÕ])[^\W\d]+(?:[ \t]+[A-ZÅÄÖÜÕ][^\W\d]+)?[ \t]*(?:[,/|].*)?
    )$""",
    re.MULTILINE | re.VERBOSE,
)
#: The same at the end of the last sentence: `20 pcs nut M8. BR Jari`.
_SIGNED_SENTENCE = re.compile(
    r"(?<=[.!?])[ \t]+(?:t\.|terv\.?|BR|KR|Br|[Mm]vh|[Rr]gds)[ \t]*[A-ZÅÄÖÜÕ][^\W\d]*"
    r"(?:[ \t]+[A-ZÅÄÖÜÕ][^\W\d]*)?\s*\Z"
)
_COMPANY_LINE = re.compile(
    r"^[^\d:?]{0,60}\b(?:Oyj?|Ab|AB|A/S|AS|OÜ|SIA|UAB|Ky|Tmi|GmbH|AG|KG|e\.K\.|Ltd|Limited|PLC|LLC)\b"
)
_TELEPHONE_LINE = re.compile(
    r"^(?:[^\W\d][\w .]{0,20}[:. ])?\s*(?:\+\d{2,3}|\(?0\d{1,4}\)?)[\s\d()/-]{5,}$"
)

#: A name and a title may stand between a sign-off and the dashes of a signature.
_LINES_OF_A_NAME = 2
#: As many lines as a signature that nothing announces may have.
_LINES_OF_A_SIGNATURE = 8


def split_signature(text: str, sender_name: str = "") -> tuple[str, str]:
    r"""Return the letter and what stands below its last sign-off.

    Without a sign-off the signature begins with the sender's name, or at the end of the
    letter with a company or a telephone number.

    >>> split_signature("5 pcs nut M8\nKind regards,\nAnna Virtanen")
    ('5 pcs nut M8', 'Anna Virtanen')
    """
    found = [
        *((one.start(), one.end()) for one in _SIGN_OFF.finditer(text)),
        *((one.start(), one.start()) for one in _SIGNED_LINE.finditer(text)),
        *((one.start(), one.start()) for one in _SIGNED_SENTENCE.finditer(text)),
    ]
    sign_offs = sorted(span for span in found if text[: span[0]].strip())
    if sign_offs:
        # "Thanks," and "Best regards," often follow each other; a dashed line may come third.
        start, end = _first_of_the_last_block(sign_offs, text)
    else:
        start = end = _start_of_the_unannounced(text, sender_name)
    return text[:start].strip(), text[end:].strip()


def _first_of_the_last_block(sign_offs: list[tuple[int, int]], text: str) -> tuple[int, int]:
    chosen = sign_offs[-1]
    for earlier in reversed(sign_offs[:-1]):
        between = text[earlier[1] : chosen[0]].strip().splitlines()
        if len(between) > _LINES_OF_A_NAME:
            break
        chosen = earlier
    return chosen


def _start_of_the_unannounced(text: str, sender_name: str) -> int:
    """Return where the last lines begin that only say who writes, or the end of the text."""
    lines = text.splitlines(keepends=True)
    first = max(1, len(lines) - _LINES_OF_A_SIGNATURE)
    for at in range(first, len(lines)):
        line = lines[at].strip()
        if _is_name(line, sender_name) or _COMPANY_LINE.match(line) or _TELEPHONE_LINE.match(line):
            return sum(map(len, lines[:at]))
    return len(text)


def _is_name(line: str, sender_name: str) -> bool:
    """Say whether a line is the sender's name, or begins with it and a comma."""
    names = [sender_name, *sender_name.split()[:1]]
    said = re.split(r"[,|/]| [-–] ", line)[0].strip(" .-–").lower()
    return bool(said) and said in (name.lower() for name in names)
