"""The page of `zsar app` in Chromium, as a person uses it; skipped where no browser is there."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from test_report_in_browser import CHROMIUM, DESKTOP, OPTIONS, PATIENCE, PHONE

from test_app import Chooses, csv, running
from test_prediction import clip, long_clip

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
SENTENCES = "hand waving\nclapping\n\nsquat\n"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running() as client:
        yield client.server.url


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for name in ("waves", "squats"):
        (folder / f"{name}.csv").write_bytes(csv(clip(name)))
    (folder / "long.csv").write_bytes(csv(long_clip(24)))
    (folder / "broken.csv").write_text("1,2,3\n")
    np.save(folder / "bare.npy", clip("waves").bodies[:, 0])
    return folder


@pytest.fixture
def opened(chromium, address):
    """A function that opens the page; it may not complain, and ask nobody but its server."""
    contexts, complaints, asked = [], [], []

    def make(**options):
        context = chromium.new_context(
            **{"viewport": DESKTOP, "reduced_motion": "reduce"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else 0)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_selector("#ask")
        return page

    make.refused = complaints  # a status of an error is on the console, too
    yield make
    for each in contexts:
        each.close()
    assert complaints == []
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()


def ask(page, *files, sentences: str = SENTENCES) -> None:
    page.set_input_files("#file", files)
    page.fill("#sentences", sentences)
    page.click("#ask")


def test_a_clip_and_sentences_give_a_ranking_a_moving_skeleton_and_reasons(opened, clips):
    page = opened(reduced_motion="no-preference")
    ask(page, clips / "waves.csv")
    page.wait_for_selector("#ranking li")
    names = page.locator("#ranking .name").all_inner_texts()
    assert names[0] == "hand waving" and {*names} == {
        "hand waving",
        "clapping",
        "squat",
        "none of these",
    }
    shares = [int(each.split()[-2]) for each in page.locator("#ranking .number").all_inner_texts()]
    assert shares == sorted(shares, reverse=True) and abs(sum(shares) - 100) <= 2
    assert page.inner_text("#verdict") == f"hand waving, {shares[0]}\N{NO-BREAK SPACE}%"
    assert page.inner_text("#evidence caption").startswith("hand waving, not ")
    moved = re.compile(r"frame (\d\d|[6-9])")  # the policy of the page forbids to wait by a script
    page.locator("#player output", has_text=moved).wait_for()
    assert page.locator(".clips").is_hidden()


def test_windows_of_a_long_recording_are_chosen_from_a_list(opened, clips):
    page = opened()
    ask(page, clips / "long.csv")
    buttons = page.locator(".clips-list button")
    buttons.first.wait_for()
    assert buttons.count() == 11
    assert page.inner_text("#verdict").startswith("hand waving")
    buttons.last.click()
    assert page.inner_text("#verdict").startswith("squat")
    assert page.inner_text("#clip-name") == "long, 20.0 to 24.0 s"
    assert page.inner_text("#player output").startswith("frame 1 of 12")


def test_several_files_are_answered_each_and_what_is_wrong_is_said(opened, clips):
    page = opened()
    ask(page, clips / "waves.csv", clips / "broken.csv", clips / "squats.csv")
    page.wait_for_selector("#ranking li")
    assert page.locator(".clips-list button").count() == 2
    assert page.inner_text("#errors").startswith("broken.csv:1: ")
    assert [each for each in opened.refused if "422" not in each] == []
    opened.refused.clear()
    page.locator(".clips-list button").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#verdict").startswith("squat")


def test_what_a_file_does_not_say_can_be_said(opened, clips):
    page = opened()
    page.click("summary:has-text('does not say')")
    page.select_option("#layout", "ntu25")
    page.fill("#fps", "30")
    page.fill("#origin", "nowhere")
    ask(page, clips / "bare.npy", sentences="")
    assert "Say what it may be" in page.inner_text("#errors")
    page.select_option("#dataset", "utd_mhad")
    page.click("#ask")
    assert "origin has to be three numbers" in page.inner_text("#errors")
    page.fill("#origin", "(0, 0, 0)")
    page.click("#ask")
    page.wait_for_selector("#ranking li")
    assert page.inner_text("#errors") == ""
    assert page.inner_text("#clip-name") == "bare, 0.0 to 4.0 s"
    assert "other candidates share" in page.inner_text("#others")


def answered(chromium, client, clip):
    """A page of the app that has said what the clip is, without sentences."""
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(client.server.url)
    page.wait_for_selector("#ask")
    ask(page, clip, sentences="")
    page.wait_for_selector("#ranking li")
    return page


def test_a_model_that_always_chooses_shows_what_it_knows(chromium, clips):
    with running(model=Chooses()) as client:
        page = answered(chromium, client, clips / "waves.csv")
        assert page.locator("#ranking .name").all_inner_texts() == ["wave", "sit"]
        assert "gives no reasons" in page.inner_text("#evidence")
        assert Chooses.unsure in page.inner_text("#others")
        page.close()


class Scores(Chooses):
    """As a cell that was not calibrated: scores alone."""

    def weigh(self, some, labels):
        found = super().weigh(some, labels)
        return replace(found, confidence=np.full_like(found.confidence, np.nan))


def test_a_cell_that_was_not_calibrated_has_scores_and_no_percentages(chromium, clips):
    with running(model=Scores()) as client:
        page = answered(chromium, client, clips / "waves.csv")
        assert page.inner_text("#verdict") == "wave"
        assert page.locator("#ranking .number").all_inner_texts() == ["1.000", "0.000"]
        page.close()


def test_what_names_say_is_text_and_no_page(opened, clips):
    page = opened()
    ask(page, clips / "waves.csv", sentences="<img src=x onerror=alert(1)>\nhand waving")
    page.wait_for_selector("#ranking li")
    assert page.locator("#results img").count() == 0
    assert "<img src=x onerror=alert(1)>" in page.locator("#ranking .name").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_is_no_wider_than_the_screen_and_everything_has_a_name(
    opened, clips, viewport, scheme
):
    page = opened(viewport=viewport, color_scheme=scheme)
    ask(page, clips / "long.csv")
    page.wait_for_selector("#evidence caption")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    unnamed = "[...document.querySelectorAll('button, select, input, textarea, a')].filter(each =>"
    unnamed += (
        "!(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length))"
    )
    assert page.evaluate(f"{unnamed}.length") == 0
