"""Tell the words for a thing from the talk around them."""

import re

from tasks.inventory.talk import without_talk

_BULLET = re.compile(r"^\s*(?:[-*•–·]\s+|-(?=\w)|\(?\d{1,3}[.)]\s+|[a-z]\)\s+|#\d+\s+)")
#: Where the name of a thing ends and talk about it begins.
_TALK_ABOUT = re.compile(
    r"""\s(?:\((?=(?:if|when|see|as|for|wenn|falls|jos|om)\s[^()]*\)\s*$)
    |please|thanks|for\s(?:our|the|a|delivery|next|use)|to\s\w+|till\s\w+|nach\s\w+|deliver\w*
    |by\s(?:\w+day|the|end|week)|as\ssoon\sas|asap|urgently|if\syou|we\sneed|which\swe|in\sweek
    |toimitettuna|toimitus\w*|viikolla|kiitos|mennessä|lieferung|geliefert|bis\szum|bitte
    |when\s|what\s|how\s|milloin|wann|när|leverans|levererat|tack)\b.*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ASKING = re.compile(
    r"\b(please|could|can|would|we|i|you|your|need|quote|offer|order|price|hello|hi|dear|send|phone"
    r"|tel|fax|mobile|puh|ref|reference|project|vat|invoice|re|date|postal|p\.?o\.?"
    r"|tarvitsemme|tarvitsen|haluaisimme|tarjous\w*|tarjoa\w*|pyydämme|voisitteko|hei|moi"
    r"|bitte|wir|ich|brauchen|benötigen|angebot|anbieten|könnten|sie|vi|kan|ni|behöver)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"^.*(?::|\b(?:needs?|quote|offer|order|want|require|like|for|buy|tarvitsemme|tarvitsen|tilaamme"
    r"|haluaisimme|brauchen|benötigen|anbieten|über|für|offerera|behöver)\b)",
    re.IGNORECASE | re.DOTALL,
)

#: `FL-20`, `cw 230 19`.
_CODE_IN_PARTS = re.compile(r"\w-\w|\b[^\W\d_]{2}\s?\d{2}")
_EDGE = " \t,;:.(*|?!–…-"

#: Fewer letters name nothing: `M8`.
_LETTERS_OF_A_THING = 3


def is_listed(line: str) -> bool:
    """Say whether a line begins as an item of a list does."""
    return bool(_BULLET.match(line))


def without_bullet(line: str) -> str:
    """Return the line's words."""
    return _BULLET.sub("", line).strip()


def tidy(words: str) -> str:
    """Return the words for a thing without what joins them to the sentence.

    >>> tidy("of the hex bolts M8x40 for our site, and")
    'hex bolts M8x40'
    """
    return parted(words)[0]


def parted(words: str) -> tuple[str, str]:
    """Return the words for a thing, and what is said about it.

    >>> parted("of the hex bolts M8x40 for our site")
    ('hex bolts M8x40', 'for our site')
    """
    talk = _TALK_ABOUT.search(words)
    end = talk.start() if talk else len(words)
    # Edges are stripped again: a stripped word may have stood beside a comma.
    return without_talk(words[:end].lstrip(" )]")).strip(_EDGE), words[end:].strip()


def after_asking(words: str) -> str:
    """Return what follows the last word that asks.

    >>> after_asking("Could you quote hex bolts")
    'hex bolts'
    """
    return _ASKED.sub("", words).strip()


def is_thing(words: str) -> bool:
    """Say whether the words can name a thing: a few letters, or a code."""
    letters = sum(c.isalpha() for c in words)
    return letters >= _LETTERS_OF_A_THING or bool(_CODE_IN_PARTS.search(words))


def is_code(words: str) -> bool:
    """Say whether the words end with a code: a name's last word with a digit in it."""
    return bool(re.search(r"\d", words.rsplit(maxsplit=1)[-1]))


def is_talk(words: str) -> bool:
    """Say whether the words address somebody."""
    return bool(_ASKING.search(words))
