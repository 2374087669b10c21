"""Which service a file was exported from, told by its header, and where in it everything is.

The headers are those of the services' own exports, as found in their sources and in other importers' test
files in November 2026; docs/moving.md says which. Names are compared in lower case, letters and digits only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from digest.errors import BadInput
from subscribers.moving import meanings as say
from subscribers.moving.meanings import Meaning

FIELDS = ("email", "name", "first_name", "last_name", "status", "opted_in")


@dataclass(frozen=True, slots=True)
class Clue:
    """What one column says about a reader: by its word, by a time, or by being filled (a date of leaving)."""

    column: str
    words: Mapping[str, Meaning] = field(default_factory=dict)
    filled: Meaning | None = None
    blank: Meaning | None = None
    timed: Meaning | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One service's export: the columns that give it away (one of each group), and what they hold.

    In ``email`` and ``opted_in`` the first name that is there counts. ``stands_for`` is what a row says for
    which one column is there and another is not. ``advice`` is told to whoever imports such a file.
    """

    name: str
    marks: tuple[Collection[str], ...]
    clues: tuple[Clue, ...] = ()
    email: tuple[str, ...] = ("email", "emailaddress")
    opted_in: tuple[str, ...] = ()
    stands_for: tuple[tuple[str, str, Meaning], ...] = ()
    advice: str | None = None


