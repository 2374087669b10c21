import re
from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import SettingsError
from digest.palette import DARK, LIGHT
from digest.settings import LintSettings, Rate, read_settings


def config(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "digest.toml"
    path.write_text(text, "utf-8")
    return {"DIGEST_CONFIG": str(path)}


def test_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).schedule.timezone == "UTC"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = config(tmp_path, '[schedule]\nweekday = "mon"\ntime = "07:30"\n')
    settings = read_settings(environment | {"DIGEST_SCHEDULE__WEEKDAY": "tue"})
    assert settings.schedule.weekday == "tue"
    assert settings.schedule.time.isoformat() == "07:30:00"


def test_the_four_short_names_work() -> None:
    settings = read_settings(
        {
            "DIGEST_DATABASE_URL": "sqlite:///other.db",
            "DIGEST_SMTP_URL": "smtps://mail.example.com",
            "DIGEST_BASE_URL": "https://digest.example.com/",
            "DIGEST_SECRET_KEY": "0123456789abcdef",
        }
    )
    assert settings.database.url == "sqlite:///other.db"
    assert settings.smtp.url.get_secret_value() == "smtps://mail.example.com"
    assert settings.web.base_url == "https://digest.example.com"


def test_a_secret_can_come_from_a_file_named_in_either_place(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file-1234\n", "utf-8")
    by_variable = read_settings({"DIGEST_SECRET_KEY_FILE": str(tmp_path / "key")})
    by_key = read_settings(config(tmp_path, '[web]\nsecret_key_file = "key"\n'))
    for settings in (by_variable, by_key):
        assert settings.web.secret_key is not None
        assert settings.web.secret_key.get_secret_value() == "from-a-file-1234"


def test_secrets_are_not_printed() -> None:
    settings = read_settings({"DIGEST_SECRET_KEY": "0123456789abcdef", "DIGEST_SMTP_URL": "smtp://u:pw@h"})
    assert "0123456789abcdef" not in repr(settings)
    assert "pw@" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("DIGEST_WEB__PROT", "1", "[web] prot: there is no such setting; did you mean port?"),
        ("DIGEST_WEBB__PORT", "1", "[webb]: there is no such setting; did you mean web?"),
        ("DIGEST_SCHEDULE__TIMEZONE", "Mars/Base", "not an IANA time zone; write it like Europe/Paris"),
        ("DIGEST_SCHEDULE__TIMEZONE", "../etc", "not an IANA time zone"),
        ("DIGEST_SENDING__TIMEOUT", "soon", "write a duration like 30s, 15m, 48h or 14d"),
        ("DIGEST_BASE_URL", "javascript:alert(1)", "write it like https://digest.example.com"),
        ("DIGEST_MAILIN__LMTP", "8024", "write it like 127.0.0.1:8024 or unix:/run/digest.sock"),
        ("DIGEST_MAILIN__SMTP", "127.0.0.1:99999", "write it like 127.0.0.1:8024"),
        ("DIGEST_MAILIN__SUBSCRIBE", "subscribe", "write it like subscribe@example.com"),
        ("DIGEST_MAILIN__UNSUBSCRIBE", f"{'u' * 19}@example.com", "more than 18 letters before the @"),
        ("DIGEST_MAILIN__EVERY", "0s", "write 1s or more"),
        ("DIGEST_BRAND__NAME", "A\r\nBcc: x@example.com", "must be one line without control characters"),
    ],
)
def test_a_wrong_setting_says_where_and_what_to_write(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({variable: value})
    assert said in str(raised.value)
    assert variable in str(raised.value)


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"DIGEST_SMTP__URLL": "smtp://user:hunter2@host"})
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_named_but_missing_or_broken_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        read_settings({"DIGEST_CONFIG": str(tmp_path / "none.toml")})
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(config(tmp_path, "[web\n"))


def test_relative_folders_count_from_the_file(tmp_path: Path) -> None:
    settings = read_settings(config(tmp_path, '[catalogue]\npath = "tools"\n'))
    assert settings.catalogue.path == tmp_path / "tools"


