"""Production on Tryton: recipes, orders, work, checks and what all of it costs.

production_orders ─▶ planning, scrapping, labour, floor ─▶ order_records
       │                                    │
       └─▶ inspecting ◀─ quality            └─◀ work_centres
"""

from tasks.adapters.tryton.production.maps import FIELD_MAPS

__all__ = ["FIELD_MAPS"]
