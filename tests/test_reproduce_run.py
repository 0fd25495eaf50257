"""What surrounds the runs of a study: changes, estimates, and a params.yaml that comes back."""

from pathlib import Path

import pytest

import toy_config
from zsar.cells import Cell
from zsar.config.config import load
from zsar.errors import UserError
from zsar.reproduce import command, plan, run, study
from zsar.reproduce.study import QUIRKS, StudyRun

STUDY = """
title: a table
cites: nobody
caveats: []
runs:
- cells: [demo/smie50/unseen5/stgcn]
  methods: [devise]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A repository with a study of one cell, whose runs are not made."""
    toy_config.write(tmp_path, {})
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "toy.yaml").write_text(STUDY, encoding="utf-8")
    for name in ("descriptions", "splits"):
        (tmp_path / name).symlink_to(toy_config.ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(*changes: str, dry: bool = False) -> command.ReproduceOptions:
    return command.ReproduceOptions("toy", False, dry, 0, changes)


def runs(*cells: str, tasks: tuple[str, ...] = ()) -> list[StudyRun]:
    return [
        StudyRun(Cell.at(cell, method="devise"), "minilm", False, tasks, False, None)
        for cell in cells
    ]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("methods.smi.epochs=3", "unknown methods.smi (did you mean smie?)"),
        ("run.threads=many", "run.threads is 'many', expected a whole number"),
        ("run.threads=0", "run.threads is 0, expected a whole number above 0"),
    ],
)
def test_a_change_that_does_not_fit_stops_before_the_first_run(folder, change, complaint):
    said: list[str] = []
    with pytest.raises(UserError) as caught:
        command.reproduce(asked(change), load(), said.append)
    assert complaint in str(caught.value) and not said


@pytest.mark.parametrize("quirks", [False, True])
@pytest.mark.parametrize(
    "path", sorted(toy_config.ROOT.glob("studies/*.yaml")), ids=lambda p: p.stem
)
def test_every_cell_of_every_study_can_be_in_both_readings(folder, path, quirks):
    (folder / "studies" / path.name).write_bytes(path.read_bytes())
    config = load()
    found = study.runs(study.load(path.stem), config, quirks)
    plan.check_runs(found, config)
    layered = {each.cell.encoder for each in found if not each.tasks}
    published = {name for name in layered if QUIRKS in name}
    assert published == (layered - {"kinematics"} if quirks else set())  # nobody published that


def test_a_changed_configuration_says_so_of_every_cell(folder):
    config = load()
    changed = config.changed({"methods.smie.epochs": 7, "run.seeds": [4]})
    cell = Cell("demo", "smie50", "unseen5", "stgcn")
    assert changed.plugin("methods", "smie", cell)["epochs"] == 7
    assert config.plugin("methods", "smie", cell)["epochs"] == 30
    assert changed.params.run.seeds == [4] != config.params.run.seeds


def test_params_yaml_comes_back_after_an_error_and_after_ctrl_c(folder):
    before = Path("params.yaml").read_text(encoding="utf-8")
    for end in (UserError("a stage failed"), KeyboardInterrupt()):
        with pytest.raises(type(end)), run.keep_params():
            Path("params.yaml").write_text("dataset: another\n", encoding="utf-8")
            raise end
        assert Path("params.yaml").read_text(encoding="utf-8") == before
    assert not run.OWN_PARAMS.exists()


def test_what_a_killed_run_left_comes_back_with_restore(folder):
    before = Path("params.yaml").read_text(encoding="utf-8")
    run.OWN_PARAMS.parent.mkdir()
    run.OWN_PARAMS.write_text(before, encoding="utf-8")
    Path("params.yaml").write_text("dataset: another\n", encoding="utf-8")
    run.restore()
    run.restore()
    assert Path("params.yaml").read_text(encoding="utf-8") == before


def test_the_estimate_measures_encoders_that_are_alike_once(folder, monkeypatch):
    measured: list[int] = []

    def pace(network, frames, wanted) -> float:
        measured.append(frames)
        return 1.0

    monkeypatch.setattr(plan, "_seconds_per_clip", pace)
    monkeypatch.setattr(plan, "_clips", lambda *_: 100)
    monkeypatch.setattr(plan, "_at_once", lambda config: 2)
    config = load().changed({"encoders.stgcn.training.epochs": 9})
    share = plan.TRAINED * 3 / 2  # of all clips, three seeds, two at once
    two = runs("demo/smie50/unseen5/stgcn", "demo/smie50/unseen10/stgcn")
    assert plan.estimate(two, config).hours == pytest.approx(share * 2 * 2 * 100 * 9 / 3600)
    assert measured == [50]
    one = runs("demo/smie50/xsub/umurl", tasks=("linear",))
    hours = plan.estimate(one, config).hours
    assert hours == pytest.approx(share * 100 * 60 / 3600)  # no validation phase


def test_a_cell_is_guessed_before_its_recordings_are_there(folder, monkeypatch):
    monkeypatch.setattr(plan, "_seconds_per_clip", lambda *_: 0.01)
    said = plan.selected_cell_line(load().changed({"run.workers": 2}))
    assert said == (
        "3 seeds in 2 phases, 2 trainings at once: about 6 min on this machine, more beside other"
        " work"
    )
    assert plan.selected_cell_line(load().changed({"dataset": "ntu60"})) == ""


def test_a_study_at_work_keeps_its_params_yaml_from_another(folder):
    before = Path("params.yaml").read_text(encoding="utf-8")
    with run.keep_params():
        Path("params.yaml").write_text("dataset: another\n", encoding="utf-8")
        run.restore()
        assert Path("params.yaml").read_text(encoding="utf-8") == "dataset: another\n"
        with (
            pytest.raises(UserError, match="another `zsar reproduce` is at work"),
            run.keep_params(),
        ):
            pass
    assert Path("params.yaml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("encoder", "training", "narrow"),
    [
        ("stgcn", "training", {"channels": [4], "strides": [2]}),
        ("umurl", "pretraining", {"width": 8, "frames": 8}),
        ("umurl_all", "pretraining", {"width": 8, "frames": 8}),
    ],
)
def test_the_pace_is_measured_even_where_the_training_is_a_single_epoch(
    folder, monkeypatch, encoder, training, narrow
):
    monkeypatch.setattr(plan, "_clips", lambda *_: 100)
    values = {f"{training}.epochs": 1, **narrow}
    config = load().changed({f"encoders.{encoder}.{key}": each for key, each in values.items()})
    assert plan.estimate(runs(f"demo/smie50/unseen5/{encoder}"), config).hours > 0
