"""In which columns the embedded ERP keeps customers, people, products, mails and documents."""

from tasks.adapters.field_map import Field, FieldMap, reference
from tasks.messaging.contracts import Document, Handover
from tasks.values import Customer, Person, Product

CUSTOMERS = FieldMap(
    Customer,
    "erp_customer",
    reference("id", "customer"),
    Field("code"),
    Field("name"),
    Field("vat"),
)

PEOPLE = FieldMap(
    Person,
    "erp_person",
    reference("id", "person"),
    Field("name"),
    Field("email"),
    Field("skills", read=frozenset, write=sorted),
)

PRODUCTS = FieldMap(
    Product,
    "erp_product",
    reference("id", "product"),
    Field("code"),
    Field("name"),
    Field("unit"),
    Field("category"),
    Field("digits"),
)

HANDOVERS = FieldMap(
    Handover,
    "erp_handover",
    reference("id", "handover"),
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
    reference("id", "document"),
    Field("key"),
    Field("record"),
    Field("name"),
    Field("media_type"),
    Field("size"),
    Field("sha256"),
    Field("attached_at"),
)
