"""What is sold on Tryton: who buys, what there is, at what price, and the offers.

| ours                  | in Tryton                                                             |
|-----------------------|-----------------------------------------------------------------------|
| a customer            | a `party.party`, unless it is one of us or only sells to us           |
| a person              | a `company.employee`; skills are categories of the party              |
| what an hour costs    | the employee's cost prices                                            |
| a product             | a `product.product`, in the unit it is sold by                        |
| a pack                | a larger `product.uom` of the same category                           |
| a price               | what the form of a sale to the customer says                          |
| an offer, its key     | a `sale.sale`, its `reference`                                        |
| who sells             | `quoted_by`                                                           |
| draft, sent, ordered  | draft, quotation, processing: the shipment and a draft invoice follow |
| a handover, its key   | a `sale.opportunity` with a file `handover.json`, its `reference`     |
| a document            | an `ir.attachment`; its `link` says the key and what has no field     |
"""

from tasks.adapters.tryton.sales.maps import CUSTOMERS, OFFER_LINES, OFFERS, PEOPLE, PRODUCTS

FIELD_MAPS = (CUSTOMERS, PEOPLE, PRODUCTS, OFFERS, OFFER_LINES)
