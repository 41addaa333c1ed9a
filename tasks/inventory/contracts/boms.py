"""What a product is made of and how, one level at a time."""

from decimal import Decimal
from typing import Annotated, Protocol

from pydantic import Field

from tasks.values import Id, Quantity, Value

__all__ = ["BillOfMaterials", "BillOperation", "Component"]


class Component(Value):
    """A line of a bill of materials."""

    #: of a phantom, the id that `components` takes: the catalogue may not have it
    product: Id
    #: so much of it, without scrap, goes into `per` of what is made
    quantity: Quantity
    #: in the unit of what is made, more than zero
    per: Quantity
    #: percent that is taken on top, since it is lost in making: 5 of 100 makes 105
    scrap_percent: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    #: never made nor stored for itself: its own components stand in its place
    phantom: bool = False


class BillOperation(Value):
    """A piece of work that making a product takes."""

    name: str
    work_centre: Id
    #: once an order, whatever its size
    setup_hours: Decimal = Decimal(0)
    #: for one, in the unit of what is made
    hours: Decimal

    def hours_for(self, quantity: Quantity) -> Decimal:
        """Return the hours that so many take, in the unit of what is made."""
        return self.setup_hours + self.hours * quantity.amount


class BillOfMaterials(Protocol):
    """The recipes: whoever wants all levels of one asks for each in turn."""

    def components(self, product: Id) -> list[Component]:
        """Return what goes into a product or a phantom directly; nothing when it is bought.

        Raises:
            NotFound: no product has this id.
        """
        ...

    def operations(self, product: Id) -> list[BillOperation]:
        """Return the work it takes, in the order it is done; nothing when it is bought.

        Raises:
            NotFound: no product has this id.
        """
        ...
