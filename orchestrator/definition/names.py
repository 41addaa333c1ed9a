"""Names of steps that no definition has: elements of a map, and undoings.

    build[3]         the fourth element of the map `build`
    charge.undo      what undoes `charge`
    build[3].undo    what undoes that element

A defined step's name has neither brackets nor dots, so these meet none.
"""

import re

#: The longest name: 64 characters of a step, an index, and the ending.
LONGEST = 80

_NAME = re.compile(r"(?P<base>[a-z][a-z0-9_]*)(?:\[(?P<index>\d+)\])?(?P<undo>\.undo)?")


def element(name: str, index: int) -> str:
    """Return the name of one element of a map."""
    return f"{name}[{index}]"


def undoing(name: str) -> str:
    """Return the name of what undoes a step."""
    return f"{name}.undo"


def base(name: str) -> str:
    """Return the defined step that a name stems from.

    >>> base("build[3].undo")
    'build'
    """
    match = _NAME.match(name)
    return match["base"] if match else name


def undone(name: str) -> str | None:
    """Return the step that this one undoes; None where it undoes nothing."""
    return name.removesuffix(".undo") if name.endswith(".undo") else None


def index(name: str) -> int | None:
    """Return the place of an element in its map, or of the element that is undone."""
    match = _NAME.match(name)
    return int(match["index"]) if match and match["index"] else None
