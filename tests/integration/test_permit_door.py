"""Permits are asked for at the very Redis that grants them, and at no other."""

from pathlib import Path

import pytest

from orchestrator.capacity.refusals import Closed, PermitsClosed
from orchestrator.ledger import Ledger
from orchestrator.ledger.permits import epochs
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.permits.door import Door, OtherServer, connect


def run_id(server: EmbeddedBroker) -> str:
    with connect(server.url) as client:
        return str(client.info("server")["run_id"])


def test_a_connection_leads_to_the_server_it_is_meant_for(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path / "one") as one, EmbeddedBroker(tmp_path / "other") as other:
        with connect(one.url, run_id(one)) as client:
            assert client.ping()

        with connect(other.url, run_id(one)) as client, pytest.raises(OtherServer):
            client.ping()


def test_a_redis_that_was_restarted_with_its_data_is_another(ledger: Ledger, home: Path) -> None:
    with EmbeddedBroker(home) as server:
        epochs.begin(ledger, None, run_id(server))
        door = Door(ledger, server.url)
        port = server.port
        server.stop()
        server.start(port)

        with pytest.raises(PermitsClosed) as refused, door.asking() as permits:
            permits.totals()

    assert refused.value.why is Closed.EPOCH
    door.shut()
