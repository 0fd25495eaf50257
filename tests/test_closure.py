"""The source closure: what a stage imports, at the top, inside functions, and by name."""

from pathlib import Path

import pytest

from stages.harness.closure import closure, hashes


@pytest.fixture
def tree(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("stages/__init__.py", "")
    write(
        "stages/a.py",
        "import os\nfrom zsar.data import skeleton\n\ndef f():\n    from zsar import late\n",
    )
    write("src/zsar/__init__.py", "")
    write("src/zsar/late.py", "")
    write("src/zsar/data/__init__.py", '"""A room."""\n\nTABLE = {}\n')
    write("src/zsar/data/skeleton.py", "from .bones import BONES\n")
    write("src/zsar/data/bones.py", "BONES = 1\n")
    write("src/zsar/methods/__init__.py", "")
    write("src/zsar/methods/one.py", "")
    write("src/zsar/methods/two.py", "")
    return tmp_path


def test_imports_are_followed_wherever_they_stand(tree):
    assert closure(["stages.a"], tree) == [
        "src/zsar/data/__init__.py",
        "src/zsar/data/bones.py",
        "src/zsar/data/skeleton.py",
        "src/zsar/late.py",
        "stages/a.py",
    ]


def test_a_package_that_only_says_what_it_is_does_not_count(tree):
    Path(tree, "src/zsar/data/__init__.py").write_text('"""A room."""\n')
    assert "src/zsar/data/__init__.py" not in closure(["stages.a"], tree)


def test_only_the_plug_in_that_is_named_belongs(tree):
    found = closure(["stages.a", "zsar.methods.one"], tree)
    assert "src/zsar/methods/one.py" in found and "src/zsar/methods/two.py" not in found


def test_the_hashes_follow_every_byte(tree):
    files = closure(["stages.a"], tree)
    before = hashes(files, tree)
    assert [*before] == files and hashes(files, tree) == before
    Path(tree, "src/zsar/late.py").write_text("# a remark\n")
    after = hashes(files, tree)
    assert [file for file in files if after[file] != before[file]] == ["src/zsar/late.py"]


def test_a_file_that_is_gone_has_no_hash(tree):
    Path(tree, "src/zsar/late.py").unlink()
    assert hashes(["src/zsar/late.py"], tree) == {"src/zsar/late.py": ""}