def test_durations_read_in_their_unit() -> None:
    settings = read_settings({"DIGEST_SENDING__GIVE_UP_AFTER": "90m"})
    assert settings.sending.give_up_after == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            '[[panel.reviewers]]\nname = "A"\ninitial = "A"\ncolour = "red"\nbrief = "x"',
            "[panel] reviewers 0 colour: write it like #0b7285",
        ),
        ('[sources.news]\nurl = "ftp://x"', "[sources] news url: write it like https://example.com/feed.xml"),
    ],
)
def test_a_value_of_another_form_is_told_by_an_example(tmp_path: Path, table: str, says: str) -> None:
    (tmp_path / "digest.toml").write_text(table)
    with pytest.raises(SettingsError) as raised:
        read_settings({"DIGEST_CONFIG": str(tmp_path / "digest.toml")})
    assert str(raised.value).endswith(says)


def test_a_brands_own_colours_stand_beside_the_houses(tmp_path: Path) -> None:
    brand = read_settings(config(tmp_path, '[brand.colours]\nship = "#003D99"\n')).brand
    assert brand.colours.over(LIGHT) == LIGHT.over({"ship": "#003D99"})
    assert brand.colours.dark.over(DARK) == DARK


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[brand.colours]\nship = "#7FE0B0"\n', r"light: on_ship on ship has a contrast of 1\.\d:1"),
        ('[brand.colours.dark]\nmuted = "#333333"\n', "dark: muted on surface has a contrast of"),
        ('[brand.colours]\nship = "green"\n', "ship"),
        ('[brand.colours]\nshop = "#003D99"\n', "did you mean ship"),
        ('[brand.words]\nship = "WORTH YOUR TIME"\n', "too long for a phone; take at most 8 letters"),
        ('[brand]\nlogo = "https://example.com/a.png"\n', "logo needs logo_alt"),
        ('[brand]\nlogo = "http://example.com/a.png"\nlogo_alt = "A"\n', "logo"),
        ('[issue]\ndepth = "deep"\n', "write auto, full, short or stub"),
    ],
)
def test_a_look_that_cannot_be_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        read_settings(config(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ('"auto"', "auto"),
        ('"short"', "short"),
        ('"full, full, short"', ("full", "full", "short")),
        ('["full", "short"]', ("full", "short")),
    ],
)
def test_depth_is_a_word_or_a_list(tmp_path: Path, text: str, depth: object) -> None:
    assert read_settings(config(tmp_path, f"[issue]\ndepth = {text}\n")).issue.depth == depth


def test_every_list_comes_from_the_environment_with_commas() -> None:
    settings = read_settings(
        {
            "DIGEST_LINT__SILENCE": "text-width, clients",
            "DIGEST_WEB__OLD_SECRET_KEYS": "one,two",
            "DIGEST_SOURCES__NEWS__URL": "https://example.com/feed.xml",
            "DIGEST_SOURCES__NEWS__HOSTS": "a.example.com,b.example.com",
            "DIGEST_ISSUE__DEPTH": "full, short",
        }
    )
    assert settings.lint.silence == ("text-width", "clients")
    assert [key.get_secret_value() for key in settings.web.old_secret_keys] == ["one", "two"]
    assert settings.sources["news"].hosts == ("a.example.com", "b.example.com")
    assert settings.issue.depth == ("full", "short")


