"""Jobs of people: mails that depend on whether an account exists, and forgetting what is no longer needed."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.outbox import every, job
from app.people import new_email, new_password, signing_up
from app.people.rights import jobs as rights


@job("people.sign_up")
async def sign_up(payload: dict[str, Any]) -> None:
    await signing_up.send_sign_up_mail(UUID(payload["sign_up"]))


@job("people.send_again")
async def send_again(payload: dict[str, Any]) -> None:
    await signing_up.send_again(payload["email"], payload["locale"], payload["request"])


@job("people.reset")
async def reset(payload: dict[str, Any]) -> None:
    await new_password.send_reset_link(payload["email"], payload["request"])


@job("people.new_email")
async def change_email(payload: dict[str, Any]) -> None:
    person = UUID(payload["person"])
    await new_email.send_new_email_link(person, payload["email"], payload.get("state"), payload["request"])


RIGHTS = rights.JOBS
"""Registered by their imports, like what is here."""


@every(3600, "people.forget")
async def forget() -> None:
    """Wishes for accounts go after a week, links after two, sessions thirty days after they ended.

    So do notes of sign-ins with addresses that no account has: nobody is there to read them.
    """
    await db.execute("DELETE FROM account_event WHERE person IS NULL AND at < now() - interval '30 days'")
    await db.execute("DELETE FROM sign_up WHERE created_at < now() - interval '7 days'")
    await db.execute("DELETE FROM mail_link WHERE expires_at < now() - interval '14 days'")
    await db.execute(
        "DELETE FROM session WHERE coalesce(ended_at, expires_at) < now() - interval '30 days'"
        " OR (waiting AND expires_at < now() - interval '1 day')"
    )
