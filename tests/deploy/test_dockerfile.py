"""deploy/Dockerfile: linted, not root, and built from what .dockerignore lets through."""

import re
from fnmatch import fnmatch

from tests.repository import ROOT, assert_clean, program

DOCKERFILE = ROOT / "deploy" / "Dockerfile"


def instructions(name):
    """Return the arguments of every instruction of that name, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    return re.findall(rf"^{name} (.*)$", text, flags=re.MULTILINE)


def test_hadolint_has_nothing_to_say():
    assert_clean(program("hadolint"), str(DOCKERFILE))


def test_the_image_does_not_run_as_root():
    assert instructions("USER") == ["10001:10001"]


def test_the_image_starts_a_program_not_a_shell():
    assert instructions("CMD") == ['["orchestrator", "--help"]']
    assert instructions("ENTRYPOINT") == []


def test_the_final_stage_takes_the_environment_and_the_application_and_builds_nothing():
    final = DOCKERFILE.read_text(encoding="utf-8").rpartition("\nFROM ")[2]

    assert not re.search(r"\b(pip|apt-get|gcc)\b", final)


def test_every_file_the_image_copies_is_sent_to_the_builder():
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line.removeprefix("!") for line in ignore if line.startswith("!")]
    copied = [
        source
        for arguments in instructions("COPY")
        if not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    ]

    assert copied
    assert [source for source in copied if not any(fnmatch(source, kept) for kept in sent)] == []
    assert [source for source in copied if not (ROOT / source).exists()] == []
