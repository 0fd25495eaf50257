"""Before `make study`: print about how long it will take here."""

from zsar.config.config import load
from zsar.reproduce.plan import selected_cell_line


def main() -> None:
    print(selected_cell_line(load()), flush=True)


if __name__ == "__main__":
    main()
