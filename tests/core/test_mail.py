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
