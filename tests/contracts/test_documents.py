"""Documents: files kept with a record, byte for byte."""

import hashlib
import re

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.messaging.contracts import Document

DRAWING = bytes(range(256)) * 4


@pytest.fixture
def archive(real_erp):
    return real_erp.documents


@pytest.fixture
def record(real_erp):
    return real_erp.customers.by_name("Lahden Konepaja Oy")[0].id


@pytest.fixture
def attach(archive, record):
    """`attach(key="a", content=DRAWING)`: a file of the record."""

    def attach(key="a", content=DRAWING, name="plan.pdf", of=record):
        return archive.attach(key, of, name=name, media_type="application/pdf", content=content)

    return attach


def test_a_document_says_what_it_is(attach, record):
    document = attach()

    assert (document.key, document.record, document.name) == ("a", record, "plan.pdf")
    assert (document.media_type, document.size) == ("application/pdf", len(DRAWING))
    assert document.sha256 == hashlib.sha256(DRAWING).hexdigest()
    assert document.attached_at.tzinfo is not None


def test_it_is_read_byte_for_byte(archive, attach):
    assert archive.read(attach().id) == DRAWING
    assert archive.read(attach("b", b"").id) == b""


def test_it_is_found_again_and_travels_as_json(archive, attach):
    document = attach()

    assert archive.find("a") == document
    assert Document.model_validate_json(document.model_dump_json()) == document
    assert archive.find("b") is None


def test_a_key_attaches_once(archive, attach):
    first = attach()

    assert attach(content=b"other", name="other.pdf") == first
    assert archive.read(first.id) == DRAWING


def test_the_documents_of_a_record_come_oldest_first(archive, attach, record):
    documents = [attach(key) for key in "abc"]

    assert archive.attached_to(record) == documents
    assert archive.attached_to("customer:999999") == []


def test_what_is_removed_is_gone_and_its_key_free(archive, attach, record):
    gone = attach()

    archive.remove(gone.id)
    archive.remove(gone.id)

    assert archive.find("a") is None
    assert archive.attached_to(record) == []
    with pytest.raises(NotFound, match=re.escape(repr(gone.id))):
        archive.read(gone.id)
    assert attach(content=b"new").id != gone.id
    assert archive.read(archive.find("a").id) == b"new"


def test_ids_that_no_document_ever_had_are_said_back(archive):
    for verb in (archive.read, archive.remove):
        with pytest.raises(NotFound, match="'document:999999'"):
            verb("document:999999")


def test_a_record_that_is_not_there_gets_no_document(archive, attach):
    with pytest.raises(NotFound, match="'customer:999999'"):
        attach(of="customer:999999")

    assert archive.find("a") is None


def test_a_record_of_another_system_may_have_documents(archive, attach):
    document = attach(of="elsewhere:12")

    assert archive.attached_to("elsewhere:12") == [document]


def test_a_file_without_a_name_is_refused(attach):
    with pytest.raises(Rejected, match="no name"):
        attach(name=" ")


def test_a_file_that_is_too_large_is_refused(attach):
    with pytest.raises(Rejected, match="keep it elsewhere"):
        attach(content=bytes(25 * 1024 * 1024 + 1))
