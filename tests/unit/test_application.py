import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import Application, Settings
from orchestrator.errors import ConfigurationError, UnknownTask, UnknownWorkflow, WorkflowError

TASKS = """
from orchestrator import Provided, Step, Workflow, provides, task

class Clock: ...

@provides(Clock)
def clock() -> Clock:
    return Clock()

@task("{domain}.wind_clock")
def wind_clock(clock: Provided[Clock]) -> int:
    return 1

wind = Workflow(name="{domain}", steps=(Step(name="wind", task="{domain}.wind_clock"),))
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """The folder of a user's project, which is the current one; what it defines is forgotten."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORCHESTRATOR_PACKAGES", raising=False)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(project: Path, **modules: str) -> None:
    """Write modules: `shop__garden__steps="..."` is shop/garden/steps.py."""
    for name, text in modules.items():
        file = project.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        for folder in [file.parent, *file.parent.parents]:
            if folder != project and folder.is_relative_to(project):
                (folder / "__init__.py").touch()
        file.write_text(text)


def load(*packages: str) -> Application:
    return Application.load(Settings(packages=packages))


def test_a_package_is_searched_to_its_last_module(project):
    write(project, shop1__garden__steps=TASKS.format(domain="garden"))

    application = load("shop1")

    assert list(application.tasks) == ["garden.wind_clock"]
    assert list(application.workflows) == ["garden"]
    assert [kind.__name__ for kind in application.providers] == ["Clock"]
    assert application.domains == ("garden",)
    assert application.task("garden.wind_clock").domain == "garden"
    assert application.workflow("garden").steps[0].name == "wind"


def test_what_is_imported_from_module_to_module_is_one_thing(project):
    write(
        project,
        shop2__steps=TASKS.format(domain="garden"),
        shop2__again="from shop2.steps import *",
    )

    assert list(load("shop2").tasks) == ["garden.wind_clock"]


def test_several_packages_make_one_application(project):
    write(
        project,
        shop3__steps=TASKS.format(domain="garden"),
        shop4=TASKS.format(domain="kitchen"),
    )

    assert load("shop3", "shop4").domains == ("garden", "kitchen")


def test_two_tasks_of_one_name_are_refused_with_both_places(project):
    text = TASKS.format(domain="garden")
    write(project, shop5__a=text.replace("wind =", "_ ="), shop5__b=text)

    with pytest.raises(
        ConfigurationError,
        match=r"task 'garden\.wind_clock' is defined twice, by shop5\.a\.wind_clock and by "
        r"shop5\.b\.wind_clock: rename one",
    ):
        load("shop5")


def test_two_providers_of_one_type_are_refused(project):
    text = "from orchestrator import provides\n@provides(int)\ndef {}() -> int:\n    return 1\n"
    write(project, shop6__a=text.format("one"), shop6__b=text.format("two"))

    with pytest.raises(
        ConfigurationError, match=r"provider of int is defined twice, by shop6\.a\.one"
    ):
        load("shop6")


def test_a_module_that_fails_to_import_names_itself(project):
    write(project, shop7__deep__steps="import nothing_of_this_name")

    with pytest.raises(
        ConfigurationError,
        match=r"module 'shop7\.deep\.steps' fails to import: ModuleNotFoundError",
    ):
        load("shop7")


def test_a_package_that_fails_to_import_is_not_passed_over(project):
    write(project, shop8__deep__steps="")
    (project / "shop8" / "deep" / "__init__.py").write_text("raise ImportError('no luck')")

    with pytest.raises(ConfigurationError, match=r"module 'shop8\.deep' fails to import"):
        load("shop8")


def test_a_main_module_is_not_run(project):
    write(project, shop9__steps="")
    (project / "shop9" / "__main__.py").write_text("raise SystemExit('was run')")

    assert load("shop9").tasks == {}


def test_a_named_package_that_is_not_there_is_refused(project):
    with pytest.raises(ConfigurationError, match=r"package 'no\.such' is not there"):
        load("no.such")


def test_an_installed_package_may_announce_itself(project):
    write(project, plugin1__steps=TASKS.format(domain="garden"))
    metadata = project / "plugin1-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin1\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[orchestrator.packages]\ngarden = plugin1\n")

    assert load().domains == ("garden",)


def test_workflow_files_are_part_of_the_application(project):
    folder = project / "flows"
    folder.mkdir()
    (folder / "a.yaml").write_text("name: from_file\nsteps: []")

    application = Application.load(Settings(packages=(), workflows=folder))

    assert list(application.workflows) == ["from_file"]


