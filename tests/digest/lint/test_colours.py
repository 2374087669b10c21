import pytest

from digest.lint.colours import check_contrast
from tests.digest.lint.mails import with_body

_DARK = "<style>@media (prefers-color-scheme: dark) { .card { background: #111 !important } }</style>"


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ('<p style="color:#999">pale</p>', ["light, line 1, <p> “pale”", "dark, line 1, <p> “pale”"]),
        ('<p style="color:#333">dark enough</p>', []),
        ('<td bgcolor="#333333"><p>black on grey</p></td>', ["light", "dark"]),
        ('<div style="display:none;color:#fff">hidden</div>', []),
        ('<div style="background:#000;color:#000"></div>', []),
        (
            '<td style="font-size:0px;color:#fff">no size <p style="font-size:14px">pale</p></td>',
            ["light", "dark"],
        ),
        ('<td style="font-size:0">no size</td>', []),
        ('<p style="color:hsl(0, 0%, 70%)">pale</p>', ["light", "dark"]),
        ('<p style="color:rgba(0, 0, 0, 0.3)">pale by the ground that shines through</p>', ["light", "dark"]),
        ('<p style="color:#00000033">pale</p>', ["light", "dark"]),
        ('<p style="color:LightGrey">pale</p>', ["light", "dark"]),
        ('<font color="silver">pale</font>', ["light", "dark"]),
        ('<div style="background:rgba(255,255,255,0)"><p>on what is below</p></div>', []),
        ('<div style="background:url(black.png)"><p>on what is below</p></div>', []),
        ('<div style="background:#00664D"><b style="color:#fff">on green</b></div>', []),
    ],
)
def test_text_must_stand_out_from_its_ground(body: str, places: list[str]) -> None:
    found = [finding.where for finding in check_contrast(with_body(body))]
    assert len(found) == len(places)
    assert all(where.startswith(place) for where, place in zip(found, places, strict=True))


def test_the_authored_dark_is_looked_at_too() -> None:
    card = '<div class="card"><p>black</p></div>'
    found = list(check_contrast(with_body(card, head=_DARK)))
    assert [finding.where for finding in found] == ["dark, line 1, <p> “black”"]
    assert found[0].why.startswith("#000000 on #111111")
