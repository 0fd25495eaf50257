"""Where the clones lie: in a folder with a space in its name."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("a folder with spaces")
