"""What people may send: one struct per form. Fields that are not named here are not read."""

from typing import Annotated, Literal

import msgspec

from app.core.forms import Email, Line, Secret

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
NewSecret = Annotated[str, msgspec.Meta(min_length=8, max_length=256, extra={"exact": True})]
Code = Annotated[str, msgspec.Meta(max_length=40)]


class SignUp(msgspec.Struct, kw_only=True):
    name: Name
    email: Email
    password: NewSecret
    comes_as: str = msgspec.field(default="", name="as")


class SignIn(msgspec.Struct, kw_only=True):
    email: Email
    password: Secret
    stay: bool = False
    next: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Address(msgspec.Struct, kw_only=True):
    email: Email


class OneCode(msgspec.Struct, kw_only=True):
    code: Code
    next: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Onward(msgspec.Struct, kw_only=True):
    next: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Confirmation(msgspec.Struct, kw_only=True):
    password: Secret = ""


class NewPassword(msgspec.Struct, kw_only=True):
    password: NewSecret


class Identity(msgspec.Struct, kw_only=True):
    password: Secret
    code: Code = ""
    next: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Profile(msgspec.Struct, kw_only=True):
    name: Name
    locale: Literal["vi", "en"]


class ChangePassword(msgspec.Struct, kw_only=True):
    current: Secret
    new: NewSecret


class ChangeEmail(msgspec.Struct, kw_only=True):
    email: Email
    password: Secret


class NewToken(msgspec.Struct, kw_only=True):
    name: Name
    scope: Literal["read", "write"]
    days: Literal[30, 90, 365]


class EndOwn(msgspec.Struct, kw_only=True):
    password: Secret
    reason: Line = ""


class Grant(msgspec.Struct, kw_only=True):
    role: Literal["admin", "moderator", "organizer", "desk"]
    reason: Reason


class Because(msgspec.Struct, kw_only=True):
    reason: Reason
