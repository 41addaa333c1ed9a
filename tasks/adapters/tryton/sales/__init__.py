"""What is sold on Tryton: who buys, what there is, at what price, and the offers."""

from tasks.adapters.tryton.sales.maps import CUSTOMERS, OFFER_LINES, OFFERS, PEOPLE, PRODUCTS

FIELD_MAPS = (CUSTOMERS, PEOPLE, PRODUCTS, OFFERS, OFFER_LINES)
