"""Exports of other services are known by their header, and nobody who left there comes onto the list here."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from digest.errors import BadInput
from subscribers.moving.formats import recognise
from tests.subscribers.moving.conftest import Everybody, Load

MAILCHIMP = (
    "Email Address,First Name,Last Name,Company,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION"
)
SUBSCRIBED = f"{MAILCHIMP},LAST_CHANGED,LEID,EUID,NOTES,TAGS"
UNSUBSCRIBED = (
    f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,"
    "LEID,EUID,NOTES,TAGS"
)
CLEANED = f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS"
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,"
    "labels,tiers"
)
BEEHIIV = "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,unsubscribed_at"
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
BUTTONDOWN = "id,creation_date,email_address,notes,metadata,tags,referrer_url,type,undeliverability_date"


def row(header: str, **cells: str) -> str:
    """Return a row under a header with these cells, blank elsewhere; ``_`` stands for a space in a name."""
    wanted = {name.replace("_", " ").lower(): cell for name, cell in cells.items()}
    return ",".join(wanted.get(name.replace("_", " ").lower(), "") for name in header.split(","))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (SUBSCRIBED, "Mailchimp export"),
        (UNSUBSCRIBED, "Mailchimp export"),
        (CLEANED, "Mailchimp export"),
        (SUBSTACK, "Substack export"),
        ("email,active_subscription,expiry,email_disabled,created_at", "Substack export"),
        (GHOST, "Ghost export"),
        (f"{GHOST},gift_id", "Ghost export"),
        (BEEHIIV, "beehiiv export"),
        (LISTMONK, "listmonk export"),
        (BUTTONDOWN, "Buttondown export"),
        ("email,name,status", "plain list"),
        ("E-Mail,Full name", "plain list"),
        (f"line,reason,{GHOST}", "Ghost export"),
    ],
)
def test_a_service_is_known_by_its_header(header: str, name: str) -> None:
    assert recognise(header.split(","), "x.csv", 1, {}).format.name == name


@pytest.mark.parametrize(
    ("header", "cells", "becomes"),
    [
        (SUBSCRIBED, {}, "confirmed"),
        (UNSUBSCRIBED, {"unsub_time": "2018-07-23 12:19:27"}, "unsubscribed"),
        (UNSUBSCRIBED, {}, "unsubscribed"),
        (CLEANED, {"clean_time": "2020-03-23 17:30:05"}, "bounced"),
        (CLEANED, {}, "bounced"),
        (f"{SUBSCRIBED},Status", {"status": "Archived"}, "unsubscribed"),
        (SUBSTACK, {"email_disabled": "false", "active_subscription": "false"}, "confirmed"),
        (SUBSTACK, {"email_disabled": "true", "active_subscription": "true"}, "unsubscribed"),
        (GHOST, {"subscribed_to_emails": "true"}, "confirmed"),
        (GHOST, {"subscribed_to_emails": "false"}, "unsubscribed"),
        (GHOST, {"subscribed_to_emails": "true", "deleted_at": "2024-01-01"}, "unsubscribed"),
        (BEEHIIV, {"status": "active"}, "confirmed"),
        (BEEHIIV, {"status": "inactive"}, "unsubscribed"),
        (BEEHIIV, {"status": "paused"}, "paused"),
        (BEEHIIV, {"status": "active", "unsubscribed_at": "2024-03-13 11:33:53 UTC"}, "unsubscribed"),
        (BEEHIIV, {"status": "active", "unsubscribed_at": "null"}, "confirmed"),
        (LISTMONK, {"status": "enabled"}, "confirmed"),
        (LISTMONK, {"status": "disabled"}, "unsubscribed"),
        (LISTMONK, {"status": "blocklisted"}, "unsubscribed"),
        (BUTTONDOWN, {"type": "regular"}, "confirmed"),
        (BUTTONDOWN, {"type": "past_due"}, "confirmed"),
        (BUTTONDOWN, {"type": "paused"}, "confirmed"),
        (BUTTONDOWN, {"type": "unsubscribed"}, "unsubscribed"),
        (BUTTONDOWN, {"type": "regular", "undeliverability_date": "2025-02-26"}, "bounced"),
        (BUTTONDOWN, {"type": "complained"}, "complained"),
        (BUTTONDOWN, {"type": "spammy"}, "unsubscribed"),
    ],
)
def test_what_a_service_says_becomes_our_status(
    load: Load, everybody: Everybody, header: str, cells: dict[str, str], becomes: str
) -> None:
    place = "email" if "email" in header.split(",") else header[header.lower().index("email") :].split(",")[0]
    content = f"{header}\n{row(header, **{place.replace(' ', '_'): 'ann@example.com'}, **cells)}\n"
    load(content)
    assert [status for _, _, status in everybody()] == [becomes]


@pytest.mark.parametrize(
    ("header", "cells", "reason"),
    [
        (f"{SUBSCRIBED},Status", {"status": "pending"}, "never confirmed there"),
        (BEEHIIV, {"status": "pending"}, "never confirmed there"),
        (BEEHIIV, {"status": "Needs Approval"}, "never confirmed there"),
        (BEEHIIV, {}, "does not say whether they want mail"),
        (BEEHIIV, {"status": "asleep"}, "there is no status 'asleep'; use active, paused"),
        (GHOST, {}, "does not say whether they want mail"),
        (LISTMONK, {}, "does not say whether they want mail"),
        (BUTTONDOWN, {"type": "unactivated"}, "never confirmed there"),
    ],
)
def test_who_never_agreed_is_left_out(
    load: Load, everybody: Everybody, header: str, cells: dict[str, str], reason: str
) -> None:
    place = "email_address" if "email_address" in header else "Email Address".replace(" ", "_")
    place = "email" if ",email," in f",{header}," else place
    bad = row(header, **{place: "ann@example.com"}, **cells)
    with pytest.raises(BadInput, match=reason):
        load(f"{header}\n{bad}\n")
    assert everybody() == []


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("subscribed_email_audience_export_8f.csv", ["confirmed"]),
        ("old/unsubscribed_email_audience_export_8f.csv", ["unsubscribed"]),
        ("cleaned_email_audience_export_8f.csv", ["bounced"]),
        ("archived_email_audience_export_8f.csv", ["unsubscribed"]),
    ],
)
def test_what_is_in_a_file_of_mailchimps_its_name_says(
    load: Load, everybody: Everybody, source: str, becomes: Sequence[str]
) -> None:
    load(f"{SUBSCRIBED}\n{row(SUBSCRIBED, email_address='ann@example.com')}\n", source=source)
    assert [status for _, _, status in everybody()] == becomes


def test_mailchimps_nonsubscribed_are_left_out(load: Load, everybody: Everybody) -> None:
    content = f"{SUBSCRIBED}\n{row(SUBSCRIBED, email_address='ann@example.com')}\n"
    with pytest.raises(BadInput, match="never confirmed"):
        load(content, source="nonsubscribed_email_audience_export_8f.csv")


def test_blocked_elsewhere_is_suppressed_here(load: Load) -> None:
    load(f"{LISTMONK}\n{row(LISTMONK, email='ann@example.com', status='blocklisted')}\n")
    report = load("email\nann@example.com\n")
    assert report.problems == ["readers.csv:2: this address is suppressed (import)"]


def test_first_and_last_name_make_a_name(load: Load, everybody: Everybody) -> None:
    load(
        f"{BEEHIIV}\n"
        "a@example.com, Ann , Lee ,active,free,,,\n"
        "b@example.com,Ben,,active,free,,,\n"
        "c@example.com,, Cy ,active,free,,,\n"
        "d@example.com,,,active,free,,,\n"
    )
    assert [name for _, name, _ in everybody()] == ["Ann Lee", "Ben", "Cy", None]


def test_columns_can_be_named(load: Load, everybody: Everybody) -> None:
    report = load(
        "Adresse;Wie heißt du?;Zustand\nann@example.com;Zoë;Subscribed\nben@example.com;;opted out\n",
        chosen={"email": "adresse", "name": "Wie heißt du?", "status": "Zustand"},
    )
    assert report.layout.columns == {"email": "Adresse", "name": "Wie heißt du?", "status": "Zustand"}
    assert everybody() == [("ann@example.com", "Zoë", "confirmed"), ("ben@example.com", None, "unsubscribed")]


def test_a_named_column_must_be_there(load: Load) -> None:
    with pytest.raises(BadInput, match=r"readers\.csv:1: there is no column 'Mail'"):
        load("email\nann@example.com\n", chosen={"email": "Mail"})


@pytest.mark.parametrize(
    ("column", "cell", "status"),
    [
        ("Subscribed", "no", "unsubscribed"),
        ("Subscribed", "Yes", "confirmed"),
        ("Subscribed", "2024-05-01", "confirmed"),
        ("opted_in", "FALSE", "unsubscribed"),
        ("opted_in", "2018-02-05 19:28:23", "confirmed"),
        ("Opt-in", "1", "confirmed"),
        ("Accepts Marketing", "no", "unsubscribed"),
        ("Unsubscribed", "no", "confirmed"),
        ("Unsubscribed", "", "confirmed"),
        ("Unsubscribed", "yes", "unsubscribed"),
        ("unsubscribed", "2024-05-01 12:00:00", "unsubscribed"),
        ("Opt out", "true", "unsubscribed"),
        ("stat", "unsubscribed", "unsubscribed"),
        ("Subscription status", "active", "confirmed"),
    ],
)
def test_a_list_of_ones_own_is_heard_where_it_says_who_wants_mail(
    load: Load, everybody: Everybody, column: str, cell: str, status: str
) -> None:
    load(f"Email,Name,{column}\nann@example.com,Ann,{cell}\n")
    assert everybody() == [("ann@example.com", "Ann", status)]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        (
            "Subscribed",
            "perhaps",
            "there is no status 'perhaps'; use .* or name the column .*: --map status=",
        ),
        ("Subscribed", "", "the row does not say whether they want mail"),
        ("stat", "no", "there is no status 'no'"),
        ("Unsubscribed", "perhaps", "there is no status 'perhaps'"),
    ],
)
def test_where_it_is_not_clear_who_wants_mail_nobody_is_taken(
    load: Load, column: str, cell: str, reason: str
) -> None:
    with pytest.raises(BadInput, match=reason):
        load(f"Email,Name,{column}\nann@example.com,Ann,{cell}\n")


def test_the_column_that_was_named_has_the_say(load: Load, everybody: Everybody) -> None:
    content = "email,stat,do not mail\nann@example.com,single,no\nben@example.com,married,yes\n"
    load(content, chosen={"status": "do not mail"})
    assert [status for _, _, status in everybody()] == ["confirmed", "unsubscribed"]


def test_where_a_status_column_tells_a_blank_cell_beside_it_is_no_question(
    load: Load, everybody: Everybody
) -> None:
    load("email,status,opted_in\nann@example.com,confirmed,\nben@example.com,confirmed,no\n")
    assert [status for _, _, status in everybody()] == ["confirmed", "unsubscribed"]


def test_listmonks_user_is_told_what_its_export_does_not_say() -> None:
    advice = recognise(LISTMONK.split(","), "x.csv", 1, {}).format.advice
    assert advice is not None
    assert "does not tell who left a single list" in advice
