"""Forms of the directory that the registry does not draw: invitations, roles, pictures, asking to see more."""

import msgspec

from app.core.forms import Email, Line, Text


class Invitation(msgspec.Struct, kw_only=True):
    email: Email
    role: Line


class RoleChoice(msgspec.Struct, kw_only=True):
    role: Line


class Pictures(msgspec.Struct, kw_only=True):
    remove_logo: bool = False
    remove_cover: bool = False


class Asking(msgspec.Struct, kw_only=True):
    viewer: Line = ""
    purpose: Text = ""


class Becoming(msgspec.Struct, kw_only=True):
    """A project's enterprise: one that is here already, by its address, or a new one."""

    enterprise: Line = ""
    name: Line = ""
    became_on: Line = ""


class Host(msgspec.Struct, kw_only=True):
    """Who hosts a project: as it was typed, or which of those that are called so."""

    host: Line = ""
    chosen: Line = ""
