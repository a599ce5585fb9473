"""Mail: written once, delivered once as far as SMTP allows, and where not, it says so."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import asyncpg
import msgspec
import pytest

from app.core import db, mail
from app.core.mail import Attachment, deliver, send_mail
from app.core.outbox import Later, drain


class Postbox:
    """An SMTP server on this machine: keeps what it gets, and can be told to misbehave at a step."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuse = b""
        self.hang_up_after_data = False
        self.port = 0
        self.recipients: list[bytes] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper() if line.strip() else b""
            if verb == b"RCPT":
                self.recipients.append(line.strip().split(b":", 1)[1].split()[0])
            if verb == b"DATA":
                writer.write(b"354 go\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(message_from_bytes(body[:-5], policy=default))
                if self.hang_up_after_data:
                    break
                writer.write(b"250 kept\r\n")
            elif verb == self.refuse:
                writer.write(b"550 no\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()


@pytest.fixture
async def postbox(monkeypatch: pytest.MonkeyPatch, settings: Any) -> AsyncIterator[Postbox]:
    box = Postbox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    with_smtp = msgspec.structs.replace(settings, smtp_host="127.0.0.1", smtp_port=box.port, smtp_tls="none")
    monkeypatch.setattr(mail, "get_settings", lambda: with_smtp)
    yield box
    server.close()
    await server.wait_closed()


@pytest.fixture(autouse=True)
def letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that stands for those of the subjects."""
    from jinja2 import DictLoader

    from app.core import templating

    env = templating.environment()
    text = (
        "{% block subject %}Chào\n {{ name }}{% endblock %}"
        "{% block body %}Dear {{ name }},\n\n{{ origin }}/confirm/x\n\nline 1\nline 2{% endblock %}"
    )
    wrap = env.loader.get_source(env, "mail/wrap.html")[0]  # type: ignore[union-attr]
    overlay = env.overlay(loader=DictLoader({"try.txt": text, "mail/wrap.html": wrap}))
    monkeypatch.setattr(templating, "environment", lambda: overlay)


async def _written(key: str = "k", **more: Any) -> Any:
    async with db.tx():
        await send_mail(to="duc@example.com", template="try.txt", message_key=key, context={"name": "Đức <b>"}, **more)
    return await db.fetchrow("SELECT * FROM mail WHERE message_key = $1", key)


async def test_one_mail_per_key(committed: asyncpg.Pool) -> None:
    async with db.tx():
        parts = {"to": "a@example.com", "template": "try.txt", "context": {"name": "A"}}
        assert await send_mail(message_key="k", **parts)  # type: ignore[arg-type]
        assert not await send_mail(message_key="k", **parts)  # type: ignore[arg-type]
    assert await db.fetchval("SELECT count(*) FROM mail") == 1


async def test_a_rolled_back_verb_sends_nothing(committed: asyncpg.Pool, postbox: Postbox) -> None:
    async def verb() -> None:
        async with db.tx():
            await send_mail(to="a@example.com", template="try.txt", message_key="k", context={"name": "A"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await verb()
    await drain()
    assert postbox.mails == []


async def test_what_arrives(committed: asyncpg.Pool, postbox: Postbox) -> None:
    await _written(attachments=(Attachment("vé.pdf", "application/pdf", b"%PDF-1"),))
    await drain()
    (message,) = postbox.mails
    assert message["Subject"] == "Chào Đức <b>"
    assert message["To"] == "duc@example.com"
    assert message["Content-Language"] == "vi"
    text = message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    html = message.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert "Dear Đức <b>," in text
    assert "Đức &lt;b&gt;" in html
    assert 'class="button" href="http://127.0.0.1:8000/confirm/x"' in html
    (part,) = message.iter_attachments()  # type: ignore[attr-defined]
    assert (part.get_filename(), part.get_content()) == ("vé.pdf", b"%PDF-1")
    row = await db.fetchrow("SELECT state, sent_at, maybe_twice_at FROM mail")
    assert row is not None
    assert (row["state"], row["sent_at"] is not None, row["maybe_twice_at"]) == ("sent", True, None)


async def test_line_breaks_in_a_name_add_no_header(committed: asyncpg.Pool, postbox: Postbox) -> None:
    async with db.tx():
        await send_mail(
            to="a@example.com", template="try.txt", message_key="k", context={"name": "x\r\nBcc: evil@example.com"}
        )
    await drain()
    assert postbox.mails[0]["Bcc"] is None
    assert postbox.mails[0]["Subject"] == "Chào x Bcc: evil@example.com"


async def test_delivering_twice_sends_once(committed: asyncpg.Pool, postbox: Postbox) -> None:
    row = await _written()
    await deliver({"mail_id": str(row["id"])})
    await deliver({"mail_id": str(row["id"])})
    assert len(postbox.mails) == 1


@pytest.mark.parametrize("verb", [b"MAIL", b"RCPT"])
async def test_a_refusal_before_the_hand_over_is_tried_again_without_doubt(
    committed: asyncpg.Pool, postbox: Postbox, verb: bytes
) -> None:
    row = await _written()
    postbox.refuse = verb
    with pytest.raises(Later):
        await deliver({"mail_id": str(row["id"])})
    kept = await db.fetchrow("SELECT state, last_error FROM mail")
    assert kept is not None
    assert (kept["state"], "no" in kept["last_error"]) == ("queued", True)
    postbox.refuse = b""
    await deliver({"mail_id": str(row["id"])})
    assert len(postbox.mails) == 1
    assert await db.fetchval("SELECT maybe_twice_at FROM mail") is None


async def test_a_lost_answer_says_that_the_mail_may_arrive_twice(committed: asyncpg.Pool, postbox: Postbox) -> None:
    row = await _written()
    postbox.hang_up_after_data = True
    with pytest.raises(Later):
        await deliver({"mail_id": str(row["id"])})
    assert await db.fetchval("SELECT state FROM mail") == "handing_over"
    postbox.hang_up_after_data = False
    await deliver({"mail_id": str(row["id"])})
    first, second = postbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert await db.fetchval("SELECT maybe_twice_at IS NOT NULL FROM mail")


async def test_no_smtp_server_loses_nothing(committed: asyncpg.Pool, postbox: Postbox) -> None:
    row = await _written()
    port, postbox.port = postbox.port, 1
    import msgspec as m

    before = mail.get_settings()
    mail.get_settings = lambda: m.structs.replace(before, smtp_port=1)  # type: ignore[assignment]
    with pytest.raises(Later):
        await deliver({"mail_id": str(row["id"])})
    mail.get_settings = lambda: before  # type: ignore[assignment]
    assert port == before.smtp_port
    await deliver({"mail_id": str(row["id"])})
    assert len(postbox.mails) == 1


async def test_an_international_domain_is_written_for_the_wire(committed: asyncpg.Pool, postbox: Postbox) -> None:
    async with db.tx():
        await send_mail(to="a@bücher.de", template="try.txt", message_key="k", context={"name": "A"})
    await drain()
    assert len(postbox.mails) == 1
    assert postbox.recipients == [b"<a@xn--bcher-kva.de>"]


async def test_an_address_that_cannot_be_written_to_fails_once(committed: asyncpg.Pool, postbox: Postbox) -> None:
    async with db.tx():
        await send_mail(to="đức@example.com", template="try.txt", message_key="k", context={"name": "A"})
    await drain()
    assert await db.fetchval("SELECT state FROM mail") == "failed"
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL") == 0


async def test_without_smtp_mails_are_kept(committed: asyncpg.Pool) -> None:
    row = await _written()
    await drain()
    assert await db.fetchval("SELECT state FROM mail WHERE id = $1", row["id"]) == "kept"


async def test_a_mail_that_is_gone_is_no_error(committed: asyncpg.Pool) -> None:
    await deliver({"mail_id": "01a2003d-475d-74ea-a2f9-1fbecabb6f0f"})


async def test_texts_are_forgotten_after_a_month(committed: asyncpg.Pool) -> None:
    await _written(attachments=(Attachment("a.txt", "text/plain", b"x"),))
    await drain()
    await db.execute("UPDATE mail SET created_at = now() - interval '31 days'")
    await mail.forget_mails()
    row = await db.fetchrow("SELECT to_address, text, subject FROM mail")
    assert row is not None
    assert (row["to_address"], row["text"], row["subject"]) == ("", "", "Chào Đức <b>")
    assert await db.fetchval("SELECT count(*) FROM mail_attachment") == 0


# --- what goes over the wire ----------------------------------------------------------------------------------


async def test_the_reader_is_written_to_in_the_own_language(committed: asyncpg.Pool, postbox: Postbox) -> None:
    from app.core.i18n import current_locale

    for number, locale in enumerate(("en", "vi", None, "fr")):
        await _written(f"k{number}", locale=locale)
    await drain()
    rows = await db.fetch("SELECT message_key, locale FROM mail ORDER BY message_key")
    assert [row["locale"] for row in rows] == ["en", "vi", "vi", "vi"]
    assert sorted(mail_["Content-Language"] for mail_ in postbox.mails) == ["en", "vi", "vi", "vi"]
    assert current_locale() == "vi"


async def test_headers_that_keep_robots_from_answering(committed: asyncpg.Pool, postbox: Postbox) -> None:
    row = await _written()
    await drain()
    (message,) = postbox.mails
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{row['id']}@ketnoi.example>"
    assert message["From"] == "Kết Nối <no-reply@ketnoi.example>"
    assert message["Reply-To"] is None
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


async def test_a_mail_that_can_be_ended_says_so_to_the_mail_program(committed: asyncpg.Pool, postbox: Postbox) -> None:
    await _written("plain")
    await _written("list", unsubscribe_url="https://ketnoi.example/end/abc")
    await drain()

    ends = {(message["List-Unsubscribe"], message["List-Unsubscribe-Post"]) for message in postbox.mails}
    assert ends == {(None, None), ("<https://ketnoi.example/end/abc>", "List-Unsubscribe=One-Click")}


async def test_a_line_of_one_dot_ends_no_mail(
    committed: asyncpg.Pool, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _written()
    body = "before\n.\n..two\nQUIT\nafter " + "đ" * 2000 + "\n"
    await db.execute("UPDATE mail SET text = $1", body)
    await drain()
    text = postbox.mails[0].get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    lines = [line.removeprefix(".") if line.startswith("..") else line for line in text.splitlines()]
    assert lines == ["before", ".", ".two", "QUIT", "after " + "đ" * 2000]


async def test_attachments_keep_their_order_names_and_bytes(committed: asyncpg.Pool, postbox: Postbox) -> None:
    parts = (
        Attachment("vé số 1.pdf", "application/pdf", bytes(range(256))),
        Attachment("lịch.ics", "text/calendar", "BEGIN:VCALENDAR\r\nSUMMARY:Đức\r\n".encode()),
        Attachment('a"b;c.bin', "application/octet-stream", b""),
    )
    await _written(attachments=parts)
    await drain()
    arrived = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in postbox.mails[0].iter_attachments()  # type: ignore[attr-defined]
    ]
    assert arrived == [(part.filename, part.media_type, part.content) for part in parts]


async def test_only_a_line_that_is_a_link_alone_becomes_a_button(committed: asyncpg.Pool) -> None:
    blocks = mail._paragraphs("Hi,\n\nhttps://a.example/x?y=1&z=2\n\nsee https://b.example\n\n  http://c.example  \n")
    assert blocks == [
        {"lines": ["Hi,"]},
        {"link": "https://a.example/x?y=1&z=2"},
        {"lines": ["see https://b.example"]},
        {"link": "http://c.example"},
    ]
    for text in ("javascript:alert(1)", "https://a b", "ftp://a.example", "//a.example"):
        assert mail._paragraphs(text) == [{"lines": [text]}]


@pytest.mark.parametrize(
    ("tls", "use_tls", "start_tls"), [("tls", True, False), ("starttls", False, True), ("none", False, False)]
)
async def test_how_the_server_is_spoken_to(
    committed: asyncpg.Pool, settings: Any, monkeypatch: pytest.MonkeyPatch, tls: Any, use_tls: bool, start_tls: bool
) -> None:
    asked: dict[str, Any] = {}

    class Refuses:
        def __init__(self, **options: Any) -> None:
            asked.update(options)

        async def __aenter__(self) -> None:
            raise ConnectionRefusedError("no")

        async def __aexit__(self, *_error: Any) -> None: ...

    row = await _written()
    told = msgspec.structs.replace(
        settings, smtp_host="mail.example", smtp_port=2525, smtp_tls=tls, smtp_username="me", smtp_password="pw"
    )
    monkeypatch.setattr(mail, "get_settings", lambda: told)
    monkeypatch.setattr(mail.aiosmtplib, "SMTP", Refuses)
    with pytest.raises(Later):
        await deliver({"mail_id": str(row["id"])})
    assert (asked["hostname"], asked["port"], asked["username"], asked["password"]) == (
        "mail.example",
        2525,
        "me",
        "pw",
    )
    assert (asked["use_tls"], asked["start_tls"]) == (use_tls, start_tls)
    assert await db.fetchval("SELECT last_error FROM mail") == "no"


async def test_without_an_account_none_is_named(
    committed: asyncpg.Pool, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    plain = mail.aiosmtplib.SMTP
    monkeypatch.setattr(mail.aiosmtplib, "SMTP", lambda **options: (asked.update(options), plain(**options))[1])
    await _written()
    await drain()
    assert (asked["username"], asked["password"], len(postbox.mails)) == (None, None, 1)


# --- states ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "sends", "ends", "twice"),
    [
        ("queued", True, "sent", False),
        ("handing_over", True, "sent", True),
        ("sent", False, "sent", False),
        ("kept", False, "kept", False),
    ],
)
async def test_what_a_state_means_for_the_next_delivery(
    committed: asyncpg.Pool, postbox: Postbox, state: str, sends: bool, ends: str, twice: bool
) -> None:
    row = await _written()
    await db.execute("UPDATE mail SET state = $1", state)
    await deliver({"mail_id": str(row["id"])})
    found = await db.fetchrow("SELECT state, maybe_twice_at FROM mail")
    assert found is not None
    assert (len(postbox.mails), found["state"], found["maybe_twice_at"] is not None) == (int(sends), ends, twice)


async def test_a_refusal_of_the_message_itself_leaves_no_doubt(committed: asyncpg.Pool, postbox: Postbox) -> None:
    row = await _written()

    async def refuses_the_text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write({b"DATA": b"554 spam\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n"))
        writer.close()

    server = await asyncio.start_server(refuses_the_text, "127.0.0.1", 0)
    before = mail.get_settings()
    told = msgspec.structs.replace(before, smtp_port=server.sockets[0].getsockname()[1])
    mail.get_settings = lambda: told  # type: ignore[assignment]
    try:
        with pytest.raises(Later):
            await deliver({"mail_id": str(row["id"])})
    finally:
        mail.get_settings = lambda: before  # type: ignore[assignment]
        server.close()
    found = await db.fetchrow("SELECT state, maybe_twice_at, last_error FROM mail")
    assert found is not None
    assert (found["state"], found["maybe_twice_at"], "spam" in found["last_error"]) == ("queued", None, True)


async def test_a_mail_that_waited_for_the_server_goes_through_the_outbox_again(
    committed: asyncpg.Pool, postbox: Postbox
) -> None:
    await _written()
    postbox.refuse = b"RCPT"
    await drain()
    assert await db.fetchval("SELECT last_error LIKE 'app.core.outbox.Later: %' FROM outbox")
    postbox.refuse = b""
    await db.execute("UPDATE outbox SET available_at = now()")
    await drain()
    assert (len(postbox.mails), await db.fetchval("SELECT state FROM mail")) == (1, "sent")


async def test_two_workers_with_one_piece_send_one_mail(committed: asyncpg.Pool, postbox: Postbox) -> None:
    for number in range(10):
        await _written(f"k{number}")
    await asyncio.gather(*(drain() for _worker in range(4)))
    assert len({message["Message-ID"] for message in postbox.mails}) == len(postbox.mails) == 10


@pytest.mark.parametrize(
    ("state", "days", "forgotten"),
    [("sent", 31, True), ("kept", 31, True), ("sent", 29, False), ("queued", 400, False), ("failed", 400, False),
     ("handing_over", 400, False)],
)  # fmt: skip
async def test_only_what_was_delivered_is_forgotten(
    committed: asyncpg.Pool, state: str, days: int, forgotten: bool
) -> None:
    await _written(attachments=(Attachment("a.txt", "text/plain", b"x"),))
    await db.execute("UPDATE mail SET state = $1, created_at = now() - $2 * interval '1 day'", state, days)
    await mail.forget_mails()
    await mail.forget_mails()
    row = await db.fetchrow("SELECT to_address = '' AS gone, subject FROM mail")
    assert row is not None
    assert (row["gone"], row["subject"]) == (forgotten, "Chào Đức <b>")
    assert (await db.fetchval("SELECT count(*) FROM mail_attachment") == 0) is forgotten


async def test_a_very_long_name_makes_one_subject_line(committed: asyncpg.Pool, postbox: Postbox) -> None:
    name = "Nguyễn Thị Thuỳ Dương " * 40
    async with db.tx():
        await send_mail(to="a@example.com", template="try.txt", message_key="k", context={"name": name})
    await drain()
    assert postbox.mails[0]["Subject"] == f"Chào {name.strip()}"
