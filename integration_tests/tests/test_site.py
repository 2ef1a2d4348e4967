"""The owner page in a real Chromium: no error, no outside request, links, filters, dark mode, a phone, no script."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from c360.clause.description import consequence, describe
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.database import connect
from c360.errors import CouldNotTell
from c360.ledger import deliveries
from c360.ledger.deliveries import Note
from c360.ledger.history import Finding, Run, on_record, record
from c360.ledger.tables import prepare
from c360.project import Project
from c360.publish.pages import Told, page_name, versions_of, write_pages
from c360.report.site import write_site

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOSTILE = "<img src=x onerror=\"document.title='owned'\"></style></script><script>alert(1)</script>{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def project(database, tmp_path_factory):
    """The project's contracts, one of them with a description that attacks the page; a month of history."""
    folder = tmp_path_factory.mktemp("contracts") / "contracts"
    shutil.copytree(database.contracts, folder)
    path = next(folder.glob("sources/transactions/*.yaml"))
    text = path.read_text()
    attack = HOSTILE.replace("'", "''")
    text = text.replace("purpose: Every purchase in the web shop.", f"purpose: '{attack}'")
    text = text.replace("description: The contact who bought.", f"description: '{attack}'")
    path.write_text(f"authoritativeDefinitions: [{{type: '{attack}', url: https://elsewhere.example/docs}}]\n{text}")
    catalog = Catalog.of(find_contracts(folder))
    found = Project(database, catalog, folder)
    db = connect(database)
    prepare(db)
    for day in range(30, -1, -1):
        _one_day(db, catalog, NOW - timedelta(days=day), day)
    write_pages(catalog.contracts, database.site / "contracts", Told(versions_of(found, NOW.date())))
    db.close()
    return found


def _one_day(db, catalog, now, day):
    for contract, dataset in catalog.pairs():
        source = contract.layer == "sources"
        for stage, engine in (("gate", "soda"), ("build", "dbt"), ("verify", "datacontract"))[0 if source else 1 :]:
            findings = []
            for clause in dataset.clauses:
                if clause.scope == "contract":
                    continue
                bad = day % 7 == 0 and stage == "gate" and clause.kind.name == "required"
                bad |= day == 0 and stage == "verify" and clause.id == "customers.age.minimum"
                bad |= day < 5 and stage == "build" and clause.id == "contacts.name.required"  # earlier than at verify
                bad |= day < 3 and stage == "verify" and clause.id == "contacts.name.required"
                findings.append(Finding(clause, engine, "failed" if bad else "passed", 0.0, 5 if bad else 0))
            if stage == "build":
                odd = (c for c in dataset.clauses if c.kind.name == "anomaly")
                findings += [Finding(c, "elementary", "warned" if day < 2 else "passed") for c in odd]
            run = Run.start(stage, now)
            with db.transaction():
                record(db, run, findings)
            with on_record(db, run, dataset.name if stage == "gate" else "*"):
                pass
        if source:
            delivered = 10 if day == 0 and dataset.name == "contacts" else 1_000
            refused = day == 3
            counts = (delivered, 0, 0) if refused else (delivered, delivered - 5, 5)
            with db.transaction(), db.cursor() as cursor:
                cursor.execute(
                    "insert into governance.delivery (sha256, dataset, contract, version, file_name, outcome, "
                    "delivered, promoted, quarantined, duplicates, superseded, as_of, newest_load) "
                    "values (gen_random_uuid()::text, %s, %s, '1.0.0', 'f', %s, %s, %s, %s, 0, 0, %s, %s)",
                    (dataset.name, contract.name, "refused" if refused else "accepted", *counts, now,
                     (now - timedelta(hours=1)).replace(tzinfo=None)),
                )  # fmt: skip


@pytest.fixture(scope="module")
def site(project):
    db = connect(project.settings)
    index = write_site(project, db, project.settings.site / "owners", NOW)
    db.close()
    return index.parent


def text_of(page):
    return re.sub(r"<wbr>", "", page.read_text(encoding="utf-8"))


def row_of(page, clause):
    return re.search(rf"<tr [^>]*>(?:(?!</tr>).)*<code>{re.escape(clause)}</code>.*?</tr>", text_of(page), re.S)[0]