def test_a_file_and_a_module_may_not_define_one_workflow_differently(project):
    write(project, shop10__steps=TASKS.format(domain="garden"))
    (project / "a.yaml").write_text("name: garden\nsteps: []")

    with pytest.raises(
        ConfigurationError, match=r"workflow 'garden' is defined twice, by module 'shop10\.steps'"
    ):
        Application.load(Settings(packages=("shop10",), workflows=project))


def test_a_bad_workflow_file_is_told_as_such(project):
    (project / "a.yaml").write_text("name: garden")

    with pytest.raises(WorkflowError, match="field 'steps' is missing"):
        Application.load(Settings(packages=(), workflows=project))


def test_unknown_names_come_with_a_suggestion(project):
    write(project, shop11__steps=TASKS.format(domain="garden"))
    application = load("shop11")

    with pytest.raises(UnknownTask, match=r"'garden\.wind_clok', did you mean 'garden\.wind_clock"):
        application.task("garden.wind_clok")
    with pytest.raises(UnknownWorkflow, match="'gardn', did you mean 'garden'"):
        application.workflow("gardn")


def test_a_type_that_nobody_provides_is_told_with_the_way_out(project):
    write(project, shop12__steps=TASKS.format(domain="garden"))
    application = load("shop12")
    (clock,) = application.providers

    assert application.provider(clock)().__class__ is clock
    with pytest.raises(
        ConfigurationError, match=r"provides int: mark a factory with @provides\(in"
    ):
        application.provider(int)


#: Loads the defaults as a console script does, where no other folder has a package `tasks`.
SCRIPT = """
import sys
from pathlib import Path
from orchestrator import Application, Settings

sys.path = [entry for entry in sys.path if not Path(entry, "tasks").is_dir()]
print(Application.load(Settings()).domains)
"""


def loaded_elsewhere(folder: Path) -> str:
    script = folder / "bin" / "script.py"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    command = [sys.executable, str(script)]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_the_users_own_package_named_tasks_is_loaded_by_default(tmp_path):
    write(tmp_path, tasks__garden__steps=TASKS.format(domain="garden"))

    assert loaded_elsewhere(tmp_path) == "('garden',)"


def test_a_project_without_the_default_package_has_no_tasks(tmp_path):
    assert loaded_elsewhere(tmp_path) == "()"


def test_the_default_package_is_not_named_to_other_processes(monkeypatch):
    monkeypatch.delenv("ORCHESTRATOR_PACKAGES", raising=False)

    assert "ORCHESTRATOR_PACKAGES" not in Settings().environment()
    assert Settings(packages=("a", "b")).environment()["ORCHESTRATOR_PACKAGES"] == "a,b"


PRELOADS = """
from orchestrator import preload

@preload("{pool}")
def load_much() -> None:
    {body}
"""


def test_a_pool_loads_what_it_preloads_and_no_other_does(project):
    both = TASKS.format(domain="garden"), TASKS.format(domain="kitchen")
    body = "from pathlib import Path; Path('loaded').mkdir()"  # a second time it would fail
    load_much = PRELOADS.format(pool="garden", body=body)
    write(project, roomy1__a=both[0], roomy1__b=both[1], roomy1__c=load_much)
    write(project, roomy1__d="from roomy1.c import load_much")
    application = load("roomy1")

    application.preload("kitchen")
    assert not Path("loaded").exists()
    application.preload("garden")

    assert Path("loaded").is_dir()


def test_what_fails_to_preload_names_itself(project):
    broken = PRELOADS.format(pool="garden", body="import nothing_of_this_name")
    write(project, roomy2__steps=TASKS.format(domain="garden"), roomy2__more=broken)

    with pytest.raises(
        ConfigurationError,
        match=r"pool 'garden' cannot preload roomy2\.more\.load_much: ModuleNotFoundError: No",
    ):
        load("roomy2").preload("garden")


def test_a_preload_for_no_pool_is_refused(project):
    write(project, roomy3__steps=TASKS.format(domain="garden"))
    write(project, roomy3__more=PRELOADS.format(pool="gardens", body="pass"))

    with pytest.raises(
        ConfigurationError,
        match=r"roomy3\.more\.load_much is preloaded by pool 'gardens', and no task belongs to "
        r"that, did you mean 'garden'\?",
    ):
        load("roomy3")
