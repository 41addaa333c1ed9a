"""Pydantic's findings as the ends of our sentences."""

from pydantic import ValidationError


def reason(error: ValidationError) -> str:
    """Return pydantic's first finding as the end of a sentence."""
    first, *others = error.errors()
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"][:1].lower() + first["msg"][1:]
    more = f" (and {len(others)} more)" if others else ""
    return f"{place + ': ' if place else ''}{message}{more}"
