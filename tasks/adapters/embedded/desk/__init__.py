"""How the embedded ERP hears from customers and helps them: mails, messages, tickets, articles."""

from tasks.adapters.embedded.desk.maps import ARTICLES, COMMENTS, MAILS, SENT_MESSAGES, TICKETS

FIELD_MAPS = (TICKETS, COMMENTS, ARTICLES, MAILS, SENT_MESSAGES)
