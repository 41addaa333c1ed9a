"""Take a product's name, or a wish for one, apart into words and sizes.

Sizes decide: an M8x40 is no M8x50, however alike their names are. So every token with
a digit is kept apart from the words, and `M8 x 40`, `m8X40` and `M8, 40 mm` give
tokens that can be compared.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

#: Words that say the same in the trade, longest first; applied to names and wishes alike.
_SAME = (
    ("stainless steel", "stainless"),
    ("galvanised", "zinc plated"),
    ("galvanized", "zinc plated"),
    ("zinc-plated", "zinc plated"),
    ("hi-vis", "high visibility"),
    ("hi-viz", "high visibility"),
    ("hex head", "hex"),
    ("hexagon", "hex"),
    ("temp", "temperature"),
    ("zn", "zinc plated"),
    ("pole", "p"),
    ("amp", "a"),
    ("coloured", ""),
    ("colour", ""),
    ("gray", "grey"),
    ("metre", "m"),
    ("meter", "m"),
    ("watt", "w"),
    ("volt", "v"),
    ("inch", '"'),
)
#: Words that tell nothing about a product.
FILLERS = frozenset(
    """a an and for of the in with type size sizes model item article art no nr approx pcs pc kpl
    stk per each our your new standard std quality piece pieces x version mit aus für und der die
    das koko kokoa ja tyyppi malli mm mm2 cm ml kw""".split()
)
_MEASURE = r"mm2|mm|cm|m|ml|l|v|kv|w|kw|a|ma|ka|k|db|g|kg|h|pcs|lw|p|deg|pole|gang|modules"
#: The gap in `Cat 6` or `IP 65`.
_PREFIXED = re.compile(
    r"(?:(?<=\bcat)|(?<=\bffp)|(?<=\bip)|(?<=\btx)|(?<=\bph)|(?<=\bpz))\s+(?=\d)"
)
_TOKEN = re.compile(r"[^\W_]+(?:\.\d+[^\W_]*)?")


@dataclass(frozen=True)
class ProductWords:
    """A name in parts, lower case.

    Attributes:
        words: tokens of letters.
        sizes: tokens with a digit, a product such as `m8x40` parted into `m8` and `40`.
    """

    words: tuple[str, ...]
    sizes: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """All tokens in one line, for comparing letters."""
        return " ".join((*self.words, *self.sizes))

    @cached_property
    def tokens(self) -> frozenset[str]:
        """All tokens."""
        return frozenset((*self.words, *self.sizes))


def product_words(text: str) -> ProductWords:
    """Return a text in parts.

    >>> product_words("Hex bolt M8 x 40, A2")
    ProductWords(words=('hex', 'bolt'), sizes=('m8', '40', 'a2'))
    """
    tokens = _TOKEN.findall(_plain(text))
    words = tuple(t for t in tokens if not _has_digit(t) and t not in FILLERS)
    measures = (t for t in tokens if _has_digit(t) and t not in FILLERS)
    sizes = tuple(part for t in measures for part in _parts(t))
    return ProductWords(words=words, sizes=sizes)


def says_size(wished: str, offered: str) -> bool:
    """Say whether a size may be meant by another; a bare number fits any unit.

    >>> says_size("40", "40mm"), says_size("40v", "40mm")
    (True, False)
    """
    if wished == offered:
        return True
    bare = wished if wished.replace(".", "").isdigit() else offered
    other = offered if bare is wished else wished
    # The number of `2.5mm2` is 2.5; that of `m8` is 8.
    numbers = re.findall(r"\d+(?:\.\d+)?", other)
    return bare.replace(".", "").isdigit() and numbers[:1] == [bare]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower().replace("×", "x").replace("''", '"')
    for written, meant in _SAME:
        text = re.sub(rf"\b{re.escape(written)}s?\b", meant, text)
    text = _PREFIXED.sub("", text.replace("°", " deg "))
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    text = re.sub(r"(?<=\d)\s*[x*]\s*(?=\d)", "x", text)
    text = re.sub(r"(?<=\d)\s*[\"”]", "in", text)
    return re.sub(rf"(?<=\d)[\s-]+({_MEASURE})\b", r"\1", text)


def _has_digit(token: str) -> bool:
    return any(c.isdigit() for c in token)


def _parts(token: str) -> list[str]:
    parts = re.split(r"(?<=\d)(?:mm|m)?x(?=\d)", token)
    # 4.0 mm is 4 mm.
    return [re.sub(r"(?<=\d)\.0+(?!\d)", "", part) for part in parts]
