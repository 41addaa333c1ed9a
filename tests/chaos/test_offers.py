"""The offer workflow under the monkey: each clear mail becomes one offer, and none becomes two."""

import sqlite3
import sys
from collections import Counter
from itertools import count

import pytest
import yaml

from tasks.messaging.mail_reading import EmailInput, read_email
from tasks.samples import sample_mails
from tasks.workflows.offers import email_from_file
from tests.chaos.monkey import OPEN_RUNS, strike
from tests.chaos.sites import first_over
from tests.chaos.world import World, Worlds
from tests.repository import ROOT

SECONDS = 10.0
POOLS = ("billing", "inventory", "messaging", "scheduling")


class Mails:
    """Has offers made of the clear sample mails, which come again and again as new ones."""

    def __init__(self, world: World) -> None:
        self.keys: set[str] = set()
        self._world = world
        self._rounds = ((number, name) for number in count() for name in clear_mails())

    def turn(self) -> None:
        """Let another mail come if too few runs are open."""
        if len(self._world.open_keys()) >= OPEN_RUNS:
            return
        number, name = next(self._rounds)
        raw = email_from_file(sample_mails() / name).raw or ""
        mail = EmailInput(raw=raw.replace("Message-ID: <", f"Message-ID: <{number}.", 1))
        self.keys.add(read_email(mail).key)
        self._world.producer.ask("offers", {"email": mail.model_dump(mode="json")})


def clear_mails() -> list[str]:
    expected = ROOT / "tests" / "unit" / "offers" / "expected.yaml"
    known = yaml.safe_load(expected.read_text(encoding="utf-8"))
    return [name for name, what in known.items() if "asks" not in what]


def offers_in_the_erp(world: World) -> Counter[str]:
    """Ask the ERP's own database, not the ledger."""
    with sqlite3.connect(world.folder / "erp.db") as connection:
        kept = connection.execute("SELECT reference FROM erp_offer").fetchall()
    connection.close()
    return Counter(reference for (reference,) in kept)


@pytest.mark.timeout(150)
@first_over("postgresql")
def test_each_mail_becomes_one_offer_whatever_the_monkey_does(
    make_world: Worlds, seed: int
) -> None:
    world = make_world("tasks", max_losses=1000)
    world.start(*POOLS)
    mails = Mails(world)

    strike(world, seed, SECONDS, mails.turn)

    sys.stdout.write(f"seed {seed}: {len(mails.keys)} mails\n{world.described()}")
    assert {run.state for run in world.coordinator.runs(limit=10_000)} == {"succeeded"}
    assert offers_in_the_erp(world) == dict.fromkeys(mails.keys, 1)
