from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from digest.catalogue import store
from digest.catalogue.batch import gather
from digest.catalogue.importing import ImportReport, bring_in, import_paths
from digest.catalogue.marking import mark
from digest.catalogue.rows import ToolRow
from digest.catalogue.values import Take, Tool, Verdict
from digest.catalogue.versions import history
from digest.db import Database
from digest.errors import BadInput
from tests.factories import RULES, tool
from tests.pagetext import compact_page, labelled_page, lantern, loupe

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = date(2026, 11, 17)
OTHER = lantern(
    tagline="Burns oil", takes=(Take("Builder", "It smells.", 20, Verdict.SKIP),), stated_percent=0
)


def bring(session: Session, *paths: Path, at: datetime = NOW, update: bool = False) -> ImportReport:
    return import_paths(session, paths, rules=RULES, published=DAY, now=at, update=update)


def save(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def state(session: Session) -> list[object]:
    session.expire_all()
    rows = session.execute(select(ToolRow.slug, ToolRow.source, ToolRow.updated_at).order_by(ToolRow.slug))
    tools = store.listing_page(session, None, 100)
    return [*(tuple(row) for row in rows), *tools, sorted(store.compared_pairs(session))]


def test_a_page_brings_two_tools_and_their_comparison(session: Session, tmp_path: Path) -> None:
    page = save(tmp_path / "page.txt", labelled_page(lantern(), loupe()))
    report = bring(session, page)
    assert report == ImportReport(added=("lantern", "loupe"), compared=1)
    assert store.load_tool(session, "lantern") == lantern(published_on=DAY, compared_with=("loupe",))
    assert store.sources(session) == [str(page)]


def test_importing_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    save(tmp_path / "b.txt", compact_page(OTHER, loupe()))
    save(tmp_path / "c.yaml", "name: Mirror\ncompared_with: [lantern]\n")
    first = bring(session, tmp_path)
    before = state(session)
    again = bring(session, tmp_path, at=NOW + timedelta(days=1))
    assert state(session) == before
    assert again.unchanged == ("mirror", "lantern", "loupe", "lantern-2")
    assert (again.added, again.filled, again.kept_apart, again.compared) == ((), (), (), 0)
    assert first.kept_apart == ("lantern-2",)


def test_the_order_of_pages_does_not_matter_for_what_they_share(database: Database, tmp_path: Path) -> None:
    mirror = tool("Mirror", 70, published_on=None, stated_percent=100)
    pages = [
        save(tmp_path / "a.txt", labelled_page(lantern(), loupe())),
        save(tmp_path / "b.txt", compact_page(lantern(), mirror)),
        save(tmp_path / "c.txt", compact_page(loupe(), lantern())),
    ]
    outcomes = []
    for order in permutations(pages):
        with database.writing() as session:
            for page in order:
                assert bring(session, page).warnings == ()
            outcomes.append((store.listing_page(session, None, 9), store.compared_pairs(session)))
            session.rollback()
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0][0][0].takes == lantern().takes


def test_a_compact_page_first_is_filled_by_the_labelled_one(session: Session, tmp_path: Path) -> None:
    creator = Take("Creator", "I drew with it.", 45, Verdict.SKIP)
    full = lantern(takes=(*lantern().takes[:3], creator))
    bring(session, save(tmp_path / "b.txt", compact_page(full, loupe())))
    assert store.load_tool(session, "lantern").takes[3].reviewer == "Founder"
    report = bring(session, save(tmp_path / "a.txt", labelled_page(full, loupe())))
    assert report.filled == ("lantern", "loupe")
    assert store.load_tool(session, "lantern").takes == full.takes


def test_another_review_of_the_name_is_kept_apart_and_said(session: Session, tmp_path: Path) -> None:
    bring(session, save(tmp_path / "a.txt", labelled_page(lantern(), loupe())))
    page = save(tmp_path / "b.txt", labelled_page(OTHER, loupe()))
    report = bring(session, page)
    assert (report.kept_apart, report.unchanged) == (("lantern-2",), ("loupe",))
    assert report.warnings == (
        f"{page}: Lantern is kept apart as lantern-2: lantern holds a different review "
        "(another tagline, other takes by Builder); --update would have replaced that one",
    )
    assert store.load_tool(session, "lantern").takes == lantern().takes
    assert store.compared_pairs(session) == {("lantern", "loupe"), ("lantern-2", "loupe")}


def test_update_replaces_the_review_instead(session: Session, tmp_path: Path) -> None:
    bring(session, save(tmp_path / "a.txt", labelled_page(lantern(), loupe())))
    page = save(tmp_path / "b.txt", labelled_page(OTHER, loupe()))
    later = NOW + timedelta(days=1)
    report = bring(session, page, at=later, update=True)
    assert (report.updated, report.kept_apart) == (("lantern",), ())
    assert report.warnings[0].startswith(f"{page}: Lantern: replaces the review that lantern held (")
    tool = store.load_tool(session, "lantern")
    assert (tool.tagline, tool.takes) == ("Burns oil", OTHER.takes)
    before = state(session)
    assert bring(session, page, at=later + timedelta(days=1), update=True).unchanged == ("lantern", "loupe")
    assert state(session) == before


