"""Tasks that write to the ledger's own database, and can be broken at the worst moment."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from orchestrator import Attempt, Transaction, failpoints, task
from orchestrator.ledger import Ledger
from tests.toy import diary


class _Base(DeclarativeBase):
    pass


class Effect(_Base):
    """What an attempt did."""

    __tablename__ = "toy_effects"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    attempt: Mapped[int]


def prepare(ledger: Ledger) -> None:
    """Make the table, unless it is there."""
    _Base.metadata.create_all(ledger.engine)


def effects(ledger: Ledger, run_id: str) -> list[int]:
    """Return the attempts of a run's steps that had an effect, in their order."""
    query = sa.select(Effect.attempt).where(Effect.key.startswith(run_id)).order_by(Effect.id)
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def write(transaction: Transaction, attempt: Attempt) -> None:
    """Write an effect."""
    row = sa.insert(Effect).values(key=attempt.key, attempt=attempt.number)
    transaction.connection.execute(row)


@task("toy.book")
def book(transaction: Transaction, attempt: Attempt, trap: str = "") -> int:
    """Write an effect; on the first attempt fall into a trap as soon as that is written."""
    with diary.noted(attempt):
        write(transaction, attempt)
        if trap and attempt.number == 1:
            failpoints.arm(trap)
    return attempt.number


@task("toy.book_and_fail")
def book_and_fail(transaction: Transaction, attempt: Attempt, times: int = 1) -> int:
    """Write an effect, and fail so often."""
    write(transaction, attempt)
    if attempt.number <= times:
        raise RuntimeError("second thoughts")
    return attempt.number


@task("toy.book_and_commit")
def book_and_commit(transaction: Transaction, attempt: Attempt) -> None:
    """Do what no task may."""
    write(transaction, attempt)
    transaction.connection.commit()


@task("toy.book_by_session")
def book_by_session(transaction: Transaction, attempt: Attempt) -> int:
    """Write an effect as an object."""
    with Session(transaction.connection) as session:
        session.add(Effect(key=attempt.key, attempt=attempt.number))
        session.flush()
    return attempt.number


@task("toy.execute")
def execute(statement: str, transaction: Transaction, attempt: Attempt) -> None:
    """Write an effect, then execute some SQL."""
    write(transaction, attempt)
    transaction.connection.exec_driver_sql(statement)
