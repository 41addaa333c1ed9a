"""What is made takes the same, costs the same and leaves the same on both ERPs.

An order is drawn, and what is done with it: all verbs, in and out of turn, with any amounts. After
each both must say the same, or refuse it both.

Where they may differ: Tryton books each piece in which a material was reserved for itself, and each
in whole cents. So the materials of an order that waited for some of them cost up to half a cent
more or less for each. What is made of them is worth the same: its cost is not rounded to cents.
"""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.adapters.company.files import rows
from tasks.inventory.contracts import CheckStage
from tasks.values import CENT, Quantity, Wanted
from tests.differential.scenarios import amount_of

pytestmark = pytest.mark.timeout(300)  # the first starts a server

MADE = [row["product"] for row in rows("boms") if row["product"]]
PEOPLE = [row["name"] for row in rows("people") if row["code"] in ("RSU", "OMA", "JPE", "LKO")]
#: what an order may touch
BOUGHT = sorted(
    {row["product"] for row in rows("supplier_prices")}
    & {row["component"] for row in rows("bom_lines")} - set(MADE)
)
TOUCHED = sorted({*MADE, *(row["component"] for row in rows("bom_lines"))} - {""})
UNITS = {row["code"]: row["unit"] for row in rows("products")}
START, DUE = dt.date(2026, 12, 1), dt.date(2026, 12, 18)

#: the ways that orders take, with what comes in between
LIVES = (
    "release reserve start work check finish",
    "release reserve start work scrap work check finish",
    "release reserve unreserve reserve start scrap check rework work check finish",
    "release reserve start work unwork bad check accept finish",
    "release reserve start cancel",
    "release reserve cancel",
    "release cancel",
    "reserve finish release start work scrap reserve start cancel work finish cancel",
    "release reserve start work bad finish rework work check finish",
    "release place reserve start scrap check finish",
    "release reserve buy reserve start work check finish",
    "release reserve buy reserve buy reserve start scrap work check finish",
)