_DATES = (
    "optedin",
    "optintime",
    "confirmtime",
    "subscribedat",
    "subscriptiondate",
    "createdat",
    "creationdate",
)
# Columns of people's own lists that are plainly about whether somebody wants mail.
_STATUSES = ("status", "stat", "subscriptionstatus", "subscriberstatus", "emailstatus", "mailstatus")
_FOR_MAIL = (
    "subscribed",
    "subscribe",
    "subscription",
    "issubscribed",
    "optin",
    "optedin",
    "emailoptin",
    "consent",
    "emailconsent",
    "marketingconsent",
    "acceptsmarketing",
    "acceptsemailmarketing",
    "confirmed",
    "active",
)
_FOR_NONE = (
    "unsubscribed",
    "unsubscribe",
    "isunsubscribed",
    "optout",
    "optedout",
    "emailoptout",
    "donotemail",
    "donotmail",
)
PLAIN = Format(
    "plain list",
    (("email", "emailaddress", "mail"),),
    (
        *(Clue(column, say.COMMON) for column in _STATUSES),
        # Some write when, not whether; who left the cell of such a column blank said nothing.
        *(Clue(column, say.ASKS_FOR_MAIL, blank=say.UNCLEAR, timed=say.CONFIRMED) for column in _FOR_MAIL),
        *(Clue(column, say.ASKS_FOR_NONE, timed=say.LEFT) for column in _FOR_NONE),
    ),
    email=("email", "emailaddress", "mail"),
    opted_in=_DATES,
)
FORMATS = (
    Format(
        "Mailchimp export",
        (("emailaddress", "email"), ("memberrating", "leid", "euid"), ("optintime", "confirmtime")),
        (
            Clue("unsubtime", filled=say.LEFT),
            Clue("cleantime", filled=say.BOUNCED),
            Clue("status", say.MAILCHIMP),
        ),
        email=("emailaddress", "email"),
        opted_in=("confirmtime", "optintime"),
        # In the files of those who left and of those who bounced these stand in the place of LAST_CHANGED.
        stands_for=(("unsubtime", "lastchanged", say.LEFT), ("cleantime", "lastchanged", say.BOUNCED)),
    ),
    Format(
        "Substack export",
        (("email",), ("activesubscription",)),
        (Clue("emaildisabled", say.YES_MEANS_NONE, blank=say.UNCLEAR),),
        opted_in=("createdat",),
    ),
    Format(
        "Ghost export",
        (("email",), ("subscribedtoemails",)),
        (
            Clue("subscribedtoemails", say.YES_MEANS_MAIL, blank=say.UNCLEAR),
            Clue("deletedat", filled=say.LEFT),
        ),
        opted_in=("createdat",),
    ),
    Format(
        "listmonk export",
        (("email",), ("uuid",), ("attributes", "attribs"), ("status",)),
        (Clue("status", say.LISTMONK, blank=say.UNCLEAR),),
        opted_in=("createdat",),
        advice="listmonk's export does not tell who left a single list: "
        "export the list's subscribers with the subscription status confirmed",
    ),
    Format(
        "beehiiv export",
        (("email",), ("status",), ("tier", "subscriptiontier"), ("createdat", "subscribedat")),
        (Clue("status", say.BEEHIIV, blank=say.UNCLEAR), Clue("unsubscribedat", filled=say.LEFT)),
        opted_in=("createdat", "subscribedat"),
    ),
    Format(
        "Buttondown export",
        (
            ("emailaddress", "email"),
            ("type", "subscribertype", "status"),
            ("creationdate", "subscriptiondate", "secondaryid", "referrerurl", "undeliverabilitydate"),
        ),
        (
            Clue("type", say.BUTTONDOWN, blank=say.UNCLEAR),
            Clue("subscribertype", say.BUTTONDOWN, blank=say.UNCLEAR),
            Clue("status", say.BUTTONDOWN),
            Clue("unsubscriptiondate", filled=say.LEFT),
            Clue("undeliverabilitydate", filled=say.BOUNCED),
        ),
        email=("emailaddress", "email"),
        opted_in=("creationdate", "subscriptiondate"),
    ),
)
# Mailchimp packs a file each into one archive; what is in one only its name says.
_NAMED: Mapping[str, Meaning] = {
    "subscribed": say.CONFIRMED,
    "unsubscribed": say.LEFT,
    "archived": say.LEFT,
    "nonsubscribed": say.NEVER_AGREED,
    "cleaned": say.BOUNCED,
}
_NAMES = ("name", "fullname")
_FIRST, _LAST = ("firstname", "givenname"), ("lastname", "surname", "familyname")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in one file: positions in a row. ``stands_for`` is what its rows say without a clue.

    ``least`` is how many cells a row must have to say what it says of its reader: what a row lacks behind
    them is blank. ``columns`` are the headers that are used, by our word, and ``unread`` those of a plain
    list that are not, to be shown.
    """

    format: Format
    email: int
    names: tuple[int, ...]
    opted_in: tuple[int, ...]
    clues: tuple[tuple[int, Clue], ...]
    width: int
    least: int
    stands_for: Meaning
    columns: Mapping[str, str]
    unread: tuple[str, ...]


def knows(header: Sequence[str], chosen: Mapping[str, str]) -> bool:
    """Tell whether a column of addresses can be found in a header read so."""
    names = [plain(cell) for cell in header]
    return any(name in names for name in (plain(chosen.get("email", "")), *PLAIN.email) if name)


def recognise(header: Sequence[str], source: str, line: int, chosen: Mapping[str, str]) -> Layout:
    """Return the layout of a file with this header; ``chosen`` names columns by our word (``FIELDS``).

    Raises BadInput with ``source`` and ``line`` if the addresses cannot be found, or not without doubt.
    """
    names = [plain(cell) for cell in header]
    found = next((one for one in FORMATS if _matches(one, names)), PLAIN)

    def at(word: str, known: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the chosen column, or of those of these names that are there."""
        wanted = [plain(chosen[word])] if word in chosen else [name for name in known if name in names]
        for name in wanted:
            if name not in names:
                raise BadInput(f"there is no column {chosen[word]!r}", source=source, line=line)
            if names.count(name) > 1:
                raise BadInput(
                    f"there are two columns {header[names.index(name)].strip()!r}", source=source, line=line
                )
        return tuple(names.index(name) for name in wanted)

    email = at("email", found.email)
    if not email:
        raise BadInput(_no_addresses(header), source=source, line=line)
    whole = at("name", _NAMES)[:1]
    parts = at("first_name", _FIRST)[:1] + at("last_name", _LAST)[:1]
    clues = tuple((names.index(clue.column), clue) for clue in found.clues if clue.column in names)
    if found is PLAIN and any(name in names for name in _STATUSES):
        # Where one column tells, a blank cell of another is no question.
        clues = tuple((place, replace(clue, blank=None)) for place, clue in clues)
    if "status" in chosen:
        [place] = at("status", ())
        told = next((clue for clue in PLAIN.clues if clue.column == names[place]), Clue("status", say.COMMON))
        # In a list of somebody's own it is for them to say which column counts.
        clues = (*(() if found is PLAIN else clues), (place, told))
    stands_for = [what for there, absent, what in found.stands_for if there in names and absent not in names]
    used = {"email": email[:1], "name": whole or parts, "status": tuple(place for place, _ in clues)}
    opted_in = at("opted_in", found.opted_in)
    read = {place for places in (*used.values(), opted_in) for place in places}
    return Layout(
        format=found,
        email=email[0],
        names=whole or parts,
        opted_in=opted_in,
        clues=clues,
        width=len(header),
        # A service writes down when somebody agreed; people's own lists may lack it.
        least=1 + max([email[0], *used["status"], *(() if found is PLAIN else opted_in)]),
        stands_for=max([_named(found, source), *stands_for], key=lambda what: what.weight),
        columns={
            word: " + ".join(header[place].strip() for place in places) for word, places in used.items()
        },
        unread=tuple(cell.strip() for place, cell in enumerate(header) if place not in read and cell.strip())
        if found is PLAIN
        else (),
    )


def plain(name: str) -> str:
    """Return a column's name as names are compared: letters and digits in lower case."""
    return "".join(char for char in name.lower() if char.isalnum())


def _matches(one: Format, names: Sequence[str]) -> bool:
    return all(any(mark in names for mark in group) for group in one.marks)


def _named(found: Format, source: str) -> Meaning:
    """Return what the name of a file of Mailchimp's says: ``unsubscribed_email_audience_export_….csv``."""
    if not found.name.startswith("Mailchimp"):
        return say.CONFIRMED
    return _NAMED.get(PurePath(source).name.partition("_")[0].lower(), say.CONFIRMED)


def _no_addresses(header: Sequence[str]) -> str:
    if any("@" in cell for cell in header):
        return (
            "the first line is a reader already; put one before it that names the columns: email,name,status"
        )
    return "there is no column email in the first line; name it, or say which it is: --map email=COLUMN"
