"""Discovery: import a user's packages and gather what they define."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from orchestrator.capacity.resources import Resource
from orchestrator.declare import Task
from orchestrator.errors import ConfigurationError
from orchestrator.settings import Settings
from orchestrator.workflow import Workflow

#: Installed distributions announce packages of tasks under this group.
ENTRY_POINTS = "orchestrator.packages"


def modules_of(settings: Settings) -> Iterator[ModuleType]:
    """Import every module of the packages that are named or announced, each once.

    Raises:
        ConfigurationError: a package is not there, or one of its modules fails to import.
    """
    announced = [point.value for point in entry_points(group=ENTRY_POINTS)]
    for package in dict.fromkeys((*settings.packages, *sorted(announced))):
        if _is_absent(package):
            if "packages" not in settings.model_fields_set and package not in announced:
                continue  # the default: whoever has no package named `tasks` did not ask for it
            raise ConfigurationError(
                f"package {package!r} is not there: ORCHESTRATOR_PACKAGES names the packages "
                "that define tasks, found from the current folder or installed"
            )
        yield from _walk(package)


class Found:
    """What has been gathered, and where: two places may not define one name."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.workflows: dict[str, Workflow] = {}
        self.providers: dict[Any, Callable[[], Any]] = {}
        self.resources: dict[str, Resource] = {}
        self.preloads: dict[str, list[Callable[[], Any]]] = {}
        self._places: dict[str, str] = {}

    def gather(self, module: ModuleType) -> None:
        """Add the tasks, providers, preloads, workflows and resources of a module."""
        for value in vars(module).values():
            if isinstance(value, Workflow):
                self.add_workflow(value, f"module {module.__name__!r}")
            elif isinstance(value, Resource):
                self.add_resource(value, f"module {module.__name__!r}")
            elif inspect.isroutine(value):
                self._add_function(value)

    def add_workflow(self, workflow: Workflow, place: str) -> None:
        """Add a workflow; the same one may be seen from several modules."""
        known = self.workflows.setdefault(workflow.name, workflow)
        self._refuse_second(f"workflow {workflow.name!r}", place, same=known == workflow)
        for resource in workflow.resources:
            self.add_resource(resource, f"workflow {workflow.name!r}")

    def add_resource(self, resource: Resource, place: str) -> None:
        """Add a resource; several workflows may declare the same."""
        known = self.resources.setdefault(resource.name, resource)
        self._refuse_second(f"resource {resource.name!r}", place, same=known == resource)

    def _add_function(self, function: Callable[..., Any]) -> None:
        place = f"{function.__module__}.{function.__qualname__}"
        marked = getattr(function, "__task__", None)
        if isinstance(marked, Task):
            known = self.tasks.setdefault(marked.name, marked)
            self._refuse_second(f"task {marked.name!r}", place, same=known is marked)
        kind = getattr(function, "__provides__", None)
        if kind is not None:
            factory = self.providers.setdefault(kind, function)
            name = getattr(kind, "__qualname__", str(kind))
            self._refuse_second(f"the provider of {name}", place, same=factory is function)
        domain = getattr(function, "__preload__", None)
        if domain is not None and function not in self.preloads.setdefault(domain, []):
            self.preloads[domain].append(function)

    def _refuse_second(self, what: str, place: str, *, same: bool) -> None:
        first = self._places.setdefault(what, place)
        if not same:
            raise ConfigurationError(
                f"{what} is defined twice, by {first} and by {place}: rename one"
            )


def _is_absent(package: str) -> bool:
    try:
        return find_spec(package) is None
    except (ImportError, ValueError):  # a parent is absent, or no package; a name like ".x"
        return True


def _walk(package: str) -> Iterator[ModuleType]:
    root = _imported(package)
    yield root
    # By itself the walk passes over what it cannot import; each is imported here before it looks.
    for module in walk_packages(getattr(root, "__path__", ()), f"{package}."):
        if not module.name.endswith(".__main__"):  # importing that would run it
            yield _imported(module.name)


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:  # whatever a module's top level may raise
        raise ConfigurationError(
            f"module {name!r} fails to import: {type(error).__name__}: {error}"
        ) from error
