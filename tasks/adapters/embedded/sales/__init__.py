"""What is sold by the embedded ERP: who buys, what there is, at what price, and the offers."""

from tasks.adapters.embedded.sales.maps import CUSTOMERS, DOCUMENTS, HANDOVERS, PEOPLE, PRODUCTS

FIELD_MAPS = (CUSTOMERS, PEOPLE, PRODUCTS, HANDOVERS, DOCUMENTS)
