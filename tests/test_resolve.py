"""What `stages.check` finds in params.yaml before any work starts."""

from pathlib import Path

import pytest
import yaml

from stages import check
from zsar import params
from zsar.errors import Complaint
from zsar.study import Cell

ROOT = Path(__file__).parent.parent
WEIGHTS = {"weights": "data/weights/umurl-0.safetensors"}


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Check params.yaml with other values, by the dotted names of their keys."""
    (tmp_path / "descriptions").symlink_to(ROOT / "descriptions")
    monkeypatch.chdir(tmp_path)

    def done(changes: dict) -> None:
        values = yaml.safe_load((ROOT / "params.yaml").read_text())
        for name, value in changes.items():
            *path, key = name.split(".")
            section = values
            for each in path:
                section = section[each]
            section[key] = value
        Path("params.yaml").write_text(yaml.safe_dump(values))
        check.main(Cell(""), params.load())

    return done


def test_the_file_in_the_repository_is_in_order(checked):
    checked({})
    assert Path("data/checked.txt").is_file()
    assert Path("data/settings/demo/xsub/umurl.json").is_file()


WRONG = {
    "run.seeds is empty": {"run.seeds": []},
    "study.one_shot: cell": {"study.one_shot": ["ntu120/one_shot/stgcn"]},
    "needs pgfa_aligned": {"study.methods": ["smie"]},
    "study.transfer: place": {"study.transfer": {"demo/xsub/umurl": "ntu60/xsub/umurl"}},
    "encoder is 'stgcn'": {"study.recognition": ["demo/xsub/stgcn"], "study.transfer": {}},
    "methods.amsf.default.fusion.strategy is 'blend', expected one of: concat, add": {
        "methods.amsf.default.fusion.strategy": "blend"
    },
    "protocols.one_shot.default.rounds is missing": {"protocols.one_shot.default": {}},
    "unknown protocols.one_shot.ntu_120": {"protocols.one_shot.ntu_120": {}},
    "unknown recognition.linaer": {"recognition.linaer": {"default": {}}},
    "recognition.tsne.default.classes is 'ten'": {"recognition.tsne.default.classes": "ten"},
    "they belong to umurl_all": {"encoders.umurl.demo": WEIGHTS},
}


@pytest.mark.parametrize(("said", "changes"), WRONG.items(), ids=WRONG)
def test_what_a_stage_would_stumble_over_is_told_at_once(said, changes, checked):
    with pytest.raises(Complaint) as complaint:
        checked(changes)
    assert said in str(complaint.value)


def test_a_data_set_of_ones_own_may_be_divided_by_performers(checked):
    own = {"reader": "own", "protocol": "xsub", "preprocess": "smie50"}
    own |= {"descriptions": "demo", "strict": False}
    checked({"datasets.mine": own, "study.recognition": ["mine/xsub/umurl"], "study.transfer": {}})
