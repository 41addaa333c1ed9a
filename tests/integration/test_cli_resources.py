"""`orchestrator resources`: what there is, who holds it, and what an operator makes of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from orchestrator import Coordinator, ResourceManager, RunState, Settings
from orchestrator.cli.exits import Exit
from orchestrator.cli.root import app
from orchestrator.ledger.tables import events
from orchestrator.maintenance import Maintenance
from tests.integration.command_line import Run, document, install
from tests.integration.installation import Factory
from tests.waiting import eventually

RESOURCES = [
    {"name": "gateway", "type": "network", "capacity": 3},
    {"name": "mail-api", "type": "api_quota", "capacity": 100, "per": 60, "burst": 10},
    {"name": "migrations", "type": "lock"},
]
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture
def cli(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """An installation whose maintenance has never run."""
    monkeypatch.setenv("ORCHESTRATOR_RESOURCES", json.dumps(RESOURCES))
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


@pytest.fixture
def opened(cli: Run) -> Run:
    """One whose maintenance has told Redis of the resources."""
    maintenance = Maintenance(Settings())
    maintenance._permits.declare()
    maintenance._permits.sweep()
    maintenance._permits._door.shut()
    maintenance.close()
    return cli


@pytest.fixture
def manager(opened: Run) -> Iterator[ResourceManager]:
    coordinator = Coordinator()
    with ResourceManager(coordinator) as made:
        yield made
    coordinator.ledger.close()


def samples(text: str) -> dict[tuple[str, str], float]:
    """What Prometheus reads, by metric and resource."""
    return {
        (sample.name, sample.labels.get("resource", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def columns(text: str) -> list[list[str]]:
    return [re.split(r"  +", line) for line in text.splitlines()]


def told(name: str) -> list[dict[str, Any]]:
    """Return what the log says of all events of this name."""
    coordinator = Coordinator()
    query = sa.select(events.c.detail).where(events.c.name == name).order_by(events.c.id)
    with coordinator.ledger.read() as connection:
        found = [json.loads(text) for text in connection.execute(query).scalars()]
    coordinator.ledger.close()
    return found


def test_what_is_declared_is_listed_before_anything_runs(cli: Run) -> None:
    assert columns(cli("resources", "list").stdout) == [
        ["RESOURCE", "TYPE", "CAPACITY", "USED", "PEAK", "WAITING", "OLDEST", "SET BY"],
        ["gateway", "network", "3"],
        ["mail-api", "api_quota", "100/60 s"],
        ["migrations", "lock", "lock"],
    ]
    assert {event["resource"] for event in told("resource.declared")} == {
        *("gateway", "mail-api", "migrations")
    }


def test_where_nothing_is_declared_nothing_is_listed(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = install(tmp_path, sqlite_ledger_url, broker, monkeypatch)("resources", "list")

    assert (empty.stdout, empty.stderr) == ("", "no package declares a resource\n")


def test_a_resource_is_listed_with_its_use(opened: Run, manager: ResourceManager) -> None:
    manager.allocate("gateway", "backup", 2)

    _, gateway, quota, lock = columns(opened("resources", "list").stdout)

    assert gateway == ["gateway", "network", "3", "2", "2", "0"]
    assert quota[:5] == ["mail-api", "api_quota", "100/60 s", "0", "0"]
    assert lock[:5] == ["migrations", "lock", "lock", "0", "0"]


def test_a_resource_is_listed_for_programs(opened: Run, manager: ResourceManager) -> None:
    manager.allocate("gateway", "backup", 2)

    first, *_ = document(opened("resources", "list", "--json"))

    assert first["name"] == "gateway"
    assert first["declared"]["capacity"] == first["capacity"] == 3
    assert first["override"] is None
    assert (first["usage"]["used"], first["usage"]["peak"], first["usage"]["waiting"]) == (2, 2, 0)
    (holder,) = first["usage"]["holders"]
    assert (holder["id"].split()[0], holder["amount"]) == ("backup", 2)


def test_prometheus_reads_how_each_resource_is_used(opened: Run, manager: ResourceManager) -> None:
    manager.allocate("gateway", "backup", 2)
    opened("resources", "block", "migrations", "60")

    found = samples(opened("resources", "metrics").stdout)

    known = {name for name, _ in found}
    of_each = ("used", "capacity", "peak", "waiting", "oldest_wait", "over_by", "blocked_for")
    counted = ("grants", "reclaimed", "late", "republished", "stale_effects")
    assert known == {
        *(f"orchestrator_permits_{name}" for name in of_each),
        *(f"orchestrator_permits_{name}_total" for name in counted),
    }
    assert found["orchestrator_permits_used", "gateway"] == 2
    assert found["orchestrator_permits_capacity", "gateway"] == 3
    assert found["orchestrator_permits_capacity", "mail-api"] == 10
    assert found["orchestrator_permits_grants_total", "gateway"] == 1
    assert found["orchestrator_permits_used", "migrations"] == 0
    assert 50 < found["orchestrator_permits_blocked_for", "migrations"] <= 60
    assert found["orchestrator_permits_stale_effects_total", ""] == 0


def test_a_resource_is_shown_with_who_holds_it(opened: Run, manager: ResourceManager) -> None:
    held = manager.allocate("gateway", "backup", 2)

    shown = opened("resources", "show", "gateway").stdout.splitlines()

    assert shown[:3] == ["resource   gateway, network", "capacity   3", "used       2, 1 left"]
    assert re.fullmatch(rf"peak       2 at {TIME}", shown[3])
    assert shown[4] == "waiting    0"
    assert shown[5] == "granted    1, taken back from the dead 0"
    assert columns(shown[6]) == [["HOLDER", "AMOUNT", "SINCE", "SESSION"]]
    assert re.fullmatch(rf"{held.id} +2  {TIME}  caller:\w+", shown[7])
    assert document(opened("resources", "show", "gateway", "--json"))["usage"]["used"] == 2


def test_a_resource_that_nobody_holds_says_so(opened: Run) -> None:
    shown = opened("resources", "show", "migrations")

    assert shown.stderr == "nobody holds it\n"
    assert "used       0, 1000 left" in shown.stdout


def test_where_redis_knows_nothing_a_resource_is_shown_as_declared(cli: Run) -> None:
    cli("resources", "list")

    shown = cli("resources", "show", "gateway")

    assert "used       not known: Redis does not answer, or has granted nothing yet" in shown.stdout
    assert document(cli("resources", "show", "gateway", "--json"))["usage"] is None


def test_a_capacity_is_set_and_set_back(opened: Run, manager: ResourceManager) -> None:
    manager.allocate("gateway", "backup", 3)
    why = ("--by", "ada", "--reason", "they asked for it")

    said = opened("resources", "set", "gateway", "1", *why)

    assert said.stderr == "resource gateway has 1\n"
    assert columns(opened("resources", "list").stdout)[1][-1] == "ada: they asked for it"
    shown = opened("resources", "show", "gateway").stdout
    assert re.search(rf"^set        by ada at {TIME} UTC: they asked for it$", shown, re.MULTILINE)
    assert "\ncapacity   1\n" in shown
    assert "\ndeclared   3\n" in shown
    assert "\nover by    2\n" in shown
    override = document(opened("resources", "show", "gateway", "--json"))["override"]
    assert (override["capacity"], override["by"]) == (1, "ada")

    assert opened("resources", "set", "gateway", "declared").stderr == "resource gateway has 3\n"
    assert document(opened("resources", "show", "gateway", "--json"))["override"] is None
    first, second = told("resource.set")
    assert (first["resource"], first["from"], first["to"]) == ("gateway", 3, 1)
    assert (first["by"], first["reason"]) == ("ada", "they asked for it")
    assert (second["from"], second["to"]) == (1, 3)
    assert "@" in second["by"]


def test_what_is_set_while_redis_is_away_counts_when_it_comes(cli: Run) -> None:
    cli("resources", "list")

    said = cli("resources", "set", "gateway", "5", "--by", "ada").stderr

    assert said == "resource gateway has 5\n"
    assert columns(cli("resources", "list").stdout)[1][2] == "5"


@pytest.mark.parametrize(
    ("text", "code"),
    [("many", Exit.USAGE), ("1.5", Exit.USAGE), ("1000000000", Exit.USAGE), ("0", Exit.USAGE)],
)
def test_a_capacity_is_a_whole_number(opened: Run, text: str, code: Exit) -> None:
    said = opened("resources", "set", "gateway", text, code=code).stderr

    assert "is no capacity" in said or code is Exit.SUCCEEDED


def test_a_resource_is_blocked_and_goes_on(opened: Run, manager: ResourceManager) -> None:
    opened("resources", "list")

    said = opened("resources", "block", "gateway", "60", "--by", "ada", "--reason", "429")

    assert said.stderr == "nothing of resource gateway is granted for 60 s\n"
    shown = opened("resources", "show", "gateway").stdout
    assert re.search(r"^blocked    for (60\.0|59\.\d) s more$", shown, re.MULTILINE)
    (event,) = told("resource.blocked")
    assert event == {"resource": "gateway", "seconds": 60.0, "by": "ada", "reason": "429"}
    opened("resources", "block", "gateway", "0")
    assert manager.allocate("gateway", "backup").need == {"gateway": 1}


@pytest.mark.parametrize(("seconds", "code"), [("-1", Exit.USAGE), ("9999999", Exit.USAGE)])
def test_a_resource_is_blocked_for_30_days_at_most(opened: Run, seconds: str, code: Exit) -> None:
    opened("resources", "block", "gateway", "--", seconds, code=code)


def test_nothing_is_blocked_where_redis_has_to_be_told_first(cli: Run) -> None:
    cli("resources", "list")

    refused = cli("resources", "block", "gateway", "60", code=Exit.UNAVAILABLE)

    assert refused.stderr.startswith("error: domain 'main' grants nothing: ")
    assert told("resource.blocked") == []


def test_leases_are_listed_with_what_each_holds(opened: Run, manager: ResourceManager) -> None:
    both = manager.allocate({"gateway": 1, "mail-api": 4}, "backup")
    one = manager.allocate("gateway", "cleaning", 2)

    header, *rows = columns(opened("resources", "leases").stdout)

    assert header == ["HOLDER", "STATE", "HOLDS", "SINCE", "TOKEN"]
    held = {row[0]: (row[1], set(row[2].split(", ")), row[4]) for row in rows}
    assert held == {
        both.id: ("running", {"1 gateway", "4 mail-api"}, str(both.token)),
        one.id: ("running", {"2 gateway"}, str(one.token)),
    }
    assert len(document(opened("resources", "leases", "gateway", "--json"))) == 2
    listed = document(opened("resources", "leases", "--json"))
    (only,) = [each for each in listed if "mail-api" in each["need"]]
    assert (only["state"], only["need"]) == ("running", {"gateway": 1, "mail-api": 4})
    assert 0 < only["remaining"] <= Settings().lease_seconds


def test_where_nobody_holds_anything_no_lease_is_listed(opened: Run) -> None:
    assert opened("resources", "leases", "migrations").stderr == "nobody holds a permit\n"
    assert document(opened("resources", "leases", "--json")) == []


def test_what_somebody_outside_holds_is_taken_back(opened: Run, manager: ResourceManager) -> None:
    held = manager.allocate("gateway", "backup", 3)

    said = opened("resources", "free", held.id, "--by", "ada", "--reason", "it hangs")

    assert said.stderr == f"{held.id} holds no permits any more\n"
    assert manager.allocate("gateway", "cleaning", 3).token > held.token
    assert not manager.release(held.id)
    (event,) = told("permit.freed")
    assert event == {"request": held.id, "by": "ada", "reason": "it hangs"}


def test_who_holds_nothing_is_freed_of_nothing(opened: Run) -> None:
    refused = opened("resources", "free", "nobody", "--reason", "x", code=Exit.FAILED)

    assert refused.stderr == (
        "error: 'nobody' holds no permits: `orchestrator resources leases` shows who does\n"
    )
    assert told("permit.freed") == []


def test_whoever_frees_says_why(opened: Run) -> None:
    opened("resources", "free", "somebody", code=Exit.USAGE)
    opened("resources", "free", "somebody", "--reason", " ", code=Exit.USAGE)


@pytest.mark.parametrize(
    "command",
    [("show", "gatewy"), ("set", "gatewy", "3"), ("block", "gatewy", "3")],
    ids=lambda words: words[0],
)
def test_an_unknown_resource_is_not_found(opened: Run, command: tuple[str, ...]) -> None:
    said = opened("resources", *command, code=Exit.NOT_FOUND).stderr

    assert said.startswith("error: no resource is called 'gatewy'")


def test_a_step_whose_permits_are_taken_is_lost_and_done_again(install_embedded: Factory) -> None:
    toy = install_embedded(resources=[{"name": "gateway", "type": "network", "capacity": 1}])
    toy.start_maintenance()
    toy.start_pool(2)
    gate = toy.gate("held")
    hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"gateway": 1}}
    run = toy.submit([{"name": "holder", **hold}])
    toy.until_started(run, "holder")
    environment = toy.environment()

    def cli(*words: str) -> str:
        done = CliRunner().invoke(app, ["resources", *words], env=environment)
        assert done.exit_code == Exit.SUCCEEDED, done.output
        return done.stdout

    (lease,) = json.loads(cli("leases", "--json"))
    assert lease["id"] == f"{run.id}:holder:1"
    cli("free", lease["id"], "--by", "ada", "--reason", "its host hangs")

    toy.until_started(run, "holder", 2)
    (again,) = eventually(lambda: json.loads(cli("leases", "--json")))
    assert again["id"] == f"{run.id}:holder:2"
    assert again["token"] > lease["token"]
    gate.touch()
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert toy.steps(run)["holder"].attempts == 2
