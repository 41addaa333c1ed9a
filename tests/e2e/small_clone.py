"""A clone in small: our bootstrap, and dependencies that install without a network.

The dependencies are wheels of one module each, and the project builds itself, so
setting up is the real thing (venv, pip, stamp, exec) and takes two seconds.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
#: The Python that has made the environment of this test run: it has no dependencies.
BARE_PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
BOOTSTRAP = ("__init__.py", "__main__.py", "bootstrap.py", "environment.py")

PYPROJECT = """
[build-system]
requires = []
build-backend = "build"
backend-path = ["."]

[project]
name = "celery-orchestrator"
version = "1"
dependencies = ["runtime-part"]

[project.optional-dependencies]
offers = ["offers-part"]
test = ["celery-orchestrator[offers]", "pytest"]
"""
BUILD = """
import tomllib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    with open("pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    lines = ["Metadata-Version: 2.1", "Name: celery-orchestrator", "Version: 1"]
    lines += [f"Requires-Dist: {need}" for need in project["dependencies"]]
    for extra, needs in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {need}; extra == '{extra}'" for need in needs]
    info = "celery_orchestrator-1.dist-info/"
    name = "celery_orchestrator-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr(info + "METADATA", "\\n".join(lines))
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
CLI = """
import sys
def main():
    print(sys.prefix, *sys.argv[1:], sep="|")
    return 0
"""


class SmallClone:
    """A folder that starts as a fresh clone does."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.wheels = wheels
        package = folder / "orchestrator"
        (package / "cli").mkdir(parents=True)
        for name in BOOTSTRAP:
            shutil.copy(REPOSITORY / "orchestrator" / name, package / name)
        (package / "cli" / "__init__.py").write_text(CLI)
        (folder / "tests").mkdir()
        (folder / "deploy").mkdir()
        (folder / "deploy" / "constraints.txt").write_text("runtime-part==1\n")
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "build.py").write_text(BUILD)
        for name in ("runtime-part", "offers-part", "pytest"):
            self.publish(name)

    def publish(self, name: str) -> Path:
        """Put a wheel on the shelf; its module prints its arguments when it is run."""
        module = name.replace("-", "_")
        info = f"{module}-1.dist-info/"
        file = self.wheels / f"{module}-1-py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as wheel:
            wheel.writestr(f"{module}.py", "import sys; print(__name__, sys.argv[1:])")
            head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
            wheel.writestr(info + "METADATA", head)
            wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(info + "RECORD", "")
        return file

    def start(
        self, *arguments: str, python: tuple[str | Path, ...] = (BARE_PYTHON,), **environment: str
    ) -> subprocess.Popen[str]:
        """Run `python3 -m orchestrator …` in the clone, with nothing but the wheels."""
        return subprocess.Popen(
            [*python, "-m", "orchestrator", *arguments],
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": self.wheels.as_uri(),
                **environment,
            },
        )

    def run(
        self, *arguments: str, python: tuple[str | Path, ...] = (BARE_PYTHON,), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Start it and wait for its end."""
        with self.start(*arguments, python=python, **environment) as process:
            out, err = process.communicate(timeout=50)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)
