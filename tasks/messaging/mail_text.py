"""Part what somebody wrote, or forwards, from what they only quote."""

import re

#: `VS` is left out: it forwards in Danish and Norwegian, but answers in Finnish.
_FORWARD = re.compile(r"^\s*(fwd?|vl|wg|vb)\s*:", re.IGNORECASE)

#: The line a mail program puts above a quoted mail, in the languages of our customers.
_QUOTE_BEGINS = re.compile(
    r"""^(
        -{2,}\s*(original\s+message|alkuperäinen\s+viesti|ursprüngliche\s+nachricht
                |ursprungligt\s+meddelande)\s*-{2,}
      | on\s.{6,80}\swrote:
      | am\s.{6,80}\sschrieb\b.{0,80}:
      | .{6,80}\s(kirjoitti|skrev)\b.{0,80}:
      | \*?(from|von|lähettäjä|från|fra):\*?\s.+\n
        \*?(sent|date|gesendet|datum|lähetetty|päivä|päiväys|skickat|sendt|dato):\*?\s
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)

_FORWARDED = re.compile(
    r"""^[ \t>]*(?:
        -{2,}\s*(?:forwarded\smessage|välitetty\sviesti|weitergeleitete\snachricht
                |vidarebefordrat\smeddelande)\s*-{2,}
      | begin\sforwarded\smessage: | anfang\sder\sweitergeleiteten\snachricht:
    )[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
#: What a mail program repeats of the header of a mail that it forwards.
_HEADER = re.compile(
    r"""\A(?:\s*\*?(?:from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|lähettäjä|lähetetty
    |päivä|päiväys|vastaanottaja|kopio|aihe|från|skickat|till|kopia|ämne|fra|sendt|til|emne)
    :\*?(?:[ \t].*)?(?:\n|\Z))+""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKED = re.compile(r"^>", re.MULTILINE)


def letters_in(text: str, *, subject: str = "") -> list[str]:
    """Return what the sender wrote, without the mails they answer, and what they forward."""
    begins = _FORWARDED.search(text)
    if begins is None and _FORWARD.match(subject):
        begins = _QUOTE_BEGINS.search(text)
    if begins is None:
        return [own_text(text, subject=subject)]
    announced = _FORWARDED.sub("", text[begins.start() :], count=1)
    forwarded = _HEADER.sub("", _without_marks(announced))
    # Below the mail that is forwarded may stand those which it answers.
    letters = [text[: begins.start()], own_text(forwarded)]
    return [letter.strip() for letter in letters if letter.strip()]


def own_text(text: str, *, subject: str = "") -> str:
    """Return what the sender wrote, without the mails they answer.

    A forwarded mail without a mark is kept whole: its order is in what was forwarded.
    So is a mail that is all quotation, for otherwise nothing would be left to read.
    """
    if _FORWARD.match(subject):
        return _without_marks(text)
    written = "\n".join(_unquoted(text)).strip()
    begins = _QUOTE_BEGINS.search(written)
    if begins and _MARKED.search(text):
        # What is quoted was marked and is gone; an answer may stand below its heading.
        written = f"{written[: begins.start()]}\n{written[begins.end() :]}".strip()
    elif begins:
        written = written[: begins.start()].rstrip()
    return written or _without_marks(text)


def _unquoted(text: str) -> list[str]:
    from email_reply_parser import EmailReplyParser  # noqa: PLC0415  # slow, needed here only

    fragments = EmailReplyParser.read(text).fragments
    return [fragment.content for fragment in fragments if not fragment.quoted]


def _without_marks(text: str) -> str:
    return re.sub(r"^[>\s]*>\s?", "", text, flags=re.MULTILINE).strip()
