"""References: how a step's inputs point at the run's input and at earlier results.

    $input.order          a field of the run's input
    $price.lines.0.total  a field of a result; a number is a place in a list
    $price                the whole result
    $item.sku             in a step with a map: a field of the element; `$index` is its place
    $$5.00                no reference: the text `$5.00`

A reference is a whole string; it may stand anywhere inside lists and mappings.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from orchestrator.errors import InvalidReference

#: The source that stands for the run's input.
INPUT = "input"

#: The sources that stand for the element of a map and its place in the list.
ITEM, INDEX = "item", "index"

#: No step may have one of these names.
RESERVED = frozenset({INPUT, ITEM, INDEX})

_REFERENCE = re.compile(r"\$([a-z][a-z0-9_]{0,63})((?:\.[^.\s]+)*)")


@dataclass(frozen=True)
class Reference:
    """Where a value comes from.

    Attributes:
        source: `input` or the name of a step.
        path: fields of objects and places in lists, from the outside in.
    """

    source: str
    path: tuple[str, ...] = ()

    @override
    def __str__(self) -> str:
        """Return the reference as it is written."""
        return "$" + ".".join((self.source, *self.path))


class Missing(LookupError):
    """A reference points at nothing: its source gave no result, or has no such field."""

    def __init__(self, reference: Reference, reason: str) -> None:
        self.reference = reference
        self.reason = reason
        super().__init__(reference, reason)

    @override
    def __str__(self) -> str:
        """Return the sentence."""
        return f"{str(self.reference)!r} points at nothing: {self.reason}"


def parse(text: str) -> Reference | None:
    """Return the reference a text is, or None for a plain text.

    >>> parse("$price.lines.0")
    Reference(source='price', path=('lines', '0'))

    Raises:
        InvalidReference: it begins with a single dollar sign but is no reference.
    """
    if not text.startswith("$") or text.startswith("$$"):
        return None
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise InvalidReference(
            f"{text!r} begins with a dollar sign but is no reference such as '$input.order' or "
            f"'$price.total': write {'$' + text!r} for the plain text"
        )
    return Reference(match[1], tuple(match[2].split(".")[1:]))


def references_in(value: object) -> Iterator[Reference]:
    """Find the references in a value, however deep, in the order they are written."""
    if isinstance(value, str):
        reference = parse(value)
        if reference is not None:
            yield reference
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references_in(inner)


def resolve(value: Any, *, run_input: Mapping[str, Any], results: Mapping[str, Any]) -> Any:
    """Return the value with each reference replaced by what it points at.

    Args:
        value: a step's input as its definition has it.
        run_input: the run's input, plain JSON.
        results: plain JSON by step name; a step without a result is absent.

    Raises:
        Missing: a reference points at nothing.
    """
    if isinstance(value, str):
        reference = parse(value)
        if reference is None:
            return value.removeprefix("$") if value.startswith("$$") else value
        return _look_up(reference, run_input, results)
    if isinstance(value, Mapping):
        return {
            key: resolve(inner, run_input=run_input, results=results)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [resolve(inner, run_input=run_input, results=results) for inner in value]
    return value


def _look_up(reference: Reference, run_input: Mapping[str, Any], results: Mapping[str, Any]) -> Any:
    if reference.source == INPUT:
        found: Any = run_input
    elif reference.source in results:
        found = results[reference.source]
    else:
        raise Missing(reference, f"step {reference.source!r} gave no result")
    for depth, key in enumerate(reference.path):
        try:
            found = _member(found, key)
        except LookupError:
            holder = Reference(reference.source, reference.path[:depth])
            raise Missing(reference, f"{str(holder)!r} has no {key!r}") from None
    return found


def _member(holder: Any, key: str) -> Any:
    if isinstance(holder, Mapping):
        return holder[key]
    if isinstance(holder, list) and key.isdecimal():
        return holder[int(key)]
    raise LookupError(key)