def test_anomaly_clauses_are_in_cards_and_state(site):
    row = row_of(site / "contract-contacts.html", "contacts.volume_anomalies")
    assert 'data-outcome="broken"' in row and "warned" in row and "elementary" in row
    card = re.search(r'<article [^>]*data-outcome="(\w+)"(?:(?!</article>).)*contract-contacts.html.*?</article>',
                     text_of(site / "index.html"), re.S)  # fmt: skip
    assert card[1] == "broken"


def test_quality_dimensions(site):
    page = site / "contract-contacts.html"
    assert "completeness: is never empty" in row_of(page, "contacts.name.required")
    text = text_of(page)
    shown = dict(re.findall(r'<span class="nowrap">(\w+) <b>(\d+ of \d+)</b></span>', text))
    assert shown["completeness"] == "9 of 18" and shown.keys() > {"accuracy", "timeliness", "uniqueness"}


def test_broken_since_it_broke_at_the_first_stage(site):
    row = row_of(site / "contract-contacts.html", "contacts.name.required")
    assert f"{NOW - timedelta(days=4):%Y-%m-%d %H:%M}" in row, "at build; at verify two days later"


def test_products_that_nobody_built_for_days_do_not_hold(site, project, tmp_path):
    card = r'<article [^>]*data-outcome="(\w+)"(?:(?!</article>).)*contract-next_best_category.html'
    assert re.search(card, text_of(site / "index.html"), re.S)[1] == "holds"
    db = connect(project.settings)
    index = write_site(project, db, tmp_path / "later", NOW + timedelta(days=3))
    db.close()
    assert re.search(card, text_of(index), re.S)[1] == "stale"
    page = text_of(index.parent / "contract-next_best_category.html")
    assert "not judged for 3 days since 2026-04-02 12:00 UTC (1 day)" in re.sub(r"<[^>]+>", "", page)
    assert "judged last on 2026-03-31 12:00 UTC; 2 days may pass" in page


@pytest.fixture
def opened(chromium, site):
    """Opens a page of the site; what goes wrong in it, and every request, is kept."""
    contexts, told = [], {"errors": [], "requests": []}

    def open_(name="index.html", **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told["errors"].append(message.text))
        page.on("pageerror", lambda error: told["errors"].append(str(error)))
        page.on("dialog", lambda dialog: (told["errors"].append("a dialog"), dialog.dismiss()))
        page.on("request", lambda request: told["requests"].append(request.url))
        page.goto((site / name).as_uri())
        return page

    yield open_, told
    for context in contexts:
        context.close()
    assert told["errors"] == []
    assert [url for url in told["requests"] if not url.startswith(("file:", "data:"))] == []


def pages(site):
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def test_every_page_loads_and_every_link_resolves(opened, site, project):
    open_, _ = opened
    assert len(pages(site)) == 2 * len(project.catalog.contracts) + 3
    for name in pages(site):
        page = open_(name)
        assert page.title() and page.locator("h1").count() == 1
        for href in page.eval_on_selector_all(
            "a[href^='#'], a[href*='.html']", "links => links.map(link => link.href)"
        ):
            target = Path(unquote(urlsplit(href).path))
            assert target.is_file(), f"{name} links to {href}"
            fragment = urlsplit(href).fragment
            assert not fragment or f'id="{fragment}"' in target.read_text(encoding="utf-8")
        assert page.eval_on_selector_all("[id]", "all => all.length - new Set(all.map(one => one.id)).size") == 0
        assert page.evaluate("[...document.images].length") == 0


def test_the_index_says_what_is_broken_and_whose_it_is(opened):
    open_, _ = opened
    page = open_()
    teams = page.locator("#contracts h2").all_inner_texts()
    assert [team.split()[0] for team in teams] == sorted(team.split()[0] for team in teams)
    card = page.locator("article", has=page.get_by_role("link", name="contacts", exact=True))
    assert "broken" in card.inner_text() and "promoted" in card.inner_text()
    wrong = page.get_by_label("What is wrong", exact=True).inner_text()
    assert "engines disagree on customers.age.minimum" in wrong
    assert "contacts: 10 rows delivered on 2026-03-31 12:00 UTC: usual for that weekday is" in wrong
    where = page.locator(".cause", has_text="customers: engines disagree").get_by_role("link").get_attribute("href")
    assert where == "contract-customers.html#cause-disagreement-customers.age.minimum"
    page.get_by_role("link", name="contacts", exact=True).click()
    assert page.locator("h1").inner_text().startswith("contacts")


