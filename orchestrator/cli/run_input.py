"""The input of a run as the command line gives it: `--set` and `--input`."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.errors import InvalidInput

if TYPE_CHECKING:
    from orchestrator.workflow import Workflow

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="One input; JSON where it parses, else text. Repeat it."
    ),
]
InputOption = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="FILE",
        help="All inputs from a JSON or YAML file, - for standard input; a file of another kind "
        "is the one input the workflow takes.",
    ),
]

_DOCUMENTS = (".json", ".yaml", ".yml")


def read_input(
    workflow: "Workflow", file: str | None, assignments: Iterable[str]
) -> dict[str, Any]:
    """Return the input that a command line gives; `--set` wins over the file.

    Raises:
        InvalidInput: the file cannot be read or an assignment is none.
    """
    from_file = {} if file is None else _from_file(workflow, file)
    return {**from_file, **parse_assignments(assignments)}


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Return what `NAME=VALUE` texts say.

    Raises:
        InvalidInput: one of them has no name or no `=`.

    >>> parse_assignments(["order=1042", "country=FI"])
    {'order': 1042, 'country': 'FI'}
    """
    values = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        if not separator or not name:
            raise InvalidInput(f"{assignment!r} sets nothing: write NAME=VALUE")
        values[name] = _value(text)
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text


def _no_constant(name: str) -> None:
    """Refuse `NaN` and `Infinity`, which Python reads and JSON does not have.

    Raises:
        ValueError: always.
    """
    raise ValueError(name)


def read_mapping(file: str) -> dict[str, Any]:
    """Return the mapping in a JSON or YAML file, `-` for standard input.

    Raises:
        InvalidInput: it cannot be read, or holds something else.
    """
    return _mapping(_content(file), file)


def _from_file(workflow: "Workflow", file: str) -> dict[str, Any]:
    content = _content(file)
    if file != "-" and Path(file).suffix.lower() not in _DOCUMENTS:
        return {_only_input(workflow, file): content}
    return _mapping(content, file)


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file!r} cannot be read: {error.strerror}") from error


def _mapping(content: bytes, file: str) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(content)  # JSON is YAML
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InvalidInput(f"{file!r} is neither JSON nor YAML: {problem}") from error
    if not isinstance(document, dict):
        raise InvalidInput(
            f"{file!r} holds a {type(document).__name__}, and an input is a mapping of names"
        )
    return document


def _only_input(workflow: "Workflow", file: str) -> str:
    from orchestrator.validation.run_input import names_of_input

    names = names_of_input(workflow)
    if names is None or len(names) != 1:
        takes = "anything" if names is None else f"{', '.join(sorted(names)) or 'no input'}"
        raise InvalidInput(
            f"{file!r} is neither JSON nor YAML, and can be the input only of a workflow that "
            f"takes one; {workflow.name!r} takes {takes}"
        )
    return names.pop()
