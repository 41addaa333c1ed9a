"""Exit codes, and the one place where an error of ours becomes a line and a code."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import typer
from typer.core import TyperGroup

from orchestrator import errors
from orchestrator.cli.brought import brought_commands


class Exit(IntEnum):
    """How a command ended; scripts rely on these numbers."""

    SUCCEEDED = 0
    FAILED = 1  #: the run failed or was cancelled, or a check found something
    USAGE = 2  #: the command, a definition, an input or a setting is wrong
    NOT_FOUND = 3  #: nothing has this name or id
    UNAVAILABLE = 4  #: the broker or the ledger does not answer
    TIMEOUT = 124  #: the run goes on, but we waited long enough
    INTERRUPTED = 130  #: Ctrl-C


LEGEND = (
    "Exit codes: 0 succeeded · 1 the run failed or was cancelled, or a check found something · "
    "2 the command, a definition, an input or a setting is wrong · 3 nothing has this name or id · "
    "4 the broker or the ledger does not answer · 124 timed out · 130 Ctrl-C."
)

#: The first that fits counts.
_CODES: tuple[tuple[type[errors.OrchestratorError], Exit], ...] = (
    (errors.RunNotFound, Exit.NOT_FOUND),
    (errors.StepNotFound, Exit.NOT_FOUND),
    (errors.ScheduleNotFound, Exit.NOT_FOUND),
    (errors.SessionNotFound, Exit.NOT_FOUND),
    (errors.WebhookNotFound, Exit.NOT_FOUND),
    (errors.ResourceNotFound, Exit.NOT_FOUND),
    (errors.UnknownWorkflow, Exit.NOT_FOUND),
    (errors.UnknownTask, Exit.NOT_FOUND),
    (errors.WorkflowError, Exit.USAGE),
    (errors.ConfigurationError, Exit.USAGE),
    (errors.Unavailable, Exit.UNAVAILABLE),
)


def code_of(error: errors.OrchestratorError) -> Exit:
    """Return the exit code that tells a script what kind of error this is."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)


@contextmanager
def translated() -> Iterator[None]:
    """Turn our errors into `error: …` and a code; any other is a bug and keeps its traceback."""
    try:
        yield
    except errors.OrchestratorError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(code_of(error)) from error


class Commands(TyperGroup):
    """The root of the commands: ours, and those that the application brings."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; ours come first."""
        return super().get_command(ctx, cmd_name) or brought_commands().get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        ours = super().list_commands(ctx)
        return [*ours, *(name for name in sorted(brought_commands()) if name not in ours)]

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with translated():
            return super().invoke(ctx)
