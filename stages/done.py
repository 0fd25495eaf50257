"""After `make study`: how the numbers differ from the committed ones, and how to keep them."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

WHY = {
    "dvc.lock": "the results of this machine, which `git checkout .` then keeps",
    "demo/dvc.lock": "the results of this machine, which `git checkout .` then keeps",
    "metrics": "the numbers that `dvc metrics diff` then compares with",
}


def main() -> None:
    status = _git("status", "--porcelain", "--untracked-files=all")
    changed = [line[3:].strip('"') for line in status.splitlines()]
    mine = [path for path in changed if path in WHY or path.startswith("metrics/")]
    for line in differences(mine):
        print(line)
    if mine:
        places = dict.fromkeys("metrics" if path.startswith("metrics/") else path for path in mine)
        why = ", ".join(dict.fromkeys(WHY[place] for place in places))
        print(f"To keep: git add {' '.join(places)} && git commit -m 'my study'   ({why})\n")


def differences(paths: Sequence[str]) -> Iterator[str]:
    """A line for each cell whose accuracy is not the committed one."""
    for path in paths:
        before, now = _accuracy(_git("show", f"HEAD:{path}")), _accuracy(_text(path))
        if before and now and before["zsl"] != now["zsl"]:
            low, high = before["zsl_low"], before["zsl_high"]
            place = "within" if low <= now["zsl"] <= high else "outside"
            yield (
                f"{path}: {now['zsl']:.1f} % here, {before['zsl']:.1f} % committed; {place} its"
                f" interval, {low:.1f} to {high:.1f}"
            )


def _accuracy(text: str) -> dict[str, float]:
    """The numbers of a cell; nothing where the text is none of a cell."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "zsl_low" in found else {}


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).is_file() else ""


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
