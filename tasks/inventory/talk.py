"""The small words of a letter, in the languages of our customers.

They tell where things are listed and where the name of a thing begins and ends. None of
them is in the name of a product, so leaving them out of a name loses nothing.
"""

import re

#: Words that put one thing beside another.
JOINING = frozenset(
    """and plus also additionally furthermore moreover further then lastly finally &
    ja sekä myös lisäksi vielä
    und sowie außerdem ausserdem zusätzlich ferner auch
    och samt även dessutom också
    og også""".split()
)
#: Words after which things are listed.
ASKING = frozenset(
    """need needs quote quoting offer order want require required like buy include please pls plz
    add send price prices for get would cost costs
    tarvitsemme tarvitsen tarvitsisimme tarvitsisin tarvitaan tarjous tarjouksen tarjousta
    tarjoatteko tarjoa tarjotkaa tilaamme tilaan haluaisimme haluaisin saisimmeko saisinko
    pyydämme pyydän ostaisimme tilaatko hinta hinnan
    brauchen brauche benötigen benötige bräuchten anbieten bestellen bestelle hätten möchten
    wünschen suchen bitte angebot über für
    pris offerera behöver önskar vill beställa beställer söker skulle trenger ønsker
    tilbud tilbyde tilby palun pakkumist soovime vajame""".split()
)
#: They ask, too.
INTERESTED = ("interested in", "interesse an", "intresserade av", "kiinnostaisi")
#: Marks that do as much.
SEPARATOR = frozenset(";:")

#: Words around a name that are no part of it.
_AROUND = frozenset(
    """we i you us me our your my could can would will kindly might to of the each x × à these those
    following another more as well too in addition be is are have has had also get for
    quotation have looking enquire
    tarjota tarjoamaan lähettää me minä meille saada saisi saisimme voisitteko voitteko kiitos
    wir ich sie uns mir der die das den dem ein eine einen je von vom gerne noch um können könnten
    dere gi gerne jeg vi jag ni kan får få ha på offert till oss tack av lämna
    that's thanks thank asap urgently""".split()
)
_STRIPPED = JOINING | ASKING | _AROUND
_EDGE = " \t\n,;:.(*|?!–…-"


_GREETING = re.compile(
    r"""^\s*(?:hi|hello|hey|dear|good\s(?:morning|afternoon|day|evening)|morning|greetings
    |hei|moi|moikka|terve|hyvää\s(?:huomenta|päivää|iltaa)|päivää|huomenta
    |guten\s(?:tag|morgen|abend)|hallo|moin|sehr\sgeehrte[rn]?|liebe[rs]?
    |hej|hejsan|god\s(?:dag|morgon|morgen|kväll)|goddag)
    (?:\s+(?!\d)[^\s,!.:]+){0,4}\s*[,!.:]*\s*$""",
    re.IGNORECASE | re.VERBOSE,
)


def is_greeting(line: str) -> bool:
    """Say whether a line only greets somebody.

    >>> is_greeting("Hi Anna,"), is_greeting("Hi, 5 pcs nut")
    (True, False)
    """
    return bool(_GREETING.match(line)) and not any(c.isdigit() for c in line)


def without_talk(words: str) -> str:
    """Return the words for a thing without what joins them to the sentence.

    >>> without_talk("Außerdem bitte 3 cables MMJ anbieten")
    '3 cables MMJ'
    """
    tokens = words.split()
    while tokens and _is_talk(tokens[0]):
        del tokens[0]
    # A capital at the end is a type: `type A`, `category I`.
    while tokens and _is_talk(tokens[-1]) and not _is_type(tokens[-1]):
        del tokens[-1]
    return " ".join(tokens)


def _is_talk(token: str) -> bool:
    word = token.strip(_EDGE).lower()
    return not word or word in _STRIPPED


def _is_type(token: str) -> bool:
    return len(token) == 1 and token.isupper()
