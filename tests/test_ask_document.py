"""The examples of docs/ask.md, as a reader would type them."""

import doctest
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_examples_of_the_document_print_what_it_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = doctest.testfile(str(ROOT / "docs/ask.md"), module_relative=False)
    assert found.attempted >= 9 and found.failed == 0
