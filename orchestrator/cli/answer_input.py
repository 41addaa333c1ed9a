"""An answer as the command line gives it: `--set`, `--input` or `--value`."""

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from orchestrator.cli.run_input import parse_assignments, read_mapping
from orchestrator.errors import InvalidAnswer

FieldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="One field of the answer; JSON where it parses, else text. Repeat it.",
    ),
]
AnswerFileOption = Annotated[
    str | None,
    typer.Option(
        "--input", metavar="FILE", help="The fields from a JSON or YAML file, - for standard input."
    ),
]
ValueOption = Annotated[
    str | None, typer.Option(metavar="JSON", help="The whole answer, where it has no fields.")
]


def read_answer(assignments: Iterable[str], file: str | None, value: str | None) -> Any:
    """Return the answer that a command line gives; `--set` wins over the file.

    Raises:
        InvalidInput: the file cannot be read or an assignment is none.
        InvalidAnswer: the value is no JSON, or stands beside fields.
    """
    fields = {**({} if file is None else read_mapping(file)), **parse_assignments(assignments)}
    if value is None:
        return fields or None
    if fields:
        raise InvalidAnswer("an answer has either a --value or fields, by --set and --input")
    try:
        return json.loads(value)
    except ValueError as error:
        raise InvalidAnswer(f"--value {value!r} is no JSON: {error}") from error
