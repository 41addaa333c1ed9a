"""In which columns the embedded ERP keeps customers, people, products, mails and documents."""

from functools import partial

from tasks.adapters.field_map import Field, FieldMap
from tasks.adapters.ids import id_of, number_of
from tasks.messaging.contracts import Document, Handover
from tasks.values import Customer, Person, Product


def _id(kind: str) -> Field:
    return Field("id", read=partial(id_of, kind), write=partial(number_of, kind))


CUSTOMERS = FieldMap(
    Customer, "erp_customer", _id("customer"), Field("code"), Field("name"), Field("vat")
)

PEOPLE = FieldMap(
    Person,
    "erp_person",
    _id("person"),
    Field("name"),
    Field("email"),
    Field("skills", read=frozenset, write=sorted),
)

PRODUCTS = FieldMap(
    Product,
    "erp_product",
    _id("product"),
    Field("code"),
    Field("name"),
    Field("unit"),
    Field("category"),
    Field("digits"),
)

HANDOVERS = FieldMap(
    Handover,
    "erp_handover",
    _id("handover"),
    Field("key"),
    Field("mail_key"),
    Field("subject"),
    Field("sender"),
    Field("reasons"),
    Field("opened_at"),
)

DOCUMENTS = FieldMap(
    Document,
    "erp_document",
    _id("document"),
    Field("key"),
    Field("record"),
    Field("name"),
    Field("media_type"),
    Field("size"),
    Field("sha256"),
    Field("attached_at"),
)
