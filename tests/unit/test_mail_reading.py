"""A mail is read as its sender wrote it, and the same mail has the same key."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.messaging.contracts import Email
from tasks.messaging.html_text import text_of_html
from tasks.messaging.mail_keys import mail_key, message_id_for
from tasks.messaging.mail_reading import EmailInput, raw_text, read_email
from tasks.messaging.mail_text import own_text
from tasks.messaging.signatures import split_signature

MAIL = """\
Received: from relay.example; Mon, 16 Nov 2026 08:19:40 +0200
From: =?utf-8?q?J=C3=A4rvinen?= <Pekka@Putki.example>
Subject: =?utf-8?b?VGFyam91c3B5eW50w7Y=?=
Message-ID: <one@putki.example>
Date: Mon, 16 Nov 2026 08:12:04 +0200
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

12 kpl h=C3=A4rveli=0A

Terveisin
Pekka J=C3=A4rvinen
"""


def test_headers_and_text_are_decoded():
    email = read_email(EmailInput(raw=MAIL))

    assert (email.sender, email.sender_name) == ("pekka@putki.example", "Järvinen")
    assert email.subject == "Tarjouspyyntö"
    assert email.body == "12 kpl härveli"
    assert email.signature == "Pekka Järvinen"
    assert email.key == "one@putki.example"
    assert email.received_at.isoformat() == "2026-11-16T08:12:04+02:00"


def test_a_mail_may_be_given_in_parts():
    email = read_email(EmailInput(sender="Anna <A@x.example>", subject="Hi", body="5 pcs nut"))

    assert (email.sender, email.sender_name, email.body) == ("a@x.example", "Anna", "5 pcs nut")


def test_a_mail_is_raw_or_in_parts_but_not_both():
    with pytest.raises(ValidationError, match="give one"):
        EmailInput(raw=MAIL, sender="a@x.example")
    with pytest.raises(ValidationError, match="give one"):
        EmailInput()


def test_without_a_message_id_the_key_is_made_of_what_the_mail_says():
    one = EmailInput(sender="a@x.example", subject="ab", body="c")
    again = EmailInput(sender="a@x.example", subject="ab", body="c")
    other = EmailInput(sender="a@x.example", subject="a", body="bc")

    assert read_email(one).key == read_email(again).key
    assert read_email(one).key != read_email(other).key


def test_what_servers_add_does_not_make_another_mail():
    again = MAIL.replace("08:19:40", "09:01:00").replace("relay", "backup")

    assert raw_text(again.encode()) == raw_text(MAIL.encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "name", ["Message-ID: ", "message-id:", "Message-ID:\n ", "X-Spam: \xe4\nMessage-ID: "]
)
def test_the_key_of_a_mail_as_it_lies_there_is_that_of_reading_it(name, newline):
    mail = MAIL.replace("Message-ID: ", name).replace("\n", newline).encode("latin-1")

    assert mail_key(mail) == read_email(EmailInput(raw=raw_text(mail))).key == "one@putki.example"


def test_mails_without_a_message_id_have_the_same_key_if_their_bytes_are_the_same():
    mail, other = b"From: a@x.example\n\n5 nuts\n", b"From: a@x.example\n\n6 nuts\n"

    assert mail_key(mail) == mail_key(bytes(mail)) != mail_key(other)
    assert mail_key(b"").startswith("sha256-")


@given(st.binary(max_size=200))
@example(b"<")
def test_whatever_lies_there_has_a_key(content):
    assert mail_key(b"Message-ID: " + content)


@given(
    st.sampled_from(["From", "Sender", "Subject", "Date", "Message-ID", "Content-Type"]),
    st.text(alphabet='<>@.,;:"\\()[] \t=?abä\r\n', max_size=12),
)
@example("From", "a@b.example <")
@example("From", ",,<:q:")
@example("Sender", ".?u8:@f")
@example("From", "(\ta</t).?@")
@example("Message-ID", "<(u<8[)")
def test_whatever_a_field_says_the_mail_is_read(name, said):
    mail = f"Subject: nuts\n{name}: {said}\nX-Spam: no\n\n5 nuts\n".encode()

    assert read_email(EmailInput.model_validate(mail)).key


def test_a_message_id_that_python_does_not_get_through_is_kept_as_it_stands():
    mail = "Message-ID: <(u<8[)\nFrom: a@x.example\n\n5 nuts\n"

    assert read_email(EmailInput(raw=mail)).key == mail_key(mail.encode()) == "(u<8[)"


def test_a_header_that_is_not_ascii_is_read():
    email = read_email(EmailInput(raw="From: Järvinen <p@x.example>\nSubject: mänty\n\n5 nuts\n"))

    assert (email.sender, email.sender_name, email.subject) == ("p@x.example", "Järvinen", "mänty")


def test_what_a_key_sends_has_a_message_id_of_its_own():
    sent = message_id_for("run:confirm", "us.example")

    assert message_id_for("run:confirm", "us.example") == sent
    assert message_id_for("run:remind", "us.example") != sent
    assert mail_key(f"Message-ID: <{sent}>\n\n".encode()) == sent


def test_an_eight_bit_part_in_another_charset_is_kept():
    latin = (
        MAIL.replace(
            "utf-8\nContent-Transfer-Encoding: quoted-printable",
            "latin-1\nContent-Transfer-Encoding: 8bit",
        )
        .replace("=C3=A4", "ä")
        .replace("=0A", "")
    )

    email = read_email(EmailInput(raw=raw_text(latin.encode("latin-1"))))

    assert email.body == "12 kpl härveli"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_mail(noise):
    for message in (noise, b"From: a@x.example\nSubject: " + noise):
        email = read_email(EmailInput(raw=raw_text(message) or " "))

        assert "\0" not in email.body
        assert Email.model_validate_json(email.model_dump_json()) == email


def test_a_charset_that_nobody_knows_loses_no_letters_of_utf_8():
    raw = "From: a@x.example\nContent-Type: text/plain; charset=x-klingon\n\n5 pcs härveli"

    assert read_email(EmailInput(raw=raw)).body == "5 pcs härveli"


def test_attachments_are_named_and_not_read():
    raw = (
        "From: a@x.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nsee list\n"
        '--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename="list.csv"\n\n'
        "M8;5\n--b--\n"
    )

    email = read_email(EmailInput(raw=raw))

    assert (email.body, email.attachments) == ("see list", ("list.csv",))


@pytest.mark.parametrize(
    "quotation",
    [
        "On Fri, 13 Nov 2026 at 14:20, Mikko <m@p.example> wrote:\n> - 20 pcs old",
        "Am 13.11.2026 um 14:20 schrieb Mikko <m@p.example>:\n> - 20 Stk. alt",
        "pe 13. marrask. 2026 klo 14.20 Mikko (m@p.example) kirjoitti:\n> - 20 kpl vanha",
        "-----Original Message-----\nFrom: Mikko\nSent: Friday\n\n- 20 pcs old",
        "Lähettäjä: Mikko\nLähetetty: perjantai\n\n- 20 kpl vanha",
    ],
)
def test_what_is_quoted_is_not_asked_for_again(quotation):
    assert own_text(f"- 12 pcs new\n\n{quotation}") == "- 12 pcs new"


def test_the_lines_of_an_order_are_no_signature():
    text = "Please quote\n-12 pcs nut\n- 3 boxes mask"

    assert own_text(text) == text


def test_a_forwarded_mail_is_read_whole():
    text = "see below\n\n---------- Forwarded message ---------\nFrom: X\n\n> - 12 pcs nut"

    assert "- 12 pcs nut" in own_text(text, subject="Fwd: order")


@pytest.mark.parametrize(
    "sign_off", ["Best regards,", "Terveisin", "Mit freundlichen Grüßen", "BR", "--", "Mvh"]
)
def test_the_signature_begins_with_the_sign_off(sign_off):
    assert split_signature(f"5 pcs nut\n{sign_off}\nAnna\nX Oy") == ("5 pcs nut", "Anna\nX Oy")


def test_thanks_within_the_letter_do_not_end_it():
    body, signature = split_signature("Thanks for the call.\n5 pcs nut\nRegards\nAnna")

    assert (body, signature) == ("Thanks for the call.\n5 pcs nut", "Anna")


def test_html_keeps_rows_and_items_and_leaves_quotations_out():
    html = """<style>p {}</style><p>Hi&nbsp;all,</p><table><tr><th>Item<th>Qty</tr>
    <tr><td><p>Nut M8</p></td><td>5</td></tr></table><ul><li>2 pcs <b>bolt</b></li></ul>
    <blockquote>- 9 pcs old</blockquote><p>Bye"""

    lines = text_of_html(html).splitlines()

    assert lines[0] == "Hi all,"
    assert lines[-2:] == ["- 2 pcs bolt", "Bye"]
    assert "Nut M8 | 5" in lines


FORWARDED = """\
Please quote this.

