"""In which columns the embedded ERP keeps tickets, comments, articles, mails and messages."""

from tasks.adapters.field_map import Field, FieldMap, reference
from tasks.messaging.contracts import Article, Comment, Mail, SentMessage, Ticket

#: the version is a count there
TICKETS = FieldMap(
    Ticket,
    "erp_ticket",
    reference("id", "ticket"),
    Field("key"),
    Field("title"),
    Field("text"),
    reference("customer", "customer", "customer_id"),
    Field("requester"),
    Field("priority"),
    Field("tags", read=frozenset, write=sorted),
    Field("due"),
    Field("state"),
    reference("assignee", "person", "assignee_id"),
    Field("opened_at"),
)

COMMENTS = FieldMap(
    Comment,
    "erp_ticket_comment",
    reference("id", "comment"),
    Field("key"),
    reference("ticket", "ticket", "ticket_id"),
    Field("text"),
    Field("public"),
    Field("written_at"),
)

ARTICLES = FieldMap(
    Article,
    "erp_article",
    reference("id", "article"),
    Field("title"),
    Field("text"),
    Field("tags", read=frozenset, write=sorted),
    Field("language"),
)

MAILS = FieldMap(
    Mail,
    "erp_mail",
    Field("key"),
    reference("uid", "mail"),
    Field("raw"),
)

#: the id is the Message-ID of an e-mail, and made of the row's number for others
SENT_MESSAGES = FieldMap(
    SentMessage,
    "erp_message",
    Field("key"),
    Field("channel"),
    Field("to", "recipients"),
    Field("sent_at"),
)
