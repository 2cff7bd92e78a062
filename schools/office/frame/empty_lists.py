"""What an empty list of a table says: what would be here, and how it gets there.

Lists on pages of our own say it in their templates, in a paragraph of the class `empty`.
"""

from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse

from schools.accounts.models import User


@dataclass(frozen=True)
class Empty:
    """The words of an empty list."""

    here: str
    """What would be here, a whole sentence."""
    how: str
    """How it gets there, a whole sentence."""
    link: str = ""
    """The words of a link to the page where that is done; blank where there is none."""
    view: str = ""
    """The name of that page's URL."""
    permission: str = ""
    """What one needs to open that page, like `add_visit`; who lacks it sees no link."""

    def address_for(self, user: User) -> str:
        """Return the address of the link; blank where there is none, or the user may not open it."""
        may = bool(self.view) and user.has_perm(f"schools.{self.permission}")
        return reverse(f"admin:{self.view}") if may else ""


def _register(here: str, how: str = "They come in with a register of schools.") -> Empty:
    return Empty(here, how, "Hand a register in", "registers", "add_importrun")


def _imported(here: str, how: str) -> Empty:
    return Empty(here, how, "Import a table", "imports", "add_importrun")


def _booking(here: str, how: str) -> Empty:
    return Empty(here, how, "Book a visit", "book", "add_visit")


def _volunteer(here: str, how: str) -> Empty:
    return Empty(here, how, "See the volunteers", "schools_volunteer_changelist", "view_volunteer")


def _stock(here: str, how: str) -> Empty:
    return Empty(here, how, "See the stock", "stock", "view_store")


def _reach(here: str, how: str, link: str, view: str) -> Empty:
    return Empty(here, how, link, view, "read_reach")


def _published(here: str) -> Empty:
    return Empty(here, "They come when a manager publishes a period.", "See what is published", "publications", "read_reach")


