"""KnowledgeBase: articles by page, and a version that tells when one changed."""

import re

import pytest
from sqlalchemy import delete, insert, update

from tasks.adapters.company.files import rows
from tasks.adapters.embedded.desk.knowledge import Knowledge
from tasks.adapters.embedded.desk.tables import articles
from tasks.erp_errors import NotFound
from tasks.messaging.contracts import Article


@pytest.fixture
def knowledge(embedded):
    return embedded.knowledge


def test_pages_follow_each_other_until_all_was_read(knowledge):
    pages, last = [], ""
    while page := knowledge.articles(after=last, limit=5):
        pages.append(page)
        last = page[-1].id

    assert [len(page) for page in pages[:-1]] == [5] * (len(pages) - 1)
    read = [article for page in pages for article in page]
    assert read == knowledge.articles()
    numbers = [int(article.id.removeprefix("article:")) for article in read]
    assert numbers == sorted(set(numbers))


def test_an_article_says_what_was_written(knowledge):
    found = {article.title: article for article in knowledge.articles()}

    assert list(found) == [row["title"] for row in rows("articles")]
    article = found["Käyttämättömän tavaran palautus"]
    assert (article.language, article.tags) == ("fi", {"inside sales", "delivery", "return"})
    assert article.text.startswith("Käyttämättömän tuotteen voi palauttaa 30 päivän")
    assert knowledge.get(article.id) == article
    assert Article.model_validate_json(article.model_dump_json()) == article


def test_an_id_that_no_article_has_is_said_back(knowledge):
    for wrong in ("article:999999", "ticket:1", ""):
        with pytest.raises(NotFound, match=f"no article has the id {wrong!r}"):
            knowledge.get(wrong)


def test_the_page_after_one_that_was_taken_out_goes_on_where_it_stood(database):
    knowledge = Knowledge(database)
    first, second, third, *_ = knowledge.articles()
    with database.writing() as connection:
        connection.execute(delete(articles).where(articles.c.title == second.title))

    assert knowledge.articles(after=second.id, limit=1) == [third]
    assert knowledge.articles(after=first.id, limit=1) == [third]


def test_whatever_changes_an_article_changes_the_version(database):
    knowledge = Knowledge(database)
    one = articles.c.title == knowledge.articles()[0].title
    new = {"title": "New", "text": "", "tags": (), "language": "en"}
    changes = [
        update(articles).where(one).values(text="Rewritten."),
        update(articles).where(one).values(text="Rewritten!"),
        update(articles).where(one).values(tags=("a", "b")),
        update(articles).where(one).values(tags=("ab",)),
        update(articles).where(one).values(language="sv"),
        insert(articles).values(new),
        delete(articles).where(one),
    ]
    versions = [knowledge.version()]

    for change in changes:
        assert knowledge.version() == versions[-1]
        with database.writing() as connection:
            connection.execute(change)
        versions.append(knowledge.version())

    assert len(set(versions)) == len(versions)


def test_an_empty_knowledge_base_has_a_version_too(database):
    knowledge = Knowledge(database)
    with database.writing() as connection:
        connection.execute(delete(articles))

    assert knowledge.articles() == []
    assert re.fullmatch(r"\w+", knowledge.version())
