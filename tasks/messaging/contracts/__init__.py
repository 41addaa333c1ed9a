"""What messaging needs from outside: mails in, messages out, the desk and its papers.

Everything that is written here takes a key, so that a step that is called twice writes once;
a mail server takes none, and the Message-ID must stand in for it: see `Attempt.key`.
"""

from tasks.messaging.contracts.documents import Document, Documents
from tasks.messaging.contracts.handovers import Handover, Handovers
from tasks.messaging.contracts.inbox import Email, Inbox, Mail
from tasks.messaging.contracts.knowledge import Article, KnowledgeBase
from tasks.messaging.contracts.messages import (
    Attachment,
    Channel,
    Messages,
    OutgoingMessage,
    SentMessage,
)
from tasks.messaging.contracts.tickets import (
    Comment,
    Ticket,
    TicketDraft,
    Tickets,
    TicketState,
)

__all__ = [
    "Article",
    "Attachment",
    "Channel",
    "Comment",
    "Document",
    "Documents",
    "Email",
    "Handover",
    "Handovers",
    "Inbox",
    "KnowledgeBase",
    "Mail",
    "Messages",
    "OutgoingMessage",
    "SentMessage",
    "Ticket",
    "TicketDraft",
    "TicketState",
    "Tickets",
]