EMPTY: dict[str, Empty] = {
    # Visits and sessions
    "Visit": _booking("The visits to schools stand here, from the request on.", "Find a school and book its first visit."),
    "Session": _booking("Each assembly and workshop stands here.", "They come with a visit that is booked."),
    "Cover": _booking(
        "Who is on which session stands here, with what they answered.", "Open a visit day and put people on it, or ask them."
    ),
    "Headcount": _booking(
        "Children expected and counted stand here, by year group.",
        "Booking writes who is expected; who was there writes how many came.",
    ),
    "ContactLog": Empty(
        "What was said with schools stands here, and when to ring again.",
        "Log a conversation on a school’s page, or from the list of who is due.",
        "See who is due",
        "due",
        "view_school",
    ),
    "SchoolAnswer": Empty(
        "What schools said about their visits by themselves stands here.",
        "They say it on the page to which the links in our mails lead; it is taken on the visit’s page.",
    ),
    "VisitRequest": Empty(
        "Visits that schools asked for by themselves stand here.",
        "They come from the page for schools, to which the poster of each area leads, once they are confirmed by mail.",
        "See the areas",
        "schools_area_changelist",
        "view_area",
    ),
    "SchoolAlarm": Empty(
        "What schools said on the day that cannot wait stands here: that nobody has come, or that they must call off.",
        "They say it on the page to which the links in our mails lead; you see to it on the visit’s page.",
    ),
    "SchoolChange": Empty(
        "What schools changed by their own pages stands here: visits that they cancelled, or asked to have moved.",
        "They do so on the page to which the links in our mails lead; you see to it on the visit’s page.",
    ),
    "OfferedDates": Empty(
        "Half-days that were offered to schools stand here, with which of them they chose.",
        "They are offered from the list of who is due, a school’s page or the page of a visit that a school asked for.",
        "See who is due",
        "due",
        "view_visit",
    ),
    "Feedback": Empty(
        "What schools thought of their visits stands here.", "They are asked in the thanks after a visit, and answer on its page."
    ),
    "SafeguardingNotice": Empty(
        "When a child told a volunteer something, it stands here whom they told, never what was said.",
        "The volunteer writes it down on their phone, or you do on the session’s page.",
    ),
    "VisitTemplate": Empty(
        "Sessions that are booked together again and again stand here.", "Add a template; the form of a booking then offers it."
    ),
    "VisitTemplateLine": Empty("The sessions of each template stand here.", "They are typed on the template’s page."),
    "Batch": Empty(
        "What was changed in one go stands here, and can be undone.",
        "It comes from the pages of Many at once.",
        "Many at once",
        "bulk",
        "view_visit",
    ),
    "OutcomeSubmission": Empty("Who said how a session went, and when, stands here.", "It comes with each outcome that is sent."),
    # Schools and areas
    "School": _register("Every primary school stands here.", "They come in with a register; where a nation has none, add them."),
    "Contact": Empty("Whom to ask for at a school stands here.", "Import a list of them, or add them on the school’s page."),
    "Site": Empty(
        "The places of a school that is in several stand here, beside the address of the register.",
        "Add one on the school’s page.",
    ),
    "SchoolAgreement": Empty("Which schools agreed for the year stands here.", "Write it down with a conversation, or here."),
    "Roll": _register(
        "How many pupils a school has in each year group stands here.",
        "Registers bring them, and what a school told you is added here.",
    ),
    "SchoolLink": _register(
        "Which school followed or feeds which stands here.",
        "England’s file of links brings them, and a school’s page links infant and junior schools.",
    ),
    "SchoolAuthority": _register("Which authority a school belongs to stands here, with its days."),
    "Term": Empty(
        "When schools are open stands here.",
        "Import a list of them, or add a nation’s terms; an authority’s own stand in their place.",
    ),
    "Region": Empty(
        "The parts of nations stand here that areas lie in.",
        "Name one in the form of a new area.",
        "Add an area",
        "area-add",
        "add_area",
    ),
    "Area": Empty(
        "The charity’s own patches stand here, with their authorities and coordinators.",
        "Add the first one with all of it on one form.",
        "Add an area",
        "area-add",
        "add_area",
    ),
    "AreaAuthority": Empty(
        "Which area holds which authority stands here, with its days.",
        "It is set on the area’s page.",
        "Add an area",
        "area-add",
        "add_area",
    ),
    "AreaCoordinator": Empty(
        "Who looks after which area stands here.",
        "They are named on the area’s page.",
        "See the areas",
        "schools_area_changelist",
        "view_area",
    ),
    "StandIn": Empty(
        "Who stands in for whom stands here.",
        "It is said by whoever will be away.",
        "Say who stands in",
        "stand-ins",
        "change_visit",
    ),
    "Authority": _register("The local authorities stand here."),
    "Reorganisation": _register(
        "Which authority followed which stands here.", "Speakout knows those of England; others are added here."
    ),
    "Deprivation": _imported(
        "How deprived each small area is stands here.", "Import England’s Indices of Deprivation or Scotland’s school roll file."
    ),
    "Postcode": Empty(
        "Where postcodes are stands here, so that distances can be worked out.", "They come in from a file of postcodes."
    ),
    "ImportRun": _register("Each import stands here, with what it changed.", "It begins with a file that is handed in."),
    "ImportFile": _register(
        "Files stand here that wait to be applied.", "They come with an import, and go once it is applied or thrown away."
    ),
    "ImportChange": _register("What each import changed of each school stands here.", "It is written when an import is applied."),
    # Volunteers
    "Volunteer": Empty(
        "Everybody who goes to schools stands here, paid staff too.",
        "Import a list of them, or add the first one: how to reach them, where they help, clearance and sign-offs on one page.",
        "Add a volunteer",
        "volunteer-add",
        "add_volunteer",
    ),
    "Clearance": _volunteer(
        "Decisions whether somebody may work with children stand here.", "Record one on the volunteer’s page."
    ),
    "ClearanceLook": _volunteer("Who looked at whose clearances stands here.", "It is written with each look."),
    "SignOff": _volunteer(
        "What each volunteer was trained and signed off for stands here.", "Record it on the volunteer’s page."
    ),
    "Availability": _volunteer("When people can usually come stands here.", "They say so in the portal, under Me."),
    "Away": _volunteer("When people are away stands here.", "They say so in the portal, under Me."),
    "Conflict": _volunteer("Schools stand here that somebody must not go to.", "Add one in the volunteer’s details."),
    "VolunteerStep": _volunteer(
        "The steps from enquirer to active stand here.", "They are written down on the volunteer’s page."
    ),
    "Invitation": _volunteer("Who was invited to sign in stands here, and who came.", "Invite somebody on their page."),
    "Agreement": Empty(
        "What volunteers are asked to agree to stands here, version by version.",
        "A manager writes the first version; from its day on everybody is asked.",
    ),
    "Accepted": Empty("Who accepted which version of the agreement stands here.", "Volunteers accept it when they sign in."),
    "FeedToken": Empty(
        "Who reads their mornings in a calendar of their own stands here.", "They make the address in the portal."
    ),
    "OfficeFeed": Empty(
        "Who reads the visits of their areas in a calendar of their own stands here.", "They make the address under Calendar."
    ),
    "AddressChange": Empty("Who wants to sign in with another address stands here.", "They ask for it in the portal, under Me."),
    # Materials
    "Material": Empty("What is taken to sessions stands here, used up or brought back.", "A manager adds the first one."),
    "KitLine": Empty(
        "What a session of each type needs stands here.",
        "Add the materials first, then how many of each a session needs.",
        "See the materials",
        "schools_material_changelist",
        "view_material",
    ),
    "MaterialUse": Empty("What sessions used stands here.", "It comes with how a session went."),
    "Store": Empty("The places stand here where materials are kept.", "Add the first one; then stock can come into it."),
    "Movement": _stock(
        "Each change of stock stands here, and is never changed.", "Say on a store’s page what came, went or was counted."
    ),
    "Piece": _stock("Each piece of equipment stands here, by its label.", "Say on a store’s page that new equipment came."),
    "PieceBooking": _stock("Which session has which piece stands here.", "It is chosen on a session’s page of materials."),
    "SessionKit": _stock(
        "What was decided otherwise for single sessions stands here.", "It is decided on a session’s page of materials."
    ),
    "Packed": _stock("What was packed stands here.", "Tick it on a store’s list of what to pack."),
    "Parcel": _booking("What was sent to schools stands here.", "Write a parcel down on the visit’s page."),
    "StockSubmission": _stock("Who sent which form about stock stands here.", "It is written with each of them."),
    # Reach and programme
    "Return": _reach(
        "Periods stand here that were signed off, with their figures.",
        "Sign one off once every outcome is in.",
        "See the returns",
        "returns",
    ),
    "ReturnRow": _reach(
        "The sessions behind each return stand here.", "They come with a return that is signed off.", "See the returns", "returns"
    ),
    "Restatement": _reach(
        "What changed after a return was closed stands here, and why.",
        "It comes with a correction in a closed period.",
        "See the returns",
        "returns",
    ),
    "Drift": _reach(
        "What moved the figures of a closed return stands here: a link, a register, a roll, an area.",
        "It is written down by itself.",
        "See the returns",
        "returns",
    ),
    "Publication": _published("Periods stand here that were published."),
    "PublishedPlace": _published("Places with published numbers stand here, and what is left of the rounding."),
    "PublishedAtom": _published("Published attendances stand here, as they were rounded first."),
    "PublishedPupils": _published("Published pupils of school years stand here, as they were rounded first."),
    "ClosedPeriod": _reach(
        "Days of an area stand here that a return has locked.", "A manager closes a return.", "See the returns", "returns"
    ),
    "Confirmed": _reach(
        "What looked wrong and is right stands here.", "Confirm it on the page Data quality.", "See the figures", "reach"
    ),
    "Subscription": _reach(
        "Who gets the figures by mail stands here.", "They ask for it on the page Reach.", "See the figures", "reach"
    ),
    "ApiToken": Empty(
        "Programs stand here that may read the figures.",
        "Give one a token on its own page.",
        "Programs that read reach",
        "reach-readers",
        "add_apitoken",
    ),
    "ApiUse": Empty(
        "What programs asked stands here.",
        "It is written with each question.",
        "Programs that read reach",
        "reach-readers",
        "add_apitoken",
    ),
    "PackItem": Empty(
        "What schools get beforehand of each session type stands here: plans, materials, pages for parents.",
        "Add a text or a file; schools read it on the page of their visit.",
    ),
    "SessionType": Empty("What is taught stands here.", "Add a session type with its year groups, minutes and people."),
    "Charity": Empty("The charity stands here: its name, address and measures.", "The program makes it when it is installed."),
    "Merge": Empty(
        "Entries that were one person and were made one stand here.",
        "Entries that are probably one person stand under “Entered twice”.",
        "Entered twice",
        "duplicates",
        "view_volunteer",
    ),
    "TwoPeople": Empty(
        "Entries of which somebody said that they are not the same person stand here.",
        "It is said under “Entered twice”.",
        "Entered twice",
        "duplicates",
        "view_volunteer",
    ),
    "ColumnMatch": _imported(
        "Columns of your files that somebody matched by hand stand here.",
        "They are remembered when an import is read with other columns.",
    ),
    # People who sign in
    "User": Empty("Everybody who signs in stands here.", "Add somebody with their role; they are mailed how to sign in."),
    "Group": Empty("The four roles stand here.", "The program makes them when it is installed or upgraded."),
    "PeriodicJob": Empty("What the program does again and again stands here.", "It comes with the first run of the clock."),
    "SignOfLife": Empty("Processes that work in the background stand here.", "They come when a worker or the clock starts."),
    "BackupRun": Empty(
        "Each backup and each restore drill stands here.",
        "The clock writes and tries one each night, once whoever runs the installation has set where to.",
    ),
    "MessageAbout": Empty(
        "What volunteers and schools were told about visits stands here.", "It is written with each mail about a visit."
    ),
    "SuppressedAddress": Empty(
        "Addresses to which mail came back, or whose reader complained, stand here.",
        "They come when a mail server refuses an address for good, or the mail provider reports it.",
    ),
    "MailPace": Empty("How fast mail goes stands here.", "It comes once mail is limited, or the mail server asked us to wait."),
    "EditedText": Empty(
        "Texts of messages in your own words stand here.",
        "Edit one, and mails say it instead of the built-in text.",
        "See the texts",
        "message-texts",
        "view_editedtext",
    ),
    "PublicText": Empty(
        "The texts stand here that anybody may read: privacy notice and accessibility statement.",
        "Read the draft of each on the page of the charity, and publish it.",
        "The charity",
        "charity",
        "view_publictext",
    ),
    "SchoolAccess": Empty(
        "Who at a school has links to the school’s own pages stands here.", "It comes with the first mail to them about a visit."
    ),
    "MessageTo": Empty(
        "Whom messages are for that are about no visit stands here.", "It is written with each of these messages."
    ),
    "Erasure": Empty(
        "Who was erased stands here, by reference.", "Find whom to erase by name.", "Erased people", "erasures", "add_erasure"
    ),
    "PurgeRun": Empty("Each purge of what was kept long enough stands here.", "The clock purges every night."),
    "SubjectAccess": Empty(
        "Who asked what is held on them stands here, by reference.",
        "Find them by name, and write down by which two steps you knew them.",
        "What is held on somebody",
        "held",
        "add_subjectaccess",
    ),
    "Recovery": Empty(
        "Who was let in again after losing phone or address stands here.",
        "Find them by name, and say by which two steps you knew them.",
        "Somebody is locked out",
        "locked-out",
        "add_recovery",
    ),
    "RecoveryStep": Empty(
        "Every step by which somebody was let in again stands here.", "It is written with the step, and never changed."
    ),
    "Trustee": Empty(
        "People outside of the office who may agree when somebody is locked out stand here.",
        "Name one; they are asked by mail.",
        "Trustees",
        "trustees",
        "add_trustee",
    ),
    "EarlierValue": Empty("What people were called and reached by before stands here.", "It is kept when it changes."),
    "OutboxMessage": Empty("Each mail stands here, sent or waiting.", "Mail is written with the change that it tells of."),
}
"""What the empty list of each table says, by the name of its model."""


def empty_list_of(model: type[Model]) -> Empty:
    """Return what the empty list of the table says. Raises KeyError for a table that EMPTY lacks."""
    return EMPTY[model.__name__]
