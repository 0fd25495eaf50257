"""The site of the results: every figure is that of its metrics file or follows from the artifacts,
what is missing is named, and no page asks a network for anything."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from toy_report import CLIPS, PRINTED, Site, site
from zsar.data.recording import Damaged, Part, Recording
from zsar.errors import UserError
from zsar.report import recordings
from zsar.report.artifacts import CellArtifacts, Missing, artifacts
from zsar.report.results_page import ONE_SHOT, RECOGNITION, ZERO_SHOT
from zsar.report.site import MARK, write_site
from zsar.table import read_cells
from zsar.table.results import flattened

ORDER: dict[str, list[str]] = {"datasets": [], "methods": []}
CELL = "demo/smie50/unseen5/quick/devise"
MEASURES = {each.name: each for each in (*ZERO_SHOT, *ONE_SHOT, *RECOGNITION)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with site(tmp_path_factory.mktemp("study")) as found:
        yield found


def cell_page(made: Site, name: str = CELL) -> dict:
    return made.page(f"cells/{name.replace('/', '.')}.html")


def clips_page(made: Site) -> dict:
    return made.page("clips/demo.smie50.unseen5.html")


def details(made: Site) -> list[dict]:
    texts = [
        (made.folder / "clips" / each["file"]).read_text(encoding="utf-8")
        for each in clips_page(made)["clips"]
    ]
    return [json.loads(text.partition(",")[2].removesuffix(");\n")) for text in texts]


def test_every_figure_of_the_table_is_that_of_its_metrics_file(made):
    rows = [row for row in made.page("index.html")["rows"] if row["file"]]
    assert {row["measure"] for row in rows} == {*MEASURES}
    for row in rows:
        measure, numbers = MEASURES[row["measure"]], made.metrics(row["file"])
        part = "" if measure in ZERO_SHOT + ONE_SHOT else f"{measure.key.partition('.')[0]}."
        found = {f"{part}{key}": value for key, value in flattened(numbers).items()}
        bare = measure.key.removesuffix(".mean")
        deviations = (f"{bare}_std", f"{bare}.std")
        assert row["ours"] == found[measure.key]
        assert row["deviation"] == next((found[key] for key in deviations if key in found), None)
        assert (row["low"], row["high"]) == tuple(
            found.get(f"{bare}_{end}") for end in ("low", "high")
        )
        assert row["as_published"] == found.get(measure.best)
        for key in ("chance", "clips", "seeds"):
            assert row[key] == found.get(key)


def test_printed_numbers_stand_beside_ours_and_the_difference_is_that_of_the_shown_ones(made):
    rows = [row for row in made.page("index.html")["rows"] if row["printed"]]
    mine = [row for row in rows if row["method"] == "synse" and row["measure"] == "zero-shot"]
    assert [row["ours"] for row in mine] == [70.25]
    (printed,) = mine[0]["printed"]
    assert printed["system"] == "SynSE" and printed["caveat"]
    assert printed["difference"] == pytest.approx(mine[0]["as_published"] - printed["value"])
    alone = [row for row in rows if row["ours"] is None]
    assert alone and all(row["printed"][0]["difference"] is None for row in alone)
    assert {f"{row['dataset']}/{row['split']}" for row in alone} <= {PRINTED, "ntu60/xsub"}


def test_every_number_of_a_cell_is_on_its_page_with_its_meaning(made):
    for path in (made.folder / "cells").iterdir():
        page = made.page(f"cells/{path.name}")
        numbers = made.metrics(page["file"])
        assert {each["key"]: each["value"] for each in page["numbers"]} == flattened(numbers)
        assert all(each["meaning"] for each in page["numbers"])
        assert page["classes"] == numbers["classes"] and page["chance"] == numbers["chance"]


def test_the_pictures_of_a_cell_agree_with_its_numbers(made):
    page, numbers = cell_page(made), made.metrics(f"metrics/{CELL}.json")
    counts = np.array(page["confusion"]["counts"])
    assert counts.sum() == numbers["clips"] * numbers["seeds"]
    share = dict(
        zip(page["confusion"]["classes"], 100 * counts.diagonal() / counts.sum(1), strict=True)
    )
    assert share == pytest.approx(numbers["classes"], abs=1e-3)
    learning = page["learning"]
    seeds = np.array(learning["seeds"])
    assert np.mean([accuracy for _, accuracy in learning["chosen"]]) == pytest.approx(
        numbers["zsl"], abs=1e-3
    )
    assert learning["accuracy"]["mean"][-1] == pytest.approx(numbers["zsl_last"], abs=1e-3)
    assert seeds.max(1).mean() == pytest.approx(numbers["zsl_as_published"], abs=1e-3)
    assert learning["accuracy"]["low"] == seeds.min(0).tolist()
    assert learning["accuracy"]["high"] == seeds.max(0).tolist()
    areas = [
        np.trapezoid([s for _, s in curve], [u for u, _ in curve])
        for curve in page["curve"]["seeds"]
    ]
    assert np.mean(areas) / 100 == pytest.approx(numbers["gzsl"]["stacking"]["ausuc"], abs=0.01)
    assert len(page["map"]["x"]) == len(page["map"]["clip"]) and min(page["map"]["label"]) == -1


def test_a_cell_without_artifacts_says_what_is_missing_and_what_makes_it(made):
    page = cell_page(made, "ntu60/smie50/unseen5/shift_gcn/synse")
    assert page["confusion"] is page["learning"] is page["curve"] is page["map"] is None
    (missing,) = page["missing"]
    assert missing["why"].endswith("clips.h5 is not there")
    assert missing["command"].startswith("dvc exp run -S dataset=ntu60 -S preprocess=smie50 -S")


def test_artifacts_of_another_run_than_the_metrics_are_not_shown(made):
    (mine,) = (each for each in read_cells(Path("metrics"), ORDER) if each.name == CELL)
    assert isinstance(artifacts(mine, made.config), CellArtifacts)
    mine.numbers["zsl"] += 1.0
    found = artifacts(mine, made.config)
    assert isinstance(found, Missing) and "different runs" in found.why


def test_the_clips_of_unseen_classes_come_first_and_the_rest_is_counted(made):
    page = clips_page(made)
    test = sum(len(made.study.rows(side)) for side in ("test_unseen", "test_seen"))
    unseen = [clip["unseen"] for clip in page["clips"]]
    assert len(unseen) == CLIPS and page["left_out"] == test - CLIPS
    assert unseen == sorted(unseen, reverse=True)
    assert sum(unseen) == min(CLIPS, len(made.study.rows("test_unseen")))
    assert {clip["label"] for clip in page["clips"] if clip["unseen"]} <= {*page["unseen"]}


def test_answers_are_the_first_of_each_ranking_and_those_of_the_confusion_matrix(made):
    page, matrix = clips_page(made), cell_page(made)["confusion"]
    (answers,) = (each["answers"] for each in page["cells"])
    found = details(made)
    for k, detail in enumerate(found):
        rankings = detail["rankings"]["quick/devise"]
        assert [seed[0][0] for seed in rankings] == [seed[k] for seed in answers]
        assert all(
            [score for _, score in seed] == sorted((s for _, s in seed), reverse=True)
            for seed in rankings
        )
    counts = np.zeros((len(page["unseen"]),) * 2, dtype=int)
    for clip, *given in zip(page["clips"], *answers, strict=True):
        for answer in given if clip["unseen"] else ():
            counts[page["unseen"].index(clip["label"]), page["unseen"].index(answer)] += 1
    assert counts.tolist() == matrix["counts"]


def test_evidence_adds_up_and_is_for_the_true_class(made):
    page = clips_page(made)
    for clip, detail in zip(page["clips"], details(made), strict=True):
        assert detail["evidence"]
        for each in detail["evidence"]:
            assert each["answer"] == page["classes"][clip["label"]] != each["against"]
            total = sum(reason["nats"] for reason in each["reasons"]) + each["others"]
            assert total == pytest.approx(each["nats"])


def test_a_clip_whose_recording_is_not_there_is_shown_as_the_encoder_sees_it(made):
    (detail, *_) = details(made)
    assert detail["source"] == recordings.PREPARED
    motion = detail["motion"]
    assert len(motion["colours"]) == motion["frames"] and len(motion["derived"]) == 25


def test_a_recording_that_is_there_is_shown_as_recorded_and_a_damaged_one_as_prepared(
    made, monkeypatch
):
    (mine,) = (each for each in read_cells(Path("metrics"), ORDER) if each.name == CELL)
    found = artifacts(mine, made.config)
    names = [str(name) for name in found.clips.names[:2]]

    def read(part: Part) -> list[Recording]:
        if part.path.name == names[1]:
            raise Damaged(part, "torn")
        here = np.ones((6, 1, 25, 3), dtype=np.float32)
        return [Recording(names[0], 0, 1, 1, 1, here, np.ones((6, 1), dtype=int), fps=15.0)]

    source = SimpleNamespace(find=lambda raw: [Part(Path(name)) for name in names], read=read)
    monkeypatch.setattr(recordings, "reader", lambda name: source)
    monkeypatch.setattr(Path, "is_dir", lambda path: True)
    first, second = recordings.played_clips(found, [0, 1], made.config)
    assert (first.name, first.source) == (names[0], recordings.RECORDED)
    assert (first.motion["fps"], first.motion["frames"]) == (15.0, 6)
    assert (second.name, second.source) == (names[1], recordings.PREPARED)


def test_only_the_files_of_the_wanted_clips_are_read_where_each_clip_has_its_own():
    parts = [Part(Path(f"{name}.skeleton")) for name in "abc"]
    assert recordings._parts(parts, frozenset({"a", "walk/c"})) == [parts[0], parts[2]]
    packed = [Part(Path("all.pkl"))]
    assert recordings._parts(packed, frozenset({"a"})) == packed


def test_no_page_asks_a_network_for_anything(made):
    pages = sorted(made.folder.rglob("*.html"))
    assert len(pages) == 5
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'; connect-src 'none'" in text
        head = text.partition('<script type="application/json"')[0]
        tail = text.rpartition("</script>\n<script src=")[0]
        assert "//" not in head and tail
        for place in re.findall(r'(?:src|href)="([^"]*)"', re.sub(r'id="data">.*', "", text)):
            local = place.startswith(("data:,", "#")) or (path.parent / place).is_file()
            assert local, f"{path.name}: {place}"
    ours = [*Path(recordings.__file__).parent.glob("assets/*.js")]
    for script in (each for each in ours if ".min." not in each.name):
        assert not re.search(r"fetch\(|XMLHttpRequest|https?:|import\(", script.read_text()), script


def test_licences_of_other_peoples_libraries_are_beside_them(made):
    assets = made.folder / "assets"
    for name in ("three", "table-core", "vega", "vega-lite", "vega-embed"):
        assert (assets / f"{name}.min.js").is_file()
        assert "copyright" in (assets / f"LICENSE-{name}").read_text(encoding="utf-8").lower()


def test_pages_name_their_language_their_title_and_their_content(made):
    for path in made.folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for part in (
            '<html lang="en">',
            'name="viewport"',
            '<main id="main"',
            'href="#main"',
            "<h1>",
        ):
            assert part in text, f"{path.name}: {part}"


def test_a_former_report_is_replaced_and_any_other_folder_is_refused(made, tmp_path):
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine")
    with pytest.raises(UserError, match="thesis is there and no report"):
        write_site(other, CLIPS, made.config, print)
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.txt"]
    former = tmp_path / "former"
    (former / MARK).parent.mkdir(parents=True)
    (former / MARK).write_text("")
    (former / "old.html").write_text("")
    done = write_site(former, 1, made.config, lambda line: None)
    assert not (former / "old.html").exists() and (former / "index.html").is_file()
    assert (done.cells, done.clips) == (3, 1)
    assert done.bytes == sum(path.stat().st_size for path in former.rglob("*") if path.is_file())


def test_a_report_that_fails_leaves_the_former_one_alone(made, tmp_path, monkeypatch):
    former = tmp_path / "report"
    write_site(former, 1, made.config, lambda line: None)

    def stop(line: str) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_site(former, 1, made.config, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert (former / "index.html").is_file()


def test_without_results_it_says_how_to_get_some(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="`dvc repro` makes one"):
        write_site(Path("report"), 1, made.config, print)