def test_filters(opened):
    open_, _ = opened
    page = open_()
    cards = page.locator("article.card")
    everything = cards.count()
    page.get_by_label("Outcome").select_option("aside")
    aside = page.locator("article.card:visible")
    assert 0 < aside.count() < everything
    assert all("5 rows aside (0.5%)" in text for text in aside.all_inner_texts())
    assert page.locator("output").inner_text() == f"{aside.count()} of {everything} shown"
    page.get_by_label("Team").select_option("web-commerce")
    assert page.locator("article.card:visible h3 a").all_inner_texts() == ["transactions"]
    assert page.locator("#contracts h2:visible").count() == 1, "teams with nothing to show are gone"
    page.get_by_label("Outcome").select_option("")
    page.get_by_label("Team").select_option("")
    assert page.locator("article.card:visible").count() == everything
    clauses = open_("contract-contacts.html")
    clauses.get_by_label("Outcome").select_option("broken")
    shown = clauses.locator("#clauses-1 tbody tr:visible th").all_inner_texts()
    assert shown and all(".required" in text or "(a warning)" in text for text in shown)


def test_the_page_of_an_owner_holds_state_and_history(opened):
    open_, _ = opened
    page = open_("contract-contacts.html")
    text = page.locator("main").inner_text()
    for words in ("Deliveries", "Last breaches", "is never empty", "last 30 days", "What it promises"):
        assert words in text, words
    row = page.locator("#clauses-1 tr", has_text="contacts.mail.required")
    assert "failed 5" in row.inner_text() and "soda" in row.inner_text() and "dbt" in row.inner_text()
    assert row.locator("svg").count() == 3
    assert row.locator("svg").first.get_attribute("aria-label") == "Held in 25 of the last 30 runs"
    bars = page.locator("svg.chart g")
    assert bars.count() == 30 and page.locator("svg.chart .refused").count() == 1
    page.get_by_text("The numbers").click()
    assert page.locator("details tbody tr").count() == 30


def test_readable_without_script_and_by_keyboard(opened):
    open_, _ = opened
    page = open_(java_script_enabled=False)
    assert page.locator("article.card:visible").count() > 3
    assert not page.locator(".filters").first.is_visible(), "a filter that cannot work is not shown"
    page = open_()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + ' ' + (document.activeElement.name || '')"))
    assert {"SELECT outcome", "SELECT team", "A "} <= reached


