"""docker-compose.yml: valid, hardened, and starting what `orchestrator up` starts."""

import stat
from urllib.parse import urlsplit

import pytest

from orchestrator.local import services as local
from orchestrator.settings import Settings
from tests.deploy import compose
from tests.repository import ROOT, assert_clean, program


def test_the_file_follows_the_compose_specification():
    assert_clean(
        program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(compose.FILE)
    )


def test_compose_lint_finds_nothing_of_weight():
    # What it finds below that: images by tag. A digest is for who runs a registry.
    assert_clean(
        program("compose-lint"), "check", "--fail-on", "high", "--no-env", compose.FILE.name
    )


@pytest.mark.parametrize("name", compose.services())
def test_no_port_is_published_off_loopback(name):
    ports = compose.services()[name].get("ports", [])

    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", compose.services())
def test_a_container_has_no_root_and_nothing_to_write(name):
    service = compose.services()[name]

    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]  # noqa: S108  # the container's own
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True


@pytest.mark.parametrize("name", compose.services())
def test_a_container_has_limits(name):
    limits = compose.services()[name]["deploy"]["resources"]["limits"]

    assert limits.keys() == {"cpus", "memory", "pids"}


@pytest.mark.parametrize("name", compose.services().keys() - {"migrate"})
def test_whatever_keeps_running_says_whether_it_is_well(name):
    assert compose.services()[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", compose.services())
def test_a_service_scales_because_it_has_no_name_of_its_own(name):
    assert "container_name" not in compose.services()[name]


def test_the_broker_and_the_ledger_have_no_way_out():
    document = compose.document()

    assert document["networks"]["backend"] == {"internal": True}
    assert all(document["services"][name]["networks"] == ["backend"] for name in compose.SERVERS)


def test_the_broker_keeps_its_data_and_forgets_nothing():
    command = " ".join(compose.services()["valkey"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_no_password_is_in_a_url():
    urls = [
        value
        for service in compose.ours().values()
        for name, value in service["environment"].items()
        if name.endswith("_URL")
    ]

    assert urls
    assert [url for url in urls if "$" in url or urlsplit(url).password] == []


def test_a_password_has_no_default():
    assert compose.services()["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith(
        "${POSTGRES_PASSWORD:?"
    )


def test_whoever_reads_the_ledger_waits_for_its_migration():
    waiting = {
        name: compose.services()[name]["depends_on"] for name in [*compose.POOLS, "maintenance"]
    }

    assert all(
        needs["migrate"] == {"condition": "service_completed_successfully"}
        for needs in waiting.values()
    )


def test_every_pool_of_workers_has_a_service():
    pools = {path.stem for path in (ROOT / "workers").glob("*.py")} - {"__init__"}

    assert pools == compose.POOLS
    assert pools <= compose.services().keys()


def test_the_commands_are_those_that_orchestrator_up_starts(tmp_path):
    settings = Settings(home=tmp_path)
    started = local.services(settings, compose.POOLS, concurrency=4, flower_port=5555)

    commands = {service.name: [*service.argv[len(local.ORCHESTRATOR) :]] for service in started}
    composed = {name: service["command"][1:] for name, service in compose.ours().items()}

    # A container is closed by its network, so Flower may listen beyond its loopback there.
    commands["flower"][1:1] = ["--address", "0.0.0.0"]  # noqa: S104  # only compared
    assert composed == {**commands, "migrate": ["db", "upgrade"]}


def test_ci_can_run_the_tests():
    mode = (ROOT / ".ci" / "run").stat().st_mode

    assert mode & stat.S_IXUSR
