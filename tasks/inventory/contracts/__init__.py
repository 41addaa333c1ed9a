"""What inventory needs from the ERP: the catalogue, the stock, and the making of goods.

Everything that creates takes the caller's `key`: calling it again with the same key returns
what the first call made, whatever else is passed.
"""

from tasks.inventory.contracts.boms import BillOfMaterials, BillOperation, Component
from tasks.inventory.contracts.costing import Costing, ProductionCost
from tasks.inventory.contracts.procurement import Procurement, ProcurementRequest, ProcurementState
from tasks.inventory.contracts.production import (
    Material,
    ProductionOrder,
    ProductionState,
    Scrap,
    WorkBooking,
)
from tasks.inventory.contracts.production_orders import ProductionOrders
from tasks.inventory.contracts.products import ProductRepository
from tasks.inventory.contracts.quality import (
    CheckPlan,
    CheckPoint,
    CheckStage,
    CheckState,
    QualityCheck,
    QualityChecks,
)
from tasks.inventory.contracts.stock import (
    Delivery,
    DeliveryState,
    Reservation,
    StockLedger,
    StockMoves,
)
from tasks.values import Product, Quantity, Wanted

__all__ = [
    "BillOfMaterials",
    "BillOperation",
    "CheckPlan",
    "CheckPoint",
    "CheckStage",
    "CheckState",
    "Component",
    "Costing",
    "Delivery",
    "DeliveryState",
    "Material",
    "Procurement",
    "ProcurementRequest",
    "ProcurementState",
    "Product",
    "ProductRepository",
    "ProductionCost",
    "ProductionOrder",
    "ProductionOrders",
    "ProductionState",
    "QualityCheck",
    "QualityChecks",
    "Quantity",
    "Reservation",
    "Scrap",
    "StockLedger",
    "StockMoves",
    "Wanted",
    "WorkBooking",
]
