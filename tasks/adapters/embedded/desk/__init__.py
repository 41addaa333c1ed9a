"""How the embedded ERP helps customers: tickets, and the articles that answer them."""

from tasks.adapters.embedded.desk.maps import ARTICLES, COMMENTS, TICKETS

FIELD_MAPS = (TICKETS, COMMENTS, ARTICLES)
