"""What commands begin with: the settings, the application, the coordinator."""

from typing import TYPE_CHECKING

from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from orchestrator.application import Application
    from orchestrator.coordinator import Coordinator
    from orchestrator.settings import Settings


def settings(home: "Path | None" = None) -> "Settings":
    """Return the settings of this environment.

    Raises:
        ConfigurationError: a variable has a wrong value.
    """
    from pydantic import ValidationError

    from orchestrator.settings import Settings

    try:
        return Settings(home=home) if home is not None else Settings()
    except ValidationError as error:
        raise ConfigurationError("; ".join(map(_sentence, error.errors()))) from error


def application() -> "Application":
    """Return the tasks and workflows of this environment."""
    from orchestrator.application import Application

    return Application.load(settings())


def coordinator() -> "Coordinator":
    """Return the verbs, on the broker and the ledger of this environment."""
    from orchestrator.coordinator import Coordinator

    return Coordinator(settings())


def _sentence(problem: "ErrorDetails") -> str:
    name = "_".join(str(part) for part in problem["loc"]).upper()
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"ORCHESTRATOR_{name} is {problem['input']!r}: {message}"
