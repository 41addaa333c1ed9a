"""Where a command's workflow comes from: the application by its name, or a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening

if TYPE_CHECKING:
    from orchestrator.workflow import Workflow

DefinitionArgument = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A workflow by name, or a JSON or YAML file.")
]


def definition(name_or_file: str) -> "Workflow":
    """Return the workflow that an argument means.

    Raises:
        UnknownWorkflow: it is no file, and nothing defines a workflow of this name.
        WorkflowError: the file is wrong.
    """
    from orchestrator.loading.definitions import load_file

    if is_file(name_or_file):
        return load_file(Path(name_or_file))
    return opening.application().workflow(name_or_file)


def is_file(name_or_file: str) -> bool:
    """Say whether an argument means a file, there or not."""
    from orchestrator.loading.definitions import SUFFIXES

    path = Path(name_or_file)
    return path.suffix in SUFFIXES or len(path.parts) > 1
