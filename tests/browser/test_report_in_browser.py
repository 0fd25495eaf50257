"""The pages of `zsar report` in Chromium, as a person uses them; skipped where no browser is there.

pip install -e .[browser] and a Chromium: pytest tests/browser
"""

import os
import shutil
from collections.abc import Iterator

import pytest

from test_picture import recording
from toy_report import Site, site
from zsar.viz.picture import draw

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("ZSAR_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
# Software for graphics, so that there is WebGL everywhere.
OPTIONS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CELL, CLIPS = "cells/demo.smie50.unseen5.quick.devise.html", "clips/demo.smie50.unseen5.html"
PAGES = ("index.html", CELL, "cells/ntu60.smie50.unseen5.shift_gcn.synse.html", CLIPS)
PATIENCE = 20_000  # milliseconds


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("study")) as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


class Opened:
    """A page, with what it complained of and what it asked for elsewhere."""

    def __init__(self, browser, made: Site, name: str, **options):
        self.context = browser.new_context(**{"viewport": DESKTOP} | options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto((made.folder / name).as_uri())

    def _heard(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    @property
    def elsewhere(self) -> list[str]:
        return [url for url in self.asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture
def opened(chromium, made):
    """A function that opens a page; no page may complain or ask a network."""
    pages: list[Opened] = []

    def make(name: str, **options) -> Opened:
        pages.append(Opened(chromium, made, name, **options))
        return pages[-1]

    make.asked = lambda: [url for each in pages for url in each.asked]
    yield make
    for each in pages:
        assert each.complaints == [] and each.elsewhere == []
        each.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_complaint_and_is_no_wider_than_the_screen(
    opened, name, viewport, scheme
):
    page = opened(name, viewport=viewport, color_scheme=scheme, reduced_motion="reduce").page
    page.wait_for_selector("#page section")
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    assert dark == (scheme == "dark")
    unnamed = "[...document.querySelectorAll('button, select, input, a')].filter(each =>"
    unnamed += (
        "!(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length))"
    )
    assert page.evaluate(f"{unnamed}.length") == 0


def cells(page, column: int) -> list[str]:
    return page.locator(f"#results tbody td:nth-child({column})").all_inner_texts()


def test_the_table_filters_and_sorts(opened, made):
    page = opened("index.html").page
    every = page.locator("#results tbody tr").count()
    page.select_option("#filter-kind", "transductive")
    assert 0 < page.locator("#results tbody tr").count() < every
    assert set(cells(page, 5)) == {"transductive"}
    page.select_option("#filter-kind", "")
    page.select_option("#filter-dataset", "demo")
    assert set(cells(page, 1)) == {"demo"}
    ours = made.metrics("metrics/demo/smie50/unseen5/quick/devise.json")["zsl"]
    assert cells(page, 6)[0].startswith(f"{ours:.2f}")
    page.select_option("#filter-dataset", "")
    page.fill("#filter-words", "synse")
    assert all(
        "synse" in text.lower() for text in page.locator("#results tbody tr").all_inner_texts()
    )
    page.fill("#filter-words", "")
    head = page.locator("#results th", has_text="as published")
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    shown = [float(text) for text in cells(page, 8) if text]
    assert shown == sorted(shown, reverse=True) and len(shown) > 1
    assert cells(page, 8)[-1] == ""  # rows without the number stay behind the others
    page.select_option("#filter-measure", "one-shot")
    assert "one_shot" not in page.inner_text("#count") and page.locator("#results tbody tr").count()


def test_charts_are_drawn_and_a_confusion_leads_to_its_clips(opened):
    page = opened(CELL).page
    page.wait_for_selector("section[aria-label='Feature map'] svg")
    assert page.locator(".chart svg").count() >= 5
    link = page.locator("table.confusion td.right a").first
    count = int(link.inner_text())
    link.click()
    page.wait_for_selector("#count")
    clips = page.locator(".clips-list li").count()
    assert 0 < clips <= count
    names = page.locator("#choose-true").input_value(), page.locator("#choose-answer").input_value()
    assert names[0] == names[1] != ""


def test_the_player_plays_turns_and_stops(opened):
    page = opened(CLIPS, reduced_motion="reduce").page
    frame = page.locator("#player output")
    page.wait_for_selector("#player .play")
    assert frame.inner_text().startswith("frame 1 of ")
    painted = "zsar.playing.frame()"
    page.click("#player .play")
    page.wait_for_function(f"{painted} > 2")
    assert page.inner_text("#player .play") == "Pause"
    page.click("#player .play")
    at = page.evaluate(painted)
    page.wait_for_timeout(300)
    assert page.evaluate(painted) == at
    page.locator("#player .stage").focus()
    before = page.locator("#player .stage").screenshot()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.locator("#player .stage").screenshot() != before
    page.keyboard.press(" ")
    page.wait_for_function("zsar.playing.playing()")


def test_the_right_hand_of_a_person_who_faces_us_is_on_our_left(opened):
    """The sensor's x points towards that hand."""
    page = opened(CLIPS, reduced_motion="reduce").page
    page.wait_for_selector("#player .play")
    where = """right => {
        const flat = new Int16Array(25 * 3);
        flat[3 * 11] = 500;  // right hand
        flat[3 * 7] = -500;  // left hand
        const points = btoa(String.fromCharCode(...new Uint8Array(flat.buffer)));
        const { skeleton, derived } = details.motion;
        const clip = { title: "hands", fps: 30, fps_known: true, frames: 1, bodies: 1,
            colours: [[0]], points, derived, skeleton, span: [1, 1, 1] };
        const place = document.createElement("div");
        document.body.append(place);
        const player = zsar.player(place, clip);
        return [player.where(11)[0], player.where(7)[0]];
    }"""
    keep = "zsar.receive = ((kept) => (k, detail) => { window.details = detail; kept(k, detail); })"
    page.evaluate(f"{keep}(zsar.receive)")
    page.locator(".clips-list button").nth(3).click()
    page.wait_for_function("window.details")
    right, left = page.evaluate(where)
    assert 0 < right < 0.5 < left < 1
    assert page.locator("text=not mirrored").count() == 2


def test_the_page_of_one_clip_plays_without_other_files(opened, made):
    draw(recording([[1, 2]] * 8), made.folder / "clip.html", "two people")
    page = opened("clip.html", color_scheme="dark").page
    page.wait_for_function("document.querySelector('output').textContent.startsWith('frame 4 of')")
    assert page.inner_text(".play") == "Pause"
    assert page.locator(".legend li").count() == 4
    (asked,) = {url for url in opened.asked() if not url.startswith("data:")}
    assert asked.endswith("clip.html")


def test_another_clip_is_chosen_by_keyboard_and_shows_its_answers_and_its_evidence(opened, made):
    page = opened(CLIPS, reduced_motion="reduce").page
    page.wait_for_selector("#ranking li")
    second = page.locator(".clips-list button").nth(1)
    second.focus()
    page.keyboard.press("Enter")
    name = made.page(CLIPS)["clips"][1]["name"]
    page.wait_for_function(f"document.getElementById('clip-name').textContent.endsWith(': {name}')")
    page.wait_for_selector("#ranking .badge.truth")
    caption = page.locator("#evidence caption")
    caption.wait_for()
    truth = page.inner_text("#clip-name").partition(":")[0]
    assert caption.inner_text().startswith(f"{truth}, not ")
    assert page.locator("#evidence tbody tr").count() == 11
    assert "clip=" in page.url
