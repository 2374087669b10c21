"""``digest init``: a configuration file with comments, and a database ready for use."""

from __future__ import annotations

import secrets

import click

from digest.db import Database
from digest.settings import config_file, read_settings
from jobs.migrations import HEAD, upgrade

_CONFIG = """\
# Weekly Verdicts. Every key can also come from the environment: DIGEST_SECTION__KEY, or …_FILE naming a file;
# __ stands for each dot (DIGEST_BRAND__WORDS__SHIP), a list is written with commas. Short names:
# DIGEST_DATABASE_URL, DIGEST_SMTP_URL, DIGEST_BASE_URL, DIGEST_SECRET_KEY.

[brand]
name = "Weekly AI Tool Verdicts"
sender = "Ship or Skip"
# The law of most countries wants a postal address in every issue.
address = "Ship or Skip, 1 Example Street, 10000 Example City"
# A picture in the masthead, in the place of SHIP or SKIP, and the words that stand in where pictures are off.
# logo = "https://example.com/logo.png"
# logo_alt = "Ship or Skip"
# logo_width = 160

# The voice of the verdicts, and the colours of the e-mails; any of them.
# [brand.words]
# ship = "SHIP"
# skip = "SKIP"
# split = "SPLIT"
# picks = "Panel’s pick"
# [brand.colours]
# ink = "#14181C"
# ship = "#00664D"
# skip = "#B23309"
# [brand.colours.dark]
# ship = "#3FBF98"

[mail]
from_address = "digest@example.com"
# reply_to = "editor@example.com"
# Who hears by mail that an issue is drafted, held back, missed, paused or sent.
# editor = "editor@example.com"
# Where undeliverable mail comes back to, as bounces+TOKEN@…; hand digest that mail (docs/bounces.md).
# bounces = "bounces@news.example.com"

[bounces]
# A mailbox that is full or away on so many days within the window gets a last question before it is given up.
soft_days = 5
soft_window = "30d"

[smtp]
# smtp://user:password@host:587?tls=starttls, smtps://user:password@host, lmtp://host:24
url = "smtp://127.0.0.1:25"

[mailin]
# Coming and leaving by mail, see docs/mailin.md. A mail server hands over by LMTP or SMTP …
# lmtp = "127.0.0.1:8024"
# smtp = "unix:/run/digest/mailin.sock"
# … or a mailbox is polled. What is done with is marked as read and goes to the folder, if there is one.
# imap = "imaps://user:password@imap.example.com"
# inbox = "INBOX"
# folder = "Done"
# every = "60s"
# subscribe = "subscribe@example.com"
# unsubscribe = "unsubscribe@example.com"
# The name of your own mail server in the Authentication-Results it writes.
# authserv_id = "mx.example.com"

[web]
# Where readers reach the pages; every link in the e-mail begins with it.
base_url = "http://127.0.0.1:8000"
host = "127.0.0.1"
port = 8000
# Signs the links in the e-mails. When you change it, move the old one to old_secret_keys: old links live on.
secret_key = "{secret}"

# Proxies that say for whom they ask (X-Forwarded-For); name yours if it is not on this machine.
# trusted_proxies = ["127.0.0.1", "::1"]

[limits]
# How many sign-ups are acted upon: from one client (an IPv4 address, an IPv6 /64), its network (/24, /48),
# for one mailbox, for one domain, and of all; "" is no bound. See docs/subscribing.md.
client = "10/10m, 50/1d"
network = "40/10m, 200/1d"
address = "5/1d"
domain = "500/1h"
overall = "3000/1h"
# Sign-ups by mail are counted apart: anybody can forge their senders.
mail_domain = "20/1h, 60/1d"
mail_overall = "40/1h, 200/1d"
# More than this slows the confirmation mails down to this, and you are told.
surge = "150/1h"
surge_pace = "10/1m"
# Who sends the form sooner than this is a robot; an older one is shown again.
fastest = "2s"
stale_after = "1d"
# So many bits of work a browser does for the form: 16 is half a second, and takes JavaScript; 0 is none.
proof_of_work = 0
# Where it is counted: database, or redis://host:6379/0 (pip install 'weekly-verdicts[redis]').
storage = "database"

[schedule]
weekday = "fri"
time = "09:00"
timezone = "UTC"
# automatic = false leaves building and sending to you. A slot missed by more than max_late is not sent.
automatic = true
max_late = "72h"
# So long before its slot an issue is drafted, and the editor told; "0s": at the slot.
draft_before = "24h"

[selection]
# The most matchups of an issue; two tools each.
size = 16
# So many takes a tool needs before an issue may have it; so long a pair that ran does not meet again.
min_takes = 3
rematch_after_weeks = 52

[issue]
# What you decide for one week: issues/2026-W47.yaml (digest issue edit).
path = "issues"
# How much of each matchup is shown: auto stays below the size that Gmail clips; or full, short, stub,
# or one word for each of the first, like "full, full, short".
depth = "auto"

[lint]
# Rules of digest issue lint whose findings are kept back; docs/lint.md has them all.
silence = []

# Feeds, or tools as JSON, that are polled; any number of such tables.
# [sources.launches]
# url = "https://example.com/feed.xml"
# every = "6h"
# category = "Developer Tools"

# Who reviews, in the order panels are shown in; left out: Builder, Skeptic, Futurist, Founder, Creator.
# [[panel.reviewers]]
# name = "Builder"
# initial = "B"
# colour = "#0b7285"
# brief = "Would I build on it?"

[sending]
connections = 10
# Messages a second, in all and to one domain, "*" to every other; left out: as fast as the server goes.
# rate_per_second = 14
# per_domain = {{ "gmail.com" = 20, "*" = 100 }}
# An issue is paused when this share of its last 200 answers refused the reader for good.
pause_at_refusals = 0.3
# A connection is closed after so many messages, or so long.
connection_messages = 1000
connection_life = "5m"
# How long the server may take for an answer, and for the one to a whole message.
timeout = "60s"
final_timeout = "10m"
# A reader who is put off (4xx) is tried again after retry_first, then with growing waits up to retry_most.
retry_first = "5s"
retry_most = "1h"
give_up_after = "48h"

[templates]
# A folder with email/ and web/ in it, whose files take the place of the shipped ones of the same name.
# path = "templates"

[catalogue]
# A folder of tools and saved pages; digest preview imports a file again when it is saved.
# path = "catalogue"

[database]
url = "sqlite:///digest.db"
"""


@click.command()
def init() -> None:
    """Write digest.toml with comments and create or migrate the database."""
    config = config_file()
    try:
        # Mode 0600 from the start: the file holds a secret.
        config.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        click.echo(f"{config} is there already; left as it is")
    else:
        config.write_text(_CONFIG.format(secret=secrets.token_hex(32)), "utf-8")
        click.echo(
            f"{config} written; set [mail], [smtp], [web] base_url and [brand] address before going live"
        )
    # Read once more: a new file decides where the database stands.
    database = Database(read_settings().database.url)
    before = upgrade(database)
    said = {None: "created", HEAD: "is up to date"}.get(before, f"migrated from {before} to {HEAD}")
    click.echo(f"database {database.url.render_as_string()} {said}")