Kind regards
Anna

---------- Forwarded message ---------
From: Pasi <pasi@x.example>
Date: Wed, 18 Nov 2026 at 11:02
Subject: nuts
To: Anna <anna@x.example>

10 pcs nut M8

On Mon, 2 Nov 2026 at 09:12, Shop <shop@y.example> wrote:
> 99 pcs nut M6
"""


def test_of_a_forwarded_mail_both_letters_are_read_without_its_header():
    email = read_email(EmailInput(sender="anna@x.example", subject="nuts", body=FORWARDED))

    assert email.body == "Please quote this.\n\n10 pcs nut M8"
    assert email.signature == "Anna"


def test_an_answer_below_what_it_quotes_is_read():
    quote = "On Mon, 2 Nov 2026 at 09:12, Shop <shop@y.example> wrote:\n> 99 pcs nut M6\n"
    finnish = "ma 2. marrask. 2026 klo 9.12 Aino (a@y.example) kirjoitti:\n> 99 kpl nut M6\n"

    assert own_text(f"{quote}\n10 pcs nut M8") == "10 pcs nut M8"
    assert own_text(f"{finnish}\n10 pcs nut M8") == "10 pcs nut M8"


def test_a_finnish_answer_is_not_taken_for_a_forwarded_mail():
    old = "Lähettäjä: Aino\nLähetetty: maanantai\nAihe: Tarjous\n\n99 kpl nut M6"

    assert own_text(f"10 kpl nut M8\n\n{old}", subject="VS: Tarjous") == "10 kpl nut M8"
