"""Every service of docker-compose.yml, started here with its command and its environment."""

import json
import os
from collections.abc import Iterator

import pytest

from orchestrator.local.broker import EmbeddedBroker
from orchestrator.local.process import tail
from tests.deploy import compose
from tests.deploy.native import Natives, NativeService, native
from tests.repository import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(240)

RUNNING = sorted(compose.ours().keys() - {"migrate"})
MAIL = ROOT / "tasks" / "samples" / "mails" / "01-plain-list.eml"


@pytest.fixture(scope="module")
def natives(tmp_path_factory, postgres_server) -> Iterator[Natives]:
    """Containers on a broker and a migrated ledger of their own."""
    folder = tmp_path_factory.mktemp("native")
    with (
        EmbeddedBroker(folder / "broker") as broker,
        postgres_server.database() as ledger,
        native(folder, broker=broker.url, ledger=ledger) as natives,
    ):
        natives.make("migrate").run()
        yield natives


@pytest.fixture(scope="module")
def stack(natives) -> dict[str, NativeService]:
    """One container of every service, as `docker compose up --wait` leaves them."""
    services = {name: natives.make(name) for name in RUNNING}
    for service in services.values():
        service.start()
    for service in services.values():
        become_healthy(service)
    return services


def become_healthy(service):
    eventually(lambda: service.is_running() and service.is_healthy(), within=90, every=0.5)


def test_a_migration_may_run_twice(natives):
    natives.make("migrate").run()


@pytest.mark.parametrize("name", RUNNING)
def test_a_service_is_well_by_the_check_of_the_file(stack, name):
    assert stack[name].is_healthy(), tail(stack[name].log)


def test_a_workflow_runs_through_the_four_pools(stack, tmp_path):
    run_input = tmp_path / "input.json"
    run_input.write_text(json.dumps({"email": {"raw": MAIL.read_text(encoding="utf-8")}}))

    printed = stack["maintenance"].run(
        "orchestrator", "run", "offers", "--input", str(run_input), "--watch", "--json"
    )

    run = json.loads(printed)
    assert run["state"] == "succeeded", run
    done = [step for step in run["steps"] if step["state"] == "succeeded"]
    assert {step["task"].partition(".")[0] for step in done} == compose.POOLS


@pytest.mark.parametrize("name", ["billing", "maintenance"])
def test_a_second_container_needs_nothing_but_its_command_and_ends_when_asked(stack, natives, name):
    second = natives.make(name)
    second.start()
    become_healthy(second)

    second.ask_to_stop()

    assert second.exit_code() == 0


def test_a_file_that_was_not_touched_for_a_while_is_a_sick_service(tmp_path):
    billing = Natives(tmp_path, broker="", ledger="").make("billing")
    assert not billing.is_healthy()

    billing.beat.touch()
    assert billing.is_healthy()

    a_minute_ago = billing.beat.stat().st_mtime - 60
    os.utime(billing.beat, (a_minute_ago, a_minute_ago))
    assert not billing.is_healthy()
