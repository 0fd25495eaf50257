"""Clones of the repository, and a way to run commands in them."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Outcome:
    code: int
    text: str
    seconds: float

    @property
    def ran(self) -> list[str]:
        """The stages whose commands were run, not taken from a cache."""
        return re.findall(r"Running stage '(?:[^':]*:)?([^']+)'", self.text)

    @property
    def worked(self) -> set[str]:
        """What was run beyond resolving the settings and showing the headline."""
        return {name for name in self.ran if name not in ("resolve", "headline")}


@dataclass(frozen=True)
class Checkout:
    folder: Path

    def run(self, *command: str, fails: bool = False) -> Outcome:
        start = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        outcome = Outcome(done.returncode, done.stdout, time.monotonic() - start)
        assert (done.returncode != 0) == fails, f"{' '.join(command)}\n{done.stdout}"
        return outcome

    def dvc(self, *arguments: str, fails: bool = False) -> Outcome:
        return self.run("dvc", *arguments, fails=fails)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def environment() -> dict[str, str]:
    """This environment, except that the stages import the clone's own library and leave bytecode
    behind."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": "src",
    }


def clone(folder: Path, origin: Path = ROOT) -> Checkout:
    subprocess.run(["git", "clone", "--quiet", str(origin), str(folder)], check=True)
    for key, value in (("user.name", "a tester"), ("user.email", "tester@example.org")):
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)
    return Checkout(folder)
