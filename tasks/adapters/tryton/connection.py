"""A Tryton, connected: records, buttons, wizards and reports of its models.

    tryton = Tryton(Address.parse("http://admin@127.0.0.1:8000/erp"))
    party = tryton.get("party.party", 7, ["name"])
    tryton.write("party.party", [7], {"name": "Acme Oy"})
    tryton.press("sale.sale", "quote", [12]).state

Nothing is sent before the first call, which logs in. Threads may share one connection; a process
that forks opens its own.

Tryton checks what it is told to check and sets nothing by itself: `create` runs none of the
computations that a form of its own client would. `forms` asks for them first.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.buttons import Pressed, fits, pressed
from tasks.adapters.tryton.reports import Document
from tasks.adapters.tryton.rpc import ANSWER_SECONDS, PATIENCE_SECONDS, Rpc
from tasks.adapters.tryton.session import Session
from tasks.adapters.tryton.wire import Record
from tasks.adapters.tryton.wizards import Wizard
from tasks.erp_errors import Confirm, NotFound

#: conditions in Tryton's own form: `[("state", "=", "draft")]`
Domain = Sequence[Any]


class Tryton:
    """One database of a Tryton server, in the name of one user.

    Every method raises what `tasks.erp_errors` lists; `answers` says which for what.

    Args:
        address: where it is, and who we are.
        answer_seconds: how long an answer may take.
        patience: how many seconds a call is repeated that gets no lock.
    """

    def __init__(
        self,
        address: Address,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.address = address
        self._rpc = Rpc(address, answer_seconds=answer_seconds, patience=patience)
        self.session = Session(self._rpc)

    def call(self, method: str, *arguments: object, context: Record | None = None) -> Any:
        """Return what a method answers, such as `model.sale.sale.on_change`."""
        return self.session.call(method, *arguments, context=context)

    def close(self) -> None:
        """Log out and give the connections back."""
        self.session.close()
        self._rpc.close()

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        limit: int | None = None,
        order: Sequence[tuple[str, str]] | None = None,
        context: Record | None = None,
    ) -> list[Record]:
        """Return the records that fulfil the conditions; each has its `id` too.

        Args:
            model: such as `party.party`.
            domain: the conditions; all of them have to be fulfilled.
            fields: what to read; `party.name` follows a reference, and is found under `party.`.
            limit: at most so many.
            order: fields and `ASC` or `DESC`; the model's own order when absent.
            context: over the user's.
        """
        method = f"model.{model}.search_read"
        found: list[Record] = self.call(
            method, domain, 0, limit, order, list(fields), context=context
        )
        return found

    def get(
        self, model: str, number: int, fields: Sequence[str], *, context: Record | None = None
    ) -> Record:
        """Return one record.

        Raises:
            NotFound: there is none with this id that the user may see.
        """
        found = self.search_read(model, [("id", "=", number)], fields, limit=1, context=context)
        if not found:
            raise NotFound(f"Tryton has no {model} with the id {number}")
        return found[0]

    def only(self, model: str, domain: Domain, fields: Sequence[str] = ("id",)) -> Record:
        """Return the one record that fulfils the conditions.

        Raises:
            NotFound: none does, or more than one.
        """
        found = self.search_read(model, domain, fields, limit=2)
        if len(found) != 1:
            many = "more than one" if found else "no"
            raise NotFound(f"Tryton has {many} {model} with {list(domain)!r}")
        return found[0]

    def count(self, model: str, domain: Domain) -> int:
        """Return how many records fulfil the conditions."""
        return int(self.call(f"model.{model}.search_count", domain))

    def create(
        self, model: str, records: Sequence[Record], *, context: Record | None = None
    ) -> list[int]:
        """Write new records, all or none; return their ids in the same order."""
        made: list[int] = self.call(f"model.{model}.create", list(records), context=context)
        return made

    def write(
        self,
        model: str,
        ids: Sequence[int],
        values: Record,
        *,
        unless_changed: Mapping[int, str] | None = None,
    ) -> None:
        """Change records, all or none.

        Args:
            model: such as `party.party`.
            ids: which.
            values: by field.
            unless_changed: ids and the `_timestamp` that was read with each.

        Raises:
            Conflict: one of them was changed since its timestamp was read.
        """
        context = _stamps(model, unless_changed)
        self.call(f"model.{model}.write", list(ids), values, context=context)

    def delete(self, model: str, ids: Sequence[int]) -> None:
        """Delete records, all or none."""
        self.call(f"model.{model}.delete", list(ids))

    def press(
        self,
        model: str,
        button: str,
        ids: Sequence[int],
        *,
        accept: Collection[str] = (),
        unless_changed: Mapping[int, str] | None = None,
    ) -> Pressed:
        """Press a button, and look what state the records are in afterwards.

        A button may do nothing and answer with something to open instead: production's `do`
        does while an inspection is missing. So what it answers proves nothing.

        Args:
            model: such as `sale.sale`.
            button: its method, such as `quote`.
            ids: of the records.
            accept: names of warnings that are accepted; see `buttons.fits`.
            unless_changed: as in `write`.

        Raises:
            Confirm: Tryton warns of something that is not accepted.
        """
        method, context = f"model.{model}.{button}", _stamps(model, unless_changed)
        answer = self._accepting(accept, method, list(ids), context=context)
        found = self.search_read(model, [("id", "in", list(ids))], ["state"])
        return pressed(answer, {row["id"]: row["state"] for row in found})

    @contextmanager
    def wizard(
        self,
        name: str,
        *,
        model: str = "",
        ids: Sequence[int] = (),
        accept: Collection[str] = (),
        unless_changed: Mapping[int, str] | None = None,
    ) -> Iterator[Wizard]:
        """Open a wizard and take its first step; however the block ends, it is closed.

        Args:
            name: such as `account.invoice.pay`.
            model: of the records it is opened on.
            ids: of these records.
            accept: names of warnings that are accepted.
            unless_changed: as in `write`.
        """
        context: Record = dict(_stamps(model, unless_changed) or {})
        if ids:
            context |= {"active_model": model, "active_id": ids[0], "active_ids": list(ids)}

        def call(method: str, *arguments: object) -> Any:
            return self._accepting(accept, f"wizard.{name}.{method}", *arguments, context=context)

        with Wizard.opened(call) as wizard:
            yield wizard

    def report(self, name: str, model: str, ids: Sequence[int]) -> Document:
        """Print records.

        Args:
            name: of the report, such as `sale.sale`.
            model: of the records.
            ids: of the records.
        """
        about = {"model": model, "id": ids[0], "ids": list(ids)}
        answer = self.call(f"report.{name}.execute", list(ids), about)
        return Document.of_answer(answer)

    def _accepting(
        self, accept: Collection[str], method: str, *arguments: object, context: Record | None
    ) -> Any:
        """Call a method; accept the warnings with these names, each once, and call it again."""
        accepted: set[str] = set()
        while True:
            try:
                return self.call(method, *arguments, context=context)
            except Confirm as warning:
                # One that comes back although it is accepted would come back for ever.
                if warning.name in accepted or not fits(warning.name, accept):
                    raise
                accepted.add(warning.name)
                self._accept(warning.name)

    def _accept(self, name: str) -> None:
        accepted = {"user": self.session.login.user_id, "name": name, "always": False}
        self.create("res.user.warning", [accepted])


def _stamps(model: str, read: Mapping[int, str] | None) -> Record | None:
    if not read:
        return None
    return {"_timestamp": {f"{model},{number}": stamp for number, stamp in read.items()}}