def test_two_reviews_of_one_name_do_not_fight_over_a_listing_in_one_update(
    database: Database, tmp_path: Path
) -> None:
    a = save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    b = save(tmp_path / "b.txt", labelled_page(OTHER, loupe()))
    with pytest.raises(BadInput) as caught, database.writing() as session:
        bring(session, a, b, update=True)
    assert str(caught.value) == (
        f"{b}: Lantern: {a} holds a different review (another tagline, other takes by Builder); "
        "with --update bring in only one of the two files"
    )
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ToolRow)) == 0


def test_a_page_does_not_replace_what_a_file_says_in_the_same_update(
    session: Session, tmp_path: Path
) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\nslug: lantern\ntagline: Glows\n")
    page = save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    with pytest.raises(BadInput, match=f"{page}: Lantern: {file} holds a different review"):
        bring(session, tmp_path, update=True)


def test_reviews_that_were_kept_apart_stay_so_when_both_are_updated(session: Session, tmp_path: Path) -> None:
    save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    save(tmp_path / "b.txt", labelled_page(OTHER, loupe()))
    bring(session, tmp_path)
    before = state(session)
    assert bring(session, tmp_path, update=True).unchanged == ("lantern", "loupe", "lantern-2")
    assert state(session) == before


def test_a_tool_keeps_its_day_of_publication(session: Session, tmp_path: Path) -> None:
    page = save(tmp_path / "a.txt", compact_page(lantern(), loupe()))
    bring(session, page)
    page.write_text(labelled_page(lantern(), loupe()))
    import_paths(session, [page], rules=RULES, published=date(2027, 1, 1), now=NOW)
    assert store.load_tool(session, "lantern").published_on == DAY


def test_one_bad_file_and_nothing_is_stored(database: Database, tmp_path: Path) -> None:
    save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    bad = save(tmp_path / "b.txt", compact_page(lantern(), loupe())[:300])
    with pytest.raises(BadInput) as caught, database.writing() as session:
        bring(session, tmp_path)
    assert str(caught.value).startswith(f"{bad}:")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ToolRow)) == 0


