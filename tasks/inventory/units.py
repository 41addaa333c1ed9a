"""Words for units in the languages of our customers, and which of them come whole."""

import re

#: Our word for a unit, and the words that mean it.
_WORDS = {
    "pcs": "pcs pc pce pces piece pieces ea each unit units nos kpl kappale kappaletta stk stck"
    " stück stücke stuck st styck tk",
    "m": "m mtr mtrs metre metres meter meters metern metri metriä jm lfm",
    "kg": "kg kgs kilo kilos kiloa kilogram kilograms kilogramm",
    "l": "l ltr ltrs litre litres liter liters litern litra litraa",
    "box": "box boxes bx carton cartons ctn ltk laatikko laatikkoa rasia rasiaa karton kartons"
    " schachtel schachteln låda lådor kartong kartonger",
    "pack": "pack packs packet packets package packages pkg pk pks pkt paketti pakettia pakkaus"
    " pakkausta packung packungen paket pakete förpackning förpackningar frp",
    "pair": "pair pairs prs pari paria paar par",
    "roll": "roll rolls reel reels rulla rullaa rolle rollen rulle rullar",
    "can": "cans tin tins purkki purkkia dose dosen burk burkar",
    "bottle": "bottle bottles pullo pulloa flasche flaschen flaska flaskor",
    "tube": "tube tubes cartridge cartridges tuubi tuubia patruuna patruunaa kartusche kartuschen"
    " tuben patroner",
    "set": "sets kit kits sarja sarjaa satz sätze",
    "pallet": "pallet pallets lava lavaa palette paletten",
}

#: Units that can be parted; half of any other cannot be delivered.
MEASURED = frozenset({"m", "kg", "l"})

#: Of what is sold by the piece, each of them is one: a can of spray, a roll of tape.
PIECES = frozenset({"can", "bottle", "tube", "roll"})

_MEANING = {word: unit for unit, words in _WORDS.items() for word in words.split()}


def _pattern(words: list[str]) -> str:
    # The longer ones first, so that `pcs` is not read as `pc`; the dot of `Stk.` belongs to it.
    return rf"(?:{'|'.join(sorted(words, key=len, reverse=True))})(?!\w)\.?"


#: Matches the word of any unit.
UNIT = _pattern(list(_MEANING))

#: Matches the word of a unit that is counted, not measured.
COUNTED = _pattern([word for word, unit in _MEANING.items() if unit not in MEASURED])


def unit_named(word: str) -> str:
    """Return our word for a unit, or nothing when the word means none.

    >>> unit_named("Stk.")
    'pcs'
    """
    return _MEANING.get(re.sub(r"[\s.]+", "", word).lower(), "")
