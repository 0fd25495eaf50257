"""After `make study`: print the command that commits the results, and why to run it."""

import subprocess

WHY = {
    "dvc.lock": "the results of this machine, which `git checkout .` then keeps",
    "demo/dvc.lock": "the results of this machine, which `git checkout .` then keeps",
    "metrics": "the numbers that `dvc metrics diff` then compares with",
}


def main() -> None:
    status = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"], capture_output=True, text=True
    )
    changed = [line[3:].strip('"') for line in status.stdout.splitlines()]
    mine = [path for path in changed if path in WHY or path.startswith("metrics/")]
    if mine:
        places = dict.fromkeys("metrics" if path.startswith("metrics/") else path for path in mine)
        why = ", ".join(dict.fromkeys(WHY[place] for place in places))
        print(f"To keep: git add {' '.join(places)} && git commit -m 'my study'   ({why})\n")


if __name__ == "__main__":
    main()
