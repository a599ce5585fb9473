"""Mail: written in a verb's transaction, delivered by a job, once as far as SMTP allows.

SMTP cannot tell whether a mail was taken when the connection or the worker dies between the last byte and the
answer. That moment is the state `handing_over`: a mail found in it later is sent again with the same Message-ID
and `maybe_twice_at` set, so that staff can see which mails may have arrived twice.
"""

import re
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any
from uuid import UUID

import aiosmtplib
import msgspec
import structlog
from email_validator import EmailNotValidError, validate_email

from app.core import db, i18n, templating
from app.core.ids import new_id
from app.core.metrics import MAILS
from app.core.outbox import Later, enqueue, every, job
from app.core.settings import get_settings

log = structlog.get_logger()

_LINK = re.compile(r"^https?://\S+$")
SMTP_SECONDS = 20


class Attachment(msgspec.Struct, frozen=True):
    filename: str
    media_type: str
    content: bytes


async def send_mail(  # noqa: PLR0913  what a mail is made of, all by name
    *,
    to: str,
    template: str,
    message_key: str,
    locale: str | None = None,
    context: dict[str, Any] | None = None,
    attachments: tuple[Attachment, ...] = (),
    forget: bool = False,
    unsubscribe_url: str = "",
) -> bool:
    """Write a mail and its delivery into the open transaction; False when `message_key` was used before.

    `unsubscribe_url`: where a POST without a session ends mails of this kind at once (RFC 8058); mail programs offer
    it beside the sender.

    `forget`: once it is handed over, its address and text are not kept at all.

    `template` is a text template with the blocks `subject` and `body`; lines that are a link alone become buttons
    in the HTML half.
    """
    with i18n.in_language(locale or i18n.current_locale()):
        values = {**(context or {}), "origin": get_settings().origin, "locale": i18n.current_locale()}
        subject = " ".join(templating.render(template, values, "subject").split())
        text = templating.render(template, values, "body").strip() + "\n"
        html = templating.render("mail/wrap.html", {**values, "subject": subject, "paragraphs": _paragraphs(text)})
        speaks = i18n.current_locale()
    mail_id = new_id()
    rows = await db.execute(
        "INSERT INTO mail (id, message_key, to_address, locale, subject, text, html, unsubscribe_url, state,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', now()) ON CONFLICT (message_key) DO NOTHING",
        *(mail_id, message_key, to, speaks, subject, text, html, unsubscribe_url),
    )
    if not rows:
        return False
    for place, attachment in enumerate(attachments):
        await db.execute(
            "INSERT INTO mail_attachment (id, mail, filename, media_type, place, content)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(new_id(), mail_id, attachment.filename, attachment.media_type, place, attachment.content),
        )
    payload = {"mail_id": str(mail_id), "forget": True} if forget else {"mail_id": str(mail_id)}
    await enqueue("mail.deliver", payload, dedupe_key=f"mail:{mail_id}")
    return True


def _paragraphs(text: str) -> list[dict[str, Any]]:
    """The body as paragraphs of lines, links on a line of their own marked."""
    return [
        {"link": block.strip()} if _LINK.match(block.strip()) else {"lines": block.splitlines()}
        for block in re.split(r"\n\s*\n", text.strip())
    ]


@job("mail.deliver")
async def deliver(payload: dict[str, Any]) -> None:
    """Hand one mail to the SMTP server; without one it is kept, to be read on the demo's mail page."""
    await _deliver(UUID(payload["mail_id"]))
    if payload.get("forget"):
        await db.execute(
            "UPDATE mail SET to_address = '', subject = '', text = '', html = '', last_error = NULL WHERE id = $1",
            UUID(payload["mail_id"]),
        )


async def _deliver(mail_id: UUID) -> None:
    row = await db.fetchrow("SELECT * FROM mail WHERE id = $1", mail_id)
    if row is None or row["state"] in ("sent", "kept"):
        return
    settings = get_settings()
    if not settings.smtp_host:
        await db.execute("UPDATE mail SET state = 'kept', sent_at = now() WHERE id = $1", mail_id)
        MAILS.labels("kept").inc()
        return
    message = await _message(row)
    again = row["state"] == "handing_over"
    if again:
        log.warning("this mail may arrive twice: its first delivery was cut off", mail_id=str(mail_id))
        await db.execute("UPDATE mail SET maybe_twice_at = now() WHERE id = $1", mail_id)
    try:
        await _hand_over(message, mail_id)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        await _failed(mail_id, error)
        # servers repeat the address in what they say, and this goes into the log: there it names nobody
        raise Later(str(error).replace(row["to_address"], "…")) from None
    except EmailNotValidError as error:
        await db.execute("UPDATE mail SET state = 'failed', last_error = $2 WHERE id = $1", mail_id, str(error))
        MAILS.labels("failed").inc()
        return
    await db.execute("UPDATE mail SET state = 'sent', sent_at = now(), last_error = NULL WHERE id = $1", mail_id)
    MAILS.labels("sent").inc()


async def _hand_over(message: EmailMessage, mail_id: UUID) -> None:
    settings = get_settings()
    smtp = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        username=settings.smtp_username or None,
        password=settings.smtp_password or None,
        timeout=SMTP_SECONDS,
    )
    async with smtp:
        await smtp.mail(parseaddr(settings.mail_from)[1])
        await smtp.rcpt(_on_the_wire(str(message["To"])))
        # from here until the answer nobody can know whether the server took it
        await db.execute("UPDATE mail SET state = 'handing_over' WHERE id = $1", mail_id)
        await smtp.data(message.as_bytes())


def _on_the_wire(address: str) -> str:
    """The address in ASCII, an international domain in its IDNA form. Raises EmailNotValidError."""
    checked = validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    return checked.ascii_email or address


async def _failed(mail_id: UUID, error: Exception) -> None:
    """Note why; a refusal by the server leaves no doubt, so the mail is plainly queued again."""
    refused = isinstance(error, aiosmtplib.SMTPResponseException)
    await db.execute(
        "UPDATE mail SET last_error = $2, state = CASE WHEN $3 THEN 'queued' ELSE state END WHERE id = $1",
        mail_id,
        str(error)[:1000],
        refused,
    )
    MAILS.labels("failed").inc()


async def _message(row: Any) -> EmailMessage:
    settings = get_settings()
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = row["to_address"]
    message["Subject"] = row["subject"]
    message["Date"] = formatdate(row["created_at"].timestamp())
    message["Message-ID"] = f"<{row['id']}@{parseaddr(settings.mail_from)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if row["unsubscribe_url"]:
        message["List-Unsubscribe"] = f"<{row['unsubscribe_url']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(row["text"])
    message.add_alternative(row["html"], subtype="html")
    for part in await db.fetch("SELECT * FROM mail_attachment WHERE mail = $1 ORDER BY place", row["id"]):
        main, _slash, sub = part["media_type"].partition("/")
        message.add_attachment(part["content"], maintype=main, subtype=sub, filename=part["filename"])
    # last, because setting the content drops every Content header that is there already
    message["Content-Language"] = row["locale"]
    return message


@every(86_400, "core.forget_mails")
async def forget_mails() -> None:
    """A delivered mail's text is personal data: it goes after thirty days, the line that it was sent stays."""
    old = "state IN ('sent', 'kept') AND created_at < now() - interval '30 days'"
    await db.execute(f"DELETE FROM mail_attachment WHERE mail IN (SELECT id FROM mail WHERE {old})")  # noqa: S608
    await db.execute(f"UPDATE mail SET text = '', html = '', to_address = '' WHERE {old}")  # noqa: S608