class Shop:
    """What a scenario does with its order, on either side."""

    def __init__(self, both, chance, scenario):
        self.both, self.chance, self.key = both, chance, f"scenario {scenario}"
        self.code = chance.choice(MADE)
        self.turn = 0
        self.pieces = 0  #: in which materials may have been reserved, beside the first of each

    def plan(self):
        amount = amount_of(self.chance, self.code, most=100)

        def act(side):
            learn(side)
            product, quantity = self.product(side), self.quantity(amount)
            order = side.erp.production_orders.create(
                self.key, product, quantity, due=DUE, start=START
            )
            side.codes_of[order.id] = self.key
            return self.sorted(side, order)

        return self.both.agree(act)

    def product(self, side):
        return id_of(side, self.code)

    def quantity(self, amount):
        return Quantity(amount=amount, unit=UNITS[self.code])

    def sorted(self, side, answer):
        """Return an order or a reservation with its parts by code: each ERP has its own numbers."""
        parts = {"materials", "reserved", "missing"} & type(answer).model_fields.keys()
        in_turn = {
            name: tuple(sorted(getattr(answer, name), key=lambda one: side.codes_of[one.product]))
            for name in parts
        }
        return answer.model_copy(update=in_turn)

    def do(self, verb):
        self.turn += 1
        if verb == "buy":
            self.pieces += len(list(self.missing(self.both.sides[0])))
        special = getattr(self, f"_{verb}", None)
        if special is not None:
            return special()
        return self.both.agree(
            lambda side: self.sorted(
                side, getattr(side.erp.production_orders, verb)(self.order(side))
            )
        )

    def get(self, side):
        return self.sorted(side, side.erp.production_orders.get(self.order(side)))

    def order(self, side):
        return id_of(side, self.key)

    def _work(self):
        name, key = self.chance.choice(PEOPLE), f"{self.key} work {self.turn}"
        hours = (Decimal(self.chance.randint(1, 600)) / 60).quantize(Decimal("0.001"))
        on = START + dt.timedelta(days=self.chance.randrange(-400, 20))
        return self.both.agree(
            lambda side: side.erp.production_orders.book_work(
                key, self.order(side), id_of(side, name), hours=hours, on=on
            )
        )

    def _unwork(self):
        def act(side):
            for booking in side.erp.production_orders.work(self.order(side))[:1]:
                side.erp.production_orders.unbook_work(booking.id)
            return side.erp.production_orders.work(self.order(side))

        return self.both.agree(act)

    def _scrap(self):
        amount, key = Decimal(self.chance.randint(1, 9)), f"{self.key} scrap {self.turn}"
        return self.both.agree(
            lambda side: self.sorted(
                side,
                side.erp.production_orders.scrap(
                    key, self.order(side), self.quantity(amount), reason="burnt"
                ),
            )
        )

    def _buy(self):
        """Have something bought and received, whatever the order lacks; at any price."""
        code, key = self.chance.choice(BOUGHT), f"{self.key} buy {self.turn}"
        quantity = Quantity(amount=amount_of(self.chance, code, most=10_000), unit=UNITS[code])

        def act(side):
            procurement = side.erp.procurement
            for number, missing in enumerate(self.missing(side)):
                asked = f"{key} {number}"
                if side.codes_of[missing.product] in BOUGHT:
                    made = procurement.request(asked, missing.product, missing.quantity, due=DUE)
                    procurement.receive(made.id)
            made = procurement.request(key, id_of(side, code), quantity, due=DUE)
            return procurement.receive(made.id).state

        return self.both.agree(act)

    def missing(self, side):
        order = side.erp.production_orders.get(self.order(side))
        for item in self.sorted(side, order).materials:
            lacking = item.planned - item.reserved - item.consumed
            if lacking.amount:
                yield Wanted(product=item.product, quantity=lacking)

    def _rework(self):
        centre, key = self.chance.choice(rows("work_centres"))["name"], f"{self.key} {self.turn}"
        hours = Decimal(self.chance.randint(1, 40)) / 4

        def act(side):
            reworked = side.erp.production_orders.rework(
                key, self.order(side), id_of(side, centre), hours=hours, reason="crooked"
            )
            return self.sorted(side, reworked)

        return self.both.agree(act)

    def _check(self, *, good=True):
        key = f"{self.key} check {self.turn}"

        def act(side):
            order = self.order(side)
            found = []
            for stage in CheckStage:
                for plan in side.erp.quality.required(order, stage):
                    side.codes_of[plan.id] = plan.name
                    check = side.erp.quality.open(f"{key} {plan.name}", order, plan.id)
                    values = {p.name: _value(p, good=good) for p in plan.points}
                    found.append(side.erp.quality.record(check.id, values))
            return found

        return self.both.agree(act)

    def _bad(self):
        return self._check(good=False)

    def _accept(self):
        def act(side):
            worker = id_of(side, PEOPLE[0])
            checks = side.erp.quality.of(self.order(side))
            return [side.erp.quality.accept(check.id, worker) for check in checks[-1:]]

        return self.both.agree(act)

    def _place(self):
        at = dt.datetime(2026, 12, 7, 6, 0, tzinfo=dt.UTC)

        def act(side):
            for one in side.erp.work_centres.operations_of(self.order(side)):
                side.erp.work_centres.place(one.id, at)
            return self.operations(side)

        return self.both.agree(act)

    def operations(self, side):
        found = side.erp.work_centres.operations_of(self.order(side))
        side.codes_of.update({one.id: one.name for one in found})
        return found

    def look(self):
        """Compare all that an order can have touched."""
        self.both.agree(self.get)
        self.both.agree(self.operations)
        self.both.agree(lambda side: side.erp.production_orders.work(self.order(side)))
        self.both.agree(lambda side: side.erp.quality.of(self.order(side)))
        self.both.agree(lambda side: side.erp.stock.on_hand(self.products(side)))
        self.both.agree(lambda side: side.erp.stock.free(self.products(side)))
        for on in (START, DUE):
            self.both.agree(
                lambda side, on=on: side.erp.stock_moves.forecast(self.products(side), on)
            )

    def products(self, side):
        return [id_of(side, code) for code in TOUCHED]


def learn(side):
    """Ask once what products, people and work centres are called."""
    if id_of(side, MADE[0]):
        return
    known = [*side.erp.products.by_codes(TOUCHED).items()]
    known += [(person.name, person) for person in side.erp.people.all()]
    known += [(centre.name, centre) for centre in side.erp.work_centres.work_centres()]
    side.codes_of.update({record.id: name for name, record in known})


def id_of(side, name):
    return next((record for record, known in side.codes_of.items() if known == name), None)


def _value(point, *, good):
    known = [limit for limit in (point.low, point.high) if limit is not None]
    if not known:
        return Decimal(good)
    return known[0] if good else Decimal(-1)


@pytest.fixture
def shop(both, chance, scenario):
    return Shop(both, chance, scenario)


def test_whatever_is_done_with_an_order_both_do_it(both, chance, shop):
    shop.plan()
    for verb in chance.choice(LIVES).split():
        shop.do(verb)
        both.agree(shop.get)
    shop.look()

    costs = [side.erp.costing.of(shop.order(side)) for side in both.sides]
    assert costs[0].labour == costs[1].labour
    apart = abs(costs[0].material.amount - costs[1].material.amount)
    assert apart <= shop.pieces * CENT / 2
    both.agree(lambda side: side.erp.stock_moves.worth(shop.products(side)))
