"""Tables of the directory. Codes in `kinds`, `sectors` and the like come from `app.directory.vocabulary`.

Nothing is deleted: rows end with a time and a reason.
"""

from app.directory.tables.details import InstituteDetails, InvestorDetails, StartupDetails, SupportDetails
from app.directory.tables.funding import FundingRound, Investment, ListingState
from app.directory.tables.notes import FieldGrant, FieldNote
from app.directory.tables.organisations import FormerSlug, Invitation, Membership, Organisation, OrganisationChange
from app.directory.tables.persons import ConflictOfInterest, Expertise, MentorRole, PersonProfile
from app.directory.tables.rows import (
    Address,
    Credential,
    Facility,
    IpAsset,
    Mandate,
    Mention,
    NeedOffer,
    Programme,
    Service,
    TechnologyNeed,
    TechnologyOffer,
    Traction,
    YearlyUpdate,
)

TABLES = [
    Organisation,
    FormerSlug,
    StartupDetails,
    InvestorDetails,
    SupportDetails,
    InstituteDetails,
    Mandate,
    NeedOffer,
    Traction,
    IpAsset,
    Mention,
    YearlyUpdate,
    Programme,
    Service,
    Facility,
    TechnologyOffer,
    TechnologyNeed,
    Address,
    Credential,
    Membership,
    Invitation,
    OrganisationChange,
    FieldNote,
    FieldGrant,
    PersonProfile,
    MentorRole,
    Expertise,
    ConflictOfInterest,
    FundingRound,
    Investment,
    ListingState,
]
"""Every table of the directory, in the order of their migrations."""

__all__ = [
    "TABLES",
    "Address",
    "ConflictOfInterest",
    "Credential",
    "Expertise",
    "Facility",
    "FieldGrant",
    "FieldNote",
    "FormerSlug",
    "FundingRound",
    "InstituteDetails",
    "Investment",
    "InvestorDetails",
    "Invitation",
    "IpAsset",
    "ListingState",
    "Mandate",
    "Membership",
    "Mention",
    "MentorRole",
    "NeedOffer",
    "Organisation",
    "OrganisationChange",
    "PersonProfile",
    "Programme",
    "Service",
    "StartupDetails",
    "SupportDetails",
    "TechnologyNeed",
    "TechnologyOffer",
    "Traction",
    "YearlyUpdate",
]
