"""How a database with the sample company in it is made: Tryton's modules first, then the seed.

What a template is made by is all in here and in `seed/`: a change here makes new templates.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.installation import Installation
from tasks.adapters.tryton.server.places import Place, Postgres
from tasks.adapters.tryton.server.programs import ADMIN, Programs, free_port
from tasks.adapters.tryton.server.seed import fill

#: told what is done next
Tell = Callable[[str], None]

#: the name of a template's database
DATABASE = "erp"
#: Tryton asks PostgreSQL for the foreign keys of each of its 300 tables, by views that join more
#: of the catalogue's tables than the planner usually brings into an order of its own. In the order
#: they are written in, such a question takes up to 11 s instead of 10 ms, and the whole 6 minutes.
_PLANNER = ("join_collapse_limit=10", "jit=off")


def build(
    installation: Installation, place: Place, database: str, password: str, tell: Tell
) -> None:
    """Make a database with the company in it; one that failed half-way is removed.

    Args:
        installation: of Tryton.
        place: where.
        database: its name; nothing is there yet.
        password: its user `ADMIN` is to have.
        tell: told what is done next.

    Raises:
        Unavailable: a part of it failed; the message says which.
    """
    place.create(database)
    try:
        with tempfile.TemporaryDirectory(prefix="erp-") as folder:
            tell("setting up Tryton's database; this takes some minutes, once")
            patient = place.with_session(*_PLANNER) if isinstance(place, Postgres) else place
            Programs(installation, patient, Path(folder)).set_up(database, password)
            programs = Programs(installation, place, Path(folder))
            with programs.serving(free_port(), [database]) as server:
                # The count of the stock books some hundred moves in one call.
                address = Address(server.url, database, ADMIN, password)
                tryton = Tryton(address, answer_seconds=300)
                fill(tryton, tell)
                tryton.close()
    except BaseException:
        place.drop(database)
        raise
