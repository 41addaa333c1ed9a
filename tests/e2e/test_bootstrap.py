"""`python3 -m orchestrator …` sets itself up, once, in the clone, and spoils nothing."""

import ast
import tomllib
import zipfile
from pathlib import Path

import pytest

from orchestrator import bootstrap
from orchestrator.environment import STAMP, Environment
from tests.e2e.small_clone import BARE_PYTHON, REPOSITORY, SmallClone

INSTALLING = "installing the pinned dependencies"


@pytest.fixture
def clone(tmp_path: Path) -> SmallClone:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    return SmallClone(tmp_path / "a clone, [new]", wheels)


def test_a_bare_python_sets_itself_up_once_and_runs_the_command_there(clone: SmallClone) -> None:
    first = clone.run("demo", "--keep")
    second = clone.run("demo")

    assert first.stdout == f"{clone.folder}/.venv|demo|--keep\n", first.stderr
    assert INSTALLING in first.stderr
    assert second.stdout == f"{clone.folder}/.venv|demo\n"
    assert second.stderr == ""


def test_the_tests_are_installed_on_top_and_run_in_the_clone(clone: SmallClone) -> None:
    clone.run("demo")
    kept = clone.folder / ".venv" / "kept"
    kept.touch()

    tested = clone.run("test", "-k", "ledger")

    assert tested.stdout == "__main__ ['-k', 'ledger']\n", tested.stderr
    assert kept.exists()
    assert clone.run("demo").stderr == ""


def test_where_everything_is_installed_nothing_is_set_up(clone: SmallClone) -> None:
    packages = clone.wheels / "packages"
    for name in ("runtime-part", "offers-part"):
        with zipfile.ZipFile(clone.publish(name)) as wheel:
            wheel.extractall(packages)

    done = clone.run("demo", PYTHONPATH=str(packages))

    assert done.stdout.endswith("|demo\n")
    assert not (clone.folder / ".venv").exists()


def test_the_python_of_this_suite_needs_no_set_up() -> None:
    assert bootstrap.missing(REPOSITORY, "test") == []


def test_what_uv_installs_by_itself_is_enough_for_the_demo() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())

    assert project["dependency-groups"]["dev"] == [
        f"{project['project']['name']}[{bootstrap.EXTRAS['demo']}]"
    ]


def test_an_environment_of_somebody_else_is_left_alone(clone: SmallClone) -> None:
    theirs = clone.folder / ".venv" / "pyvenv.cfg"
    theirs.parent.mkdir()
    theirs.write_text("made by uv")

    done = clone.run("demo")

    assert done.stdout == f"{clone.folder}/.orchestrator/venv|demo\n", done.stderr
    assert list(theirs.parent.iterdir()) == [theirs]


def test_a_changed_pyproject_makes_the_environment_anew(clone: SmallClone) -> None:
    clone.run("demo")
    old = clone.folder / ".venv" / "old"
    old.touch()
    clone.publish("late-part")
    pyproject = clone.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"runtime-part"', '"late-part"'))

    done = clone.run("demo")

    assert INSTALLING in done.stderr
    assert done.returncode == 0
    assert not old.exists()


def test_a_set_up_that_was_killed_is_done_again(clone: SmallClone) -> None:
    with clone.start("demo") as process:
        assert process.stderr is not None
        process.stderr.readline()
        assert INSTALLING in process.stderr.readline()
        process.kill()

    done = clone.run("demo")

    assert INSTALLING in done.stderr
    assert done.stdout == f"{clone.folder}/.venv|demo\n"


def test_of_two_starts_at_once_one_installs_and_both_run(clone: SmallClone) -> None:
    with clone.start("demo") as one, clone.start("demo") as two:
        ends = [process.communicate(timeout=50) for process in (one, two)]

    assert [out for out, _ in ends] == [f"{clone.folder}/.venv|demo\n"] * 2
    assert sum(INSTALLING in err for _, err in ends) == 1


def test_an_environment_that_another_start_has_just_begun_is_ours(tmp_path: Path) -> None:
    begun = tmp_path / ".venv" / f"{STAMP}.new"
    begun.parent.mkdir()
    begun.touch()

    assert Environment.of(tmp_path).folder == begun.parent


def test_without_an_index_it_says_what_is_needed_and_tries_again_next_time(
    clone: SmallClone,
) -> None:
    shelf = clone.wheels / "offers_part-1-py3-none-any.whl"
    shelf.rename(shelf.with_suffix(".away"))

    failed = clone.run("demo")
    shelf.with_suffix(".away").rename(shelf)

    assert failed.returncode == bootstrap.UNAVAILABLE
    assert "it needs a network, or a package index" in failed.stderr
    assert "offers-part" in failed.stderr
    assert clone.run("demo").returncode == 0


def test_a_python_without_pip_uses_ensurepip(clone: SmallClone) -> None:
    without_packages = (BARE_PYTHON, "-S")

    done = clone.run("demo", python=without_packages)

    assert done.stdout == f"{clone.folder}/.venv|demo\n", done.stderr


def test_a_python_without_pip_and_ensurepip_says_what_to_install(
    clone: SmallClone, tmp_path: Path
) -> None:
    emptied = tmp_path / "debian" / "ensurepip"
    emptied.mkdir(parents=True)
    (emptied / "__init__.py").touch()  # a package with nothing in it, as Debian leaves it

    failed = clone.run("demo", python=(BARE_PYTHON, "-S"), PYTHONPATH=str(emptied.parent))

    assert failed.returncode == bootstrap.UNAVAILABLE
    assert "has neither pip nor ensurepip" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("module", ["__init__.py", "__main__.py"])
def test_an_old_python_can_read_the_sentence_that_it_is_too_old(module: str) -> None:
    source = (REPOSITORY / "orchestrator" / module).read_text()

    tree = ast.parse(source, feature_version=(3, 7))

    signatures = [node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not any(isinstance(node, ast.Subscript) for node in signatures)  # `list[str]` is 3.9