def test_a_changed_file_of_the_editor_updates_its_listing(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\ntagline: Glows\npricing: Paid\n")
    assert bring(session, file).added == ("lantern",)
    save(file, "name: Lantern\ntagline: Burns\ntakes:\n- {reviewer: Builder, text: It ran.}\n")
    assert bring(session, file).updated == ("lantern",)
    now = store.load_tool(session, "lantern")
    assert (now.tagline, now.pricing, len(now.takes)) == ("Burns", None, 1)


def test_a_file_is_the_same_however_its_path_is_spelt(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bring(session, save(tmp_path / "a.txt", labelled_page(lantern(), loupe())))
    file = save(tmp_path / "lamp.yaml", "name: Lantern\ntagline: Glows\n")
    assert bring(session, Path("lamp.yaml")).kept_apart == ("lantern-2",)
    save(file, "name: Lantern\ntagline: Burns\n")
    assert bring(session, file, update=True).updated == ("lantern-2",)
    assert store.load_tool(session, "lantern").tagline == lantern().tagline
    assert "lamp.yaml" in store.sources(session)


def test_a_file_replaces_a_pages_listing_only_when_it_names_it(session: Session, tmp_path: Path) -> None:
    page = save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    bring(session, page)
    shy = save(tmp_path / "shy.yaml", "name: Lantern\ntagline: Glows\n")
    assert bring(session, shy).kept_apart == ("lantern-2",)
    sure = save(tmp_path / "sure.yaml", "name: Lantern\nslug: lantern\ntagline: Beams\n")
    report = bring(session, sure)
    assert (report.updated, report.warnings) == (
        ("lantern",),
        (f"{sure}: Lantern: replaces what {page} said of lantern",),
    )


def test_two_files_do_not_fight_for_one_slug(session: Session, tmp_path: Path) -> None:
    one = save(tmp_path / "a.yaml", "name: Lantern\n")
    other = save(tmp_path / "b.yaml", "name: lantern\n")
    with pytest.raises(BadInput) as caught:
        bring(session, tmp_path)
    assert str(caught.value) == f"{other}: {one} has the slug lantern too; write another slug into one"


def test_names_of_one_slug_stay_two_tools(session: Session, tmp_path: Path) -> None:
    plus = replace(lantern(), name="Lantern++")
    report = bring(session, save(tmp_path / "a.txt", labelled_page(lantern(), plus)))
    assert report.added == ("lantern", "lantern-2")
    assert report.warnings == ()


def test_files_are_compared_with_each_other_before_anything_else(session: Session, tmp_path: Path) -> None:
    bring(session, save(tmp_path / "a.txt", labelled_page(lantern(), loupe())))
    files = tmp_path / "files"
    files.mkdir()
    save(files / "a.yaml", "name: Lantern\ntagline: Glows\n")
    b = save(files / "b.yaml", "name: Mirror\ncompared_with: [lantern, prism, mirror]\n")
    report = bring(session, files)
    assert ("mirror", "lantern-2") in store.compared_pairs(session)
    assert report.warnings[1:] == (
        f"{b}: compared_with: there is no other tool prism; left out",
        f"{b}: compared_with: there is no other tool mirror; left out",
    )


def test_what_a_page_contradicts_itself_in_is_passed_on(session: Session, tmp_path: Path) -> None:
    page = save(tmp_path / "a.txt", labelled_page(lantern(stated_percent=90), loupe()))
    [warning] = bring(session, page).warnings
    assert warning.startswith(f"{page}:19: the card of Lantern says 90%")


@pytest.mark.slow
def test_two_thousand_pages_take_seconds(session: Session, tmp_path: Path) -> None:
    def numbered(one: Tool, number: int) -> Tool:
        return replace(one, name=f"{one.name} {number}")

    for number in range(2_000):
        page = labelled_page(numbered(lantern(), number), numbered(loupe(), number // 2))
        save(tmp_path / f"{number}.txt", page)
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *args: statements.append(args[2]))
    start = datetime.now(UTC)
    assert len(bring(session, tmp_path).added) == 3_000
    assert datetime.now(UTC) - start < timedelta(seconds=60)
    assert sum(statement.startswith("SELECT") for statement in statements) < 100


def test_a_file_that_did_not_change_is_not_read_again(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\n")
    bring(session, file)
    assert gather(session, [file], RULES).unchanged == ["lantern"]
    assert bring(session, file).unchanged == ("lantern",)
    save(file, "name: Lantern\ntagline: Glows\n")
    assert gather(session, [file], RULES).unchanged == []
    assert bring(session, file, at=NOW + timedelta(days=1)).updated == ("lantern",)
    assert gather(session, [file], RULES).unchanged == ["lantern"]


def test_a_file_is_read_again_once_somebody_else_changed_its_tool(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\ntagline: Glows\npinned: no\n")
    bring(session, file)
    mark(session, "lantern", {"pinned": True}, NOW + timedelta(hours=1))
    assert bring(session, file, at=NOW + timedelta(hours=2)).updated == ("lantern",)
    assert not store.load_tool(session, "lantern").pinned


def test_another_panel_reads_every_file_again(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\n")
    bring(session, file)
    assert gather(session, [file], replace(RULES, reviewers=("Ann",))).unchanged == []


def test_a_file_whose_wish_can_now_be_met_is_read_again(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\ncompared_with: [mirror]\n")
    assert len(bring(session, file).warnings) == 1
    bring(session, save(tmp_path / "mirror.yaml", "name: Mirror\n"))
    assert bring(session, file).compared == 1
    assert gather(session, [file], RULES).unchanged == ["lantern"]
    store.remove_tools(session, ["mirror"])
    assert len(bring(session, file).warnings) == 1


def test_what_a_page_adds_to_a_files_tool_is_kept_however_often_both_come_in(
    session: Session, tmp_path: Path
) -> None:
    save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    save(tmp_path / "lamp.yaml", f"name: Lantern\nslug: lantern\ntagline: {lantern().tagline}\n")
    bring(session, tmp_path)
    before = state(session)
    assert store.load_tool(session, "lantern").best_for == "Receipts"
    for day in (1, 2):
        assert bring(session, tmp_path, at=NOW + timedelta(days=day)).unchanged == ("lantern", "loupe")
    assert state(session) == before


def test_a_file_leaves_the_desks_word_unless_it_says_otherwise(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\n")
    bring(session, file)
    until = date(2026, 12, 1)
    mark(session, "lantern", {"pinned": True, "excluded": "sold", "embargoed_until": until}, NOW)
    bring(session, save(file, "name: Lantern\ntagline: Glows\nexcluded:\n"), at=NOW + timedelta(days=1))
    tool = store.load_tool(session, "lantern")
    assert (tool.tagline, tool.pinned, tool.excluded) == ("Glows", True, None)
    assert tool.embargoed_until == until


def test_a_pair_that_its_file_no_longer_asks_for_is_taken_apart(session: Session, tmp_path: Path) -> None:
    save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    file = save(tmp_path / "mirror.yaml", "name: Mirror\ncompared_with: [lantern, loupe]\n")
    bring(session, tmp_path)
    report = bring(session, save(file, "name: Mirror\ncompared_with: [loupe]\n"))
    assert (report.parted, report.compared) == (1, 0)
    assert store.compared_pairs(session) == {("lantern", "loupe"), ("mirror", "loupe")}
    assert bring(session, save(file, "name: Mirror\n")).parted == 1
    assert store.compared_pairs(session) == {("lantern", "loupe")}


def test_keeping_going_stores_what_can_be_and_lists_the_rest(session: Session, tmp_path: Path) -> None:
    save(tmp_path / "a.yaml", "name: Lantern\n")
    save(tmp_path / "b.yaml", "name: lantern\n")
    save(tmp_path / "c.yaml", "nam: Mirror\n")
    save(tmp_path / "d.txt", "Another site\n")
    batch = gather(session, [tmp_path], RULES, keep_going=True)
    report = bring_in(session, batch, rules=RULES, published=DAY, now=NOW, keep_going=True)
    assert report.added == ("lantern",)
    assert [line.removeprefix(f"{tmp_path}/").partition(": ")[0] for line in report.refused] == [
        "b.yaml",
        "c.yaml:1:1",
        "d.txt:1",
    ]


def test_a_page_that_is_refused_late_leaves_nothing_of_itself(session: Session, tmp_path: Path) -> None:
    save(tmp_path / "a.txt", labelled_page(lantern(), loupe()))
    b = save(
        tmp_path / "b.txt", labelled_page(tool("Mirror", 70, published_on=None, stated_percent=100), OTHER)
    )
    batch = gather(session, [tmp_path], RULES, update=True, keep_going=True)
    report = bring_in(session, batch, rules=RULES, published=DAY, now=NOW, update=True, keep_going=True)
    assert (report.added, len(report.refused)) == (("lantern", "loupe"), 1)
    assert report.refused[0].startswith(f"{b}: Lantern: ")


def test_a_change_of_a_published_tool_keeps_what_it_said(session: Session, tmp_path: Path) -> None:
    file = save(tmp_path / "lamp.yaml", "name: Lantern\ntagline: Glows\n")
    bring(session, file)
    bring(session, save(file, "name: Lantern\ntagline: Burns\n"), at=NOW + timedelta(days=1))
    [version] = history(session, store.load_tool(session, "lantern"))
    assert (version.tool.tagline, version.source) == ("Glows", str(file))
    assert version.until == NOW + timedelta(days=1)


def test_pieces_of_a_large_import_know_of_each_other(session: Session, tmp_path: Path) -> None:
    count = 1_100
    for number in range(count):
        other = f"compared_with: [lamp-{(number + 1) % count}]\n" if number % 100 == 0 else ""
        save(tmp_path / f"{number:04}.yaml", f"name: Lamp {number}\n{other}")
    save(tmp_path / "page.txt", labelled_page(replace(lantern(), name="Lamp 0"), loupe()))
    report = bring(session, tmp_path)
    assert (len(report.added), report.warnings) == (count + 1, ())
    assert report.compared == 12
    again = bring(session, tmp_path, at=NOW + timedelta(days=1))
    assert (len(again.unchanged), again.compared, again.added) == (count + 1, 0, ())


def test_a_tool_whose_file_left_an_imported_folder_is_gone_until_it_comes_back(
    session: Session, tmp_path: Path
) -> None:
    folder, other = tmp_path / "tools", tmp_path / "Tools_"
    folder.mkdir()
    other.mkdir()
    lamp, loupe = save(folder / "lamp.yaml", "name: Lamp\n"), save(folder / "loupe.yaml", "name: Loupe\n")
    save(other / "mirror.yaml", "name: Mirror\n")
    assert bring(session, folder, other).gone == ()
    lamp.unlink()
    assert (bring(session, loupe).gone, bring(session, other).gone) == ((), ())
    assert bring(session, folder).gone == ("lamp",)
    assert bring(session, tmp_path).gone == ("lamp",)
    save(lamp, "name: Lamp\n")
    assert bring(session, folder).gone == ()
    lamp.unlink()
    store.remove_tools(session, ["lamp"])
    assert bring(session, folder).gone == ()


@pytest.mark.parametrize("more", ["", "compared_with: [nobody]\n"])
def test_a_file_that_moved_is_not_gone(session: Session, tmp_path: Path, more: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in "ab":
        save(tmp_path / folder / f"{folder}.yaml", f"name: {folder}\n")
    moved = save(tmp_path / "a" / "lamp.yaml", "name: Lamp\n")
    bring(session, tmp_path)
    moved.unlink()
    save(tmp_path / "b" / "lamp.yaml", f"name: Lamp\n{more}")
    assert bring(session, tmp_path).gone == ()
    assert bring(session, tmp_path).gone == ()
