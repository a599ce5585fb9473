"""Words for what happened to an account, as its owner reads them."""

from app.core.i18n import N_

EVENTS = {
    "account.made": N_("The account was made"),
    "account.ended": N_("The account was ended"),
    "data.copy_asked": N_("A copy of everything was asked for"),
    "data.copy_fetched": N_("A copy of everything was fetched"),
    "email.confirmed": N_("The e-mail address was confirmed"),
    "email.change_asked": N_("Another e-mail address was entered"),
    "email.changed": N_("The e-mail address was changed"),
    "identity.confirmed": N_("The password was entered again"),
    "password.wrong": N_("A wrong password was entered in the account"),
    "password.changed": N_("The password was changed"),
    "password.reset_asked": N_("A link for a new password was sent"),
    "password.reset": N_("The password was set anew by a link"),
    "profile.changed": N_("Name or language was changed"),
    "role.granted": N_("A role was given"),
    "role.ended": N_("A role was taken back"),
    "session.ended": N_("A browser was signed out from the list"),
    "sign_in.done": N_("Signed in"),
    "sign_in.half": N_("The password was right, the code was asked for"),
    "sign_in.failed": N_("Somebody tried to sign in with a wrong password"),
    "sign_in.wrong_code": N_("A wrong code was entered"),
    "sign_out.done": N_("Signed out"),
    "token.made": N_("An API token was made"),
    "token.ended": N_("An API token was ended"),
    "two_step.on": N_("Two-step sign-in was turned on"),
    "two_step.off": N_("Two-step sign-in was turned off"),
}

FIRST_PAGES = {
    "startup": "/organisations/new?kind=startup",
    "investor": "/organisations/new?kind=investor",
    "mentor": "/account",
    "organizer": "/account",
}
"""What somebody may come as, by the landing page, and the page that a new account opens with."""
