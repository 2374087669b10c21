from dataclasses import replace

from digest.lint.running import lint
from digest.lint.values import Severity
from digest.settings.lintrules import RULES
from tests.digest.lint.mails import shipped, with_body


def test_the_shipped_templates_have_nothing_to_mend() -> None:
    report = lint(shipped())
    assert [(finding.rule, finding.where, finding.why) for finding in report.findings] == []


def test_errors_come_first_and_are_counted() -> None:
    report = lint(replace(shipped(), subject="RE: hello there, dear reader", preheader="Short"))
    assert [finding.severity for finding in report.findings] == [Severity.ERROR, Severity.WARNING]
    assert (report.json()["errors"], report.json()["warnings"]) == (1, 1)


def test_a_silenced_rule_is_counted_and_kept_back() -> None:
    mail = replace(shipped(), preheader="Short")
    assert lint(mail, silence=["preheader-length"]).findings == ()
    assert lint(mail, silence=["preheader-length"]).silenced == 1


def test_every_rule_that_speaks_is_in_the_list_of_rules() -> None:
    worst = with_body(
        '<h3>Hi</h3><table><tr><td>x</td></tr></table><img src="data:x" width="900"><img src="https://e.com/a.png">'
        '<a href="javascript:x">go</a><a href="http://10.0.0.1/">b</a><a href="https://e.com/">click here</a>'
        '<p style="color:#999;font-size:8px">pale {{ name }}</p><video></video>'
    )
    found = lint(replace(worst, subject="RE: X", preheader="")).findings
    assert {finding.rule for finding in found} <= set(RULES)
    assert len({finding.rule for finding in found}) > 12
    assert all(finding.where and finding.why and finding.do for finding in found)


def test_links_are_followed_only_when_somebody_is_there_to_ask() -> None:
    mail = with_body('<h1>x</h1><a href="https://digest.example.com/issues/2026-W47">the issue</a>')
    asked: list[str] = []

    def fetch(address: str) -> int:
        asked.append(address)
        return 404

    found = lint(mail, internal=fetch).findings
    assert asked == ["https://digest.example.com/issues/2026-W47"]
    assert "our own page answers 404" in [finding.why for finding in found]


def test_one_feature_is_silenced_by_the_name_its_finding_gives() -> None:
    mail = with_body('<h1>x</h1><video></video><p style="display:flex">x</p>')
    features = {finding.feature for finding in lint(mail).findings if finding.rule == "clients"}
    assert len(features) > 1
    left = lint(mail, silence=["clients:html-video"]).findings
    assert {finding.feature for finding in left if finding.rule == "clients"} == features - {"html-video"}
    advice = [finding.do for finding in lint(mail).findings if finding.feature == "html-video"]
    assert '"clients:html-video"' in advice[0]