def test_a_key_of_a_nested_table_comes_from_the_environment_and_leaves_its_neighbours(
    tmp_path: Path,
) -> None:
    file = config(tmp_path, '[brand.words]\nship = "YES"\nskip = "NO"\n')
    brand = read_settings(
        {**file, "DIGEST_BRAND__WORDS__SHIP": "ADOPT", "DIGEST_BRAND__COLOURS__DARK__SHIP": "#7FB2FF"}
    ).brand
    assert (brand.words.ship, brand.words.skip) == ("ADOPT", "NO")
    assert brand.colours.dark.ship == "#7FB2FF"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (
            "DIGEST_BRAND__WORDS__SHOP",
            "YES",
            "[brand] words shop: there is no such setting; did you mean ship?",
        ),
        ("DIGEST_BRAND__WORDS__SHIP", "  ", "[brand] words ship: needs a word, not blanks"),
        (
            "DIGEST_BRAND__WORDS__SHIP",
            "skip",
            "[brand] words: ship, skip and split need three different words",
        ),
        ("DIGEST_BRAND__COLOURS__DARK__SHIP", "red", "[brand] colours dark ship: write it like #0b7285"),
        (
            "DIGEST_BRAND__COLOURS__DARK__INK",
            "#333333",
            "[brand] colours: dark: ink on surface has a contrast",
        ),
        ("DIGEST_BRAND__LOGO", "http://a", "[brand] logo: write it like https://example.com/logo.png"),
        (
            "DIGEST_SOURCES__NEWS__HOST",
            "a",
            "[sources] news host: there is no such setting; did you mean hosts?",
        ),
        ("DIGEST_PANEL__REVIEWERS", "Ann", "[panel] reviewers 0: "),
    ],
)
def test_a_wrong_nested_setting_names_its_variable(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({"DIGEST_SOURCES__NEWS__URL": "https://example.com", variable: value})
    assert str(raised.value).startswith(f"{variable}: {said}")


def test_a_table_that_two_places_filled_names_both(tmp_path: Path) -> None:
    file = config(tmp_path, '[brand]\nlogo = "https://example.com/a.png"\n')
    with pytest.raises(SettingsError, match=r"digest\.toml, DIGEST_BRAND__NAME: \[brand\]: logo needs"):
        read_settings({**file, "DIGEST_BRAND__NAME": "Mine"})


def test_a_rule_to_silence_that_there_is_not_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="text-widht is no rule; did you mean text-width"):
        LintSettings(silence=("text-widht",))
    assert LintSettings(silence=("text-width", "clients:css-display-flex")).silence


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[web]\nport = 1\n\n[brand]\nnmae = "x"\n', 5),
        ('[brand]\nname = "x"\n[brand.colours]\nsurface = "#ffffff"\nink = "#fffffe"\n', 3),
        ('[issue]\ndepth = "ful"\n', 2),
        ('[web]\nport = 1\n[issue]\ndepth = "auto\n', 4),
        ('brand.words.ship = "MUCH TOO LONG"\n', 1),
    ],
    ids=("a key", "a table", "a value", "not TOML", "a dotted key"),
)
def test_a_mistake_in_the_file_has_a_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(config(tmp_path, text))
    assert (raised.value.source, raised.value.line) == (str(tmp_path / "digest.toml"), line)


def test_bounds_are_written_as_so_many_within_so_long() -> None:
    limits = read_settings({"DIGEST_LIMITS__CLIENT": "5/10m, 20/1d", "DIGEST_LIMITS__DOMAIN": ""}).limits
    assert limits.client == (Rate(5, timedelta(minutes=10)), Rate(20, timedelta(days=1)))
    assert limits.domain == ()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("LIMITS__CLIENT", "5", "like 20/1h"),
        ("LIMITS__CLIENT", "0/1h", "like 20/1h"),
        ("LIMITS__CLIENT", "5/soon", "like 30s, 15m, 48h or 14d"),
        ("LIMITS__SURGE", "", "like 20/1h"),
        ("LIMITS__STORAGE", "memcached://x", "like redis://127.0.0.1:6379/0"),
        ("WEB__TRUSTED_PROXIES", "proxy.example", "like 127.0.0.1 or 10.0.0.0/8"),
    ],
)
def test_a_bound_that_cannot_be_read_is_told_with_an_example(key: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        read_settings({f"DIGEST_{key}": value})


def test_proxies_are_addresses_and_networks() -> None:
    read = read_settings({"DIGEST_WEB__TRUSTED_PROXIES": "10.1.2.3/8,::1"})
    assert read.web.trusted_proxies == ("10.0.0.0/8", "::1")


def test_rates_by_domain_come_from_the_environment_in_one_line() -> None:
    settings = read_settings({"DIGEST_SENDING__PER_DOMAIN": "gmail.com=20, *=2.5"})
    assert settings.sending.per_domain == {"gmail.com": 20.0, "*": 2.5}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("PER_DOMAIN", "gmail.com", "like gmail.com=20, *=100"),
        ("RETRY_FIRST", "2h", "retry_first is longer than retry_most"),
        ("CONNECTION_LIFE", "0s", "longer than nothing"),
    ],
)
def test_paces_at_odds_are_refused(key: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        read_settings({f"DIGEST_SENDING__{key}": value})
