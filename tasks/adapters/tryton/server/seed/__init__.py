"""The sample company for a Tryton that is empty: that of the embedded ERP, from the same files.

What Tryton has no field for lies where a company would keep it:

| ours                    | in Tryton                                                           |
|-------------------------|---------------------------------------------------------------------|
| a unit                  | a `product.uom` with our code as its symbol, of its own category    |
| a category of products  | a `product.category` of that name, no accounting one                |
| a tax                   | an accounting `product.category`, with its accounts and its tax     |
| a price list's rules    | formulas, the most particular first: Tryton takes the first to fit  |
| a customer's domain     | a `party.contact_mechanism` of the type `website`                   |
| a VAT number            | a `party.identifier` without a type: Tryton checks those with one   |
| who looks after whom    | the employee of the customer's `sale.opportunity`                   |
| what somebody can do    | a `party.category` under `Skills`, of the employee's party          |
| scrap                   | more of the input, and a note of it, see `workshop`                 |
| a work centre           | a `production.work.center`, alone in its category, under `Workshop` |
| its days and places     | a note of the work centre                                           |
| an operation's minutes  | a note of the routing's step                                        |
| a check's stage, units  | a note of the `quality.control`                                     |
| what is scrapped        | goes to "Lost and Found", which the warehouse calls its waste       |
| the opening stock       | one entry of the general ledger; each movement after it has its own |

Each part looks up what it needs of the earlier ones by code, so all of them are read alone.
"""

from collections.abc import Callable

from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.seed.accounts import keep_books
from tasks.adapters.tryton.server.seed.catalogue import list_products
from tasks.adapters.tryton.server.seed.company import found_company
from tasks.adapters.tryton.server.seed.parties import know_parties
from tasks.adapters.tryton.server.seed.stock import count_stock
from tasks.adapters.tryton.server.seed.workshop import fit_out_workshop

#: in an order in which each finds what it builds on
PARTS: tuple[tuple[str, Callable[[Tryton], None]], ...] = (
    ("the company and its people", found_company),
    ("accounts, taxes and terms", keep_books),
    ("products and price lists", list_products),
    ("customers and suppliers", know_parties),
    ("work centres, bills of material and checks", fit_out_workshop),
    ("the stock", count_stock),
)


def fill(tryton: Tryton, tell: Callable[[str], None]) -> None:
    """Fill an empty Tryton.

    Args:
        tryton: with the modules that `modules.py` lists, and nothing in it.
        tell: told what is done next.
    """
    for name, part in PARTS:
        tell(f"seeding {name}")
        part(tryton)
