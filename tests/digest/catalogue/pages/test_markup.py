import pytest

from digest.catalogue.pages.lines import Line, page_of
from digest.catalogue.pages.markup import shown_lines


def lines(html: str) -> list[str]:
    return [line.text for line in page_of(shown_lines(html, "page.html"), "page.html").lines]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one<p>two", ["one", "two"]),
        ("one<br>two<br/>three", ["one", "two", "three"]),
        ("<p>a <b>b</b><i>c</i>\n d</p>", ["a bc d"]),
        ("<div>a<div>b</div>c</div>", ["a", "b", "c"]),
        ("<ul><li>a<li>b</ul>c", ["a", "b", "c"]),
        ("<table><tr><th>a<td>b</table>", ["a", "b"]),
        ("<pre>a\n  b <b>c</b>\n</pre>d", ["a", "b c", "d"]),
        ("<p>a&nbsp;b &lt;b&gt; &eacute;&#x1F600; &bogus; AT&T", ["a b <b> é😀 &bogus; AT&T"]),
        ("<p>88<!-- -->/<!-- -->100", ["88/100"]),
        ("<p>He said <q>no</q>.", ["He said “no”."]),
        ("<section><custom-card>a</custom-card>b</section>", ["ab"]),
        ("a<span style='color:red; Display : flex'>b</span>c", ["a", "b", "c"]),
    ],
)
def test_text_is_broken_into_lines_as_a_browser_does(html: str, expected: list[str]) -> None:
    assert lines(html) == expected


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>if (a < b) { '<p>x</p>' }</script>",
        "<style>p { content: '<p>x</p>' }</style>",
        "<template><p>x</p></template>",
        "<noscript><p>x</p></noscript>",
        "<nav><ul><li>x</ul></nav>",
        "<button>x <b>y</b></button>",
        "<select><option>x<option>y</select>",
        "<textarea>x <p>y</textarea>",
        "<svg><title>x</title><text>y</text></svg>",
        "<iframe><p>x</iframe>",
        "<div hidden><p>x<div>y</div></div>",
        "<p hidden='until-found'>x</p>",
        "<div style='margin: 0;DISPLAY:none !important'><p>x</p></div>",
        "<div style='visibility: hidden'>x</div>",
        "<dialog><p>x</p></dialog>",
        "<!-- <p>x</p> -->",
        "<![CDATA[x]]>",
        "<?php echo 'x' ?>",
    ],
)
def test_what_a_browser_does_not_show_or_is_there_to_be_pressed_is_left_out(hidden: str) -> None:
    assert lines(f"<p>a</p>{hidden}<p>b</p>") == ["a", "b"]


def test_an_open_dialog_and_folded_details_are_read() -> None:
    html = "<dialog open>a</dialog><details><summary>b</summary>c</details>"
    assert lines(html) == ["a", "b", "c"]


def test_lines_know_where_they_begin_in_the_file() -> None:
    html = """<!DOCTYPE html>
<html><head><script>
var page = "<p>";
</script></head>
<body
  class="a"><p>

five</p><!--
--><div
>ten <b
>ten</b>
<i>ten too</i></div><div hidden>

</div><pre>fourteen
fifteen</pre>
"""
    found = {
        line.text.split()[0]: line.number for line in shown_lines(html, "page.html") if line.text.strip()
    }
    assert found == {"five": 8, "ten": 10, "fourteen": 14, "fifteen": 15}


def test_the_lines_of_a_blockquote_know_that_they_belong_together() -> None:
    html = "<p>a<blockquote><p>b<p>c<footer>d</footer></blockquote><blockquote>e</blockquote>f"
    assert [(line.text, line.quote) for line in shown_lines(html, "page.html")] == [
        ("a", 0),
        ("b", 1),
        ("c", 1),
        ("d", 0),
        ("e", 2),
        ("f", 0),
    ]


def test_a_page_without_elements_is_its_text() -> None:
    assert shown_lines("one", "page.html") == [Line(1, "one")]
    assert shown_lines("<!-- -->", "page.html") == []


def test_half_a_character_is_a_question_mark() -> None:
    assert lines("<p>a\ud800b") == ["a?b"]
