"""Callers' keys in Tryton's fields of one line: those take no line break, and no blank at an end.

What such a field would change is kept as JSON, and so is what could be taken for it.
"""

import json


def kept_key(key: str) -> str:
    """Return what a field keeps of a key.

    >>> kept_key("mail-1"), kept_key(" mail-1")
    ('mail-1', '" mail-1"')
    """
    as_it_is = key.isprintable() and key == key.strip() and not key.startswith('"')
    return key if as_it_is else json.dumps(key)


def key_of(kept: str | None) -> str:
    """Return the key that a field keeps; what a person wrote there is returned as it is.

    >>> key_of('" mail-1"'), key_of('"quoted" by hand')
    (' mail-1', '"quoted" by hand')
    """
    text = kept or ""
    if not text.startswith('"'):
        return text
    try:
        key = json.loads(text)
    except ValueError:
        return text
    return key if isinstance(key, str) else text