LUMINANCE = """() => {
  const light = color => { const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const behind = element => { for (let e = element; e; e = e.parentElement) {
      const back = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(back)) return back; }
      return 'rgb(255,255,255)' };
  return [...document.querySelectorAll('main *, header *')].filter(e => e.checkVisibility()
      && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('svg, select'))
    .map(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.className + ' ' + e.textContent.slice(0, 30)] })
    .sort((x, y) => x[0] - y[0])[0] }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "contract-contacts.html", "contracts/customers-1.1.0.html"])
def test_dark_and_light_have_contrast(opened, scheme, name):
    """WCAG AA: text stands out from what is behind it by 4.5 to 1 at least."""
    open_, _ = opened
    page = open_(name, color_scheme=scheme)
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(map(int, re.findall(r"\d+", back)[:3])) > 384
    assert bright is (scheme == "light")
    ratio, where = page.evaluate(LUMINANCE)
    assert ratio >= 4.5, where


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_no_violation_on_any_kind_of_page(opened, axe, site, project, scheme, width):
    """axe-core's rules for accessibility: names, roles, contrast, order of headings, what a keyboard reaches."""
    open_, _ = opened
    published = project.settings.site / "contracts"
    kinds = [site / name for name in ("index.html", "clauses.html", "contract-contacts.html", "contracts/index.html")]
    kinds += [site / "contracts/customers-1.1.0.html", published / "index.html", published / "customers-1.1.0.html"]
    for path in kinds:
        page = open_(path, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(told => told.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert not found, path


def test_no_page_is_wider_than_the_screen(opened, site):
    open_, _ = opened
    for name in pages(site):
        page = open_(name)
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_no_page_is_heavy(site):
    """With a month of history of every clause at three stages."""
    heavy = {name: size for name in pages(site) if (size := (site / name).stat().st_size) > 100_000}
    assert not heavy


def test_no_page_loads_anything_or_is_refused_something(opened, site, project):
    """Of all that publish and report write; what a policy refuses is an error in the console."""
    open_, told = opened
    written = sorted(project.settings.site.rglob("*.html"))
    assert {path.parent.name for path in written} == {"contracts", "owners"}
    for path in written:
        page = open_(path)
        assert (
            page.locator("meta[http-equiv='Content-Security-Policy']")
            .get_attribute("content")
            .startswith("default-src 'none'")
        )
        assert page.locator("object, iframe, embed, img").count() == 0
        assert page.title() != "owned" and "alert(1)" not in page.evaluate("[...document.scripts].map(s => s.text)+''")
    assert sorted(set(told["requests"])) == [path.as_uri() for path in written]


def test_a_page_says_every_clause_in_words_with_what_a_breach_does(opened, site, project):
    open_, _ = opened
    for contract in project.catalog.contracts:
        page = open_(site / "contracts" / page_name(contract), java_script_enabled=False)
        for dataset in contract.datasets:
            for clause in dataset.clauses:
                row = page.locator(f"[id='{clause.id}']").inner_text()
                does, _ = consequence(contract, dataset, clause)
                assert clause.id in row and does in row and describe(clause).split("\n")[0].strip()[:40] in row, (
                    clause.id
                )
    page = open_(site / "contracts" / "contacts-1.0.0.html")
    text = page.locator("main").inner_text()
    for words in ("crm-platform", "#crm-platform", "pii_direct", "PII", "Service levels", "workspace.example.com"):
        assert words in text, words
    assert page.locator("[id='contacts.id.required'] .pill").all_inner_texts() == ["! quarantine", "✕ broken"]
    assert "2026-03-31 12:00" in page.locator("[id='contacts.id.required']").inner_text()
    page.locator("[id='contacts.id.required'] td a").click()
    assert page.url.endswith("owners/contract-contacts.html#contacts.id.required")
    page.get_by_role("link", name="What it promises, and its versions").click()
    assert page.url.endswith("owners/contracts/contacts-1.0.0.html")


def test_versions_stand_side_by_side_and_a_deprecated_one_says_so(opened, site):
    open_, _ = opened
    page = open_(site / "contracts" / "index.html")
    row = page.locator("tr", has=page.get_by_role("link", name="customers 1.1.0"))
    assert "deprecated" in row.inner_text() and "until 2030-12-31, then customers 2.0.0" in row.inner_text()
    page.get_by_role("link", name="customers 1.1.0").click()
    assert "Deprecated: its last day is 2030-12-31. Use customers 2.0.0" in page.locator("main").inner_text()
    rows = page.locator("[aria-labelledby=versions] tbody tr").all_inner_texts()
    assert [row.split()[0] for row in rows] == ["2.0.0", "1.1.0", "1.0.0"]
    changes = page.get_by_label("Changes from 1.1.0 to 2.0.0").locator("tr", has_text="physical name changed")
    assert "customers_v2" in changes.inner_text() and changes.get_by_text("break").count() == 2
    page.get_by_role("link", name="customers 2.0.0").first.click()
    assert page.url.endswith("customers-2.0.0.html")
    page.get_by_role("link", name="Contract pages").click()
    page.get_by_role("link", name="Data contracts", exact=True).click()
    assert page.url.endswith("owners/index.html")


def test_what_is_published_tells_of_no_state(opened, project):
    open_, _ = opened
    folder = project.settings.site / "contracts"
    for path in sorted(folder.glob("*.html")):
        page = open_(path)
        assert not re.search("broken|State|Since|As of", page.locator("body").inner_text()), path.name
        assert page.locator(".holds, .broken, .unknown, .stale").count() == 0
    page = open_(folder / "customers-1.1.0.html")
    assert page.get_by_label("Changes from 1.1.0 to 2.0.0").count() == 1
    page.get_by_role("link", name="Contract pages").click()
    assert page.url.endswith("contracts/index.html")


def test_contracts_cannot_run_anything(opened, site):
    open_, _ = opened
    for name in ("index.html", "contract-transactions.html"):
        page = open_(name)
        assert "{{ 7 * 7 }}" in page.locator("body").inner_text()
        assert page.title() != "owned" and page.locator("img").count() == 0


def test_the_same_state_gives_the_same_bytes(project, site, tmp_path):
    db = connect(project.settings)
    before = {name: (site / name).read_bytes() for name in pages(site)}
    write_site(project, db, site, NOW)
    assert {name: (site / name).read_bytes() for name in pages(site)} == before
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")
    with pytest.raises(CouldNotTell, match="holds other files"):
        write_site(project, db, taken, NOW)
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]
    assert not [path for path in site.parent.iterdir() if path.name.startswith(".")], "nothing is left beside it"
    db.close()


def test_pages_of_an_empty_history(project, database, chromium, tmp_path):
    db = connect(database)
    early = NOW - timedelta(days=500)
    index = write_site(project, db, tmp_path / "early", early)
    db.close()
    page = chromium.new_page()
    page.goto(index.as_uri())
    assert "0 of 0" in page.locator(".tiles").inner_text()
    assert page.locator("article", has_text="not told yet").count() == len(project.catalog.contracts)
    page.goto((index.parent / "contract-contacts.html").as_uri())
    assert "None on record." in page.locator("main").inner_text()
    page.close()


# a delivery that is refused, on a phone -------------------------------------------------------------------------------

LATER = NOW + timedelta(days=1)
MANIFEST = {
    "sources": {"source.c.contacts": {"source_name": "salesforce", "name": "contacts"}},
    "nodes": {"model.c.customers": {"resource_type": "model", "name": "customers_v2", "alias": "customers_v2"}},
    "child_map": {"source.c.contacts": ["model.c.customers"]},
}
FOLD = """height => { const texts = []; const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange(); range.selectNodeContents(node);
    for (const word of node.data.matchAll(/\\S+/g)) {
      range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
      const box = range.getBoundingClientRect();
      if (box.height && box.bottom <= height && box.left >= 0) texts.push(word[0]); } }
  return texts.join(" ") }"""
"""The words that are seen before anybody scrolls."""


@pytest.fixture(scope="module")
def refused(project, site):
    """The pages of the day after, on which contacts brought rows of two days before."""
    home = project.settings.home
    manifest = home / "dbt" / "target" / "manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(MANIFEST))
    db = connect(project.settings)
    contract, dataset = project.catalog.find("contacts")
    (fresh,) = (c for c in dataset.clauses if c.kind.name == "freshness")
    run = Run.start("gate", LATER)
    with on_record(db, run, "contacts") as ending, db.transaction():
        record(db, run, [Finding(fresh, "soda", "failed", 172_800.0)])
        what = Note("0" * 64, "contacts", contract.name, contract.version, "contacts.csv", 1_000, LATER)
        deliveries.refuse(db, what, "it breaks contacts.freshness")
        ending.outcome, ending.detail = "failed", "the delivery was refused"
    index = write_site(project, db, home / "late" / "owners", LATER + timedelta(minutes=5))
    db.close()
    manifest.unlink()
    return index.parent


@pytest.mark.parametrize("name", ["index.html", "contract-contacts.html"])
def test_five_questions_are_answered_before_anybody_scrolls_on_a_phone(opened, refused, name):
    open_, _ = opened
    page = open_(refused / name, viewport={"width": 390, "height": 844}, java_script_enabled=True)
    seen = page.evaluate(FOLD, 844)
    for question, answer in {
        "what broke": "contacts: the delivery of 1,000 rows was refused",
        "since when": "since 2026-04-01 12:00 UTC (5 minutes)",
        "why": "newest row is 2 days old; 1 day is promised",
        "what follows": "On older data until then: customers; partners harbour_media, southern_insight",
        "whom to ask": "crm-platform answers, in #crm-platform",
    }.items():
        assert answer in seen, f"{question}: {seen}"


@pytest.mark.parametrize("width", [390, 1280])
def test_lineage_is_a_picture_with_the_state_of_each_neighbour(opened, refused, width):
    open_, _ = opened
    page = open_(refused / "contract-contacts.html", viewport={"width": width, "height": 844})
    flow = page.locator("ol.flow > li")
    assert [part.split("\n")[0] for part in flow.all_inner_texts()] == ["This", "Feeds"]
    assert "refused" in flow.nth(0).inner_text()
    for words in ("customers", "partner harbour_media"):
        assert words in flow.nth(1).inner_text()
    left, right = (flow.nth(n).bounding_box() for n in (0, 1))
    assert left["x"] + left["width"] <= right["x"] or left["y"] + left["height"] <= right["y"], "they do not overlap"
    flow.nth(1).get_by_role("link", name="customers").click()
    back = page.locator("ol.flow > li", has_text="Built on")
    assert "contacts" in back.inner_text() and "refused" in back.inner_text()


def test_nothing_on_the_page_contradicts_a_refused_delivery(opened, refused):
    open_, _ = opened
    page = open_(refused / "contract-contacts.html").locator("main").inner_text()
    assert "Refused" in page and "Fresh\n" not in page and "accepted last 2026-03-31 12:00" in page
    index = open_(refused / "index.html")
    card = index.locator("article", has=index.get_by_role("link", name="contacts", exact=True)).inner_text()
    assert "refused" in card and "holds now" not in card
    assert "freshness promises hold" not in index.locator("main").inner_text()
    customers = index.locator("article", has=index.get_by_role("link", name="customers", exact=True)).first.inner_text()
    assert "ago" in customers, "when it was built"


def test_refused_is_red_rows_aside_are_amber_warnings_grey(opened, refused):
    open_, _ = opened
    page = open_(refused / "contract-contacts.html")
    found = dict(page.eval_on_selector_all(".cause", "all => all.map(c => [c.id, c.className])"))
    assert found["cause-contacts-delivery"] == "cause red"
    assert found["cause-contacts-warnings"] == "cause grey"
    page = open_(refused / "contract-transactions.html")
    found = dict(page.eval_on_selector_all(".cause", "all => all.map(c => [c.id, c.className])"))
    assert found["cause-transactions-rows"] == "cause amber"


def test_days_without_a_delivery_are_on_the_axis(project, chromium, tmp_path):
    db = connect(project.settings)
    index = write_site(project, db, tmp_path / "gap", NOW + timedelta(days=4))
    db.close()
    page = chromium.new_page()
    page.goto((index.parent / "contract-transactions.html").as_uri())
    assert page.locator("svg.chart .nothing").count() == 4, "nothing came after NOW"
    assert "× no delivery (4 of 30 days)" in page.locator(".legend").inner_text()
    assert page.locator(".days i").count() == 30
    assert page.locator(".days i.bad").count() == 3, "the rows of NOW were fresh for most of the day after"
    page.close()


def test_every_clause_has_its_place_and_the_list_of_all_leads_there(opened, site, project):
    open_, _ = opened
    text = text_of(site / "clauses.html")
    for _, dataset in project.catalog.pairs():
        for clause in dataset.clauses:
            if clause.scope != "contract":
                assert f'#{clause.id}">' in text, clause.id
    page = open_("clauses.html", java_script_enabled=False)
    page.get_by_role("link", name="contacts.mail.pattern", exact=True).click()
    assert page.url.endswith("contract-contacts.html#contacts.mail.pattern")
    assert page.locator("tr:target th").inner_text().startswith("contacts.mail.pattern")


def test_a_page_says_from_when_on_it_is_old(opened, site):
    open_, _ = opened
    page = open_(java_script_enabled=False)
    assert "Made 2026-03-31 12:00 UTC; from 2026-04-01 12:00 UTC on it is old." in page.locator("footer").inner_text()
    page = open_()
    assert page.locator("[data-old]").is_visible() is (datetime.now(UTC) > NOW + timedelta(days=1))
