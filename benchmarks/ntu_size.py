"""Every stage of one cell on as many recordings as NTU RGB+D has: seconds and peak memory.

    python benchmarks/ntu_size.py FOLDER                         NTU-60, SMIE's preprocessing
    python benchmarks/ntu_size.py FOLDER --dataset ntu120 --preprocess umurl_whole --encoder umurl
    python benchmarks/ntu_size.py FOLDER --clips 2000            a part, to try it

FOLDER gets an archive of NTU's size with the demo's recordings again and again under NTU's names,
and a copy of the repository in which the stages run with one epoch and one seed. Memory is that of
a stage with its workers at its peak: pages that they share count once.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import cycle, islice, product
from pathlib import Path
from threading import Event, Thread

from zsar.cells import RAW, Cell
from zsar.config.config import load
from zsar.reproduce.run import with_values

ROOT = Path(__file__).parents[1]
SETUPS = {"ntu60": range(1, 18), "ntu120": range(1, 33)}
CLASSES = {"ntu60": 60, "ntu120": 120}
CLIPS = {"ntu60": 56_880, "ntu120": 114_480}
SUBJECTS = range(1, 41)
STAGES = ("prepare", "embed", "split", "encode", "learn", "evaluate")
PAUSE = 0.5  # seconds between looks at the memory
GIB = 2**30


def names(dataset: str, count: int) -> Iterator[str]:
    """Of recordings, evenly over classes, performers and cameras."""
    actions = range(1, CLASSES[dataset] + 1)
    places = product(range(1, 3), SETUPS[dataset], SUBJECTS, range(1, 4))
    every = (
        f"S{setup:03}C{camera:03}P{subject:03}R{repetition:03}A{action:03}"
        for repetition, setup, subject, camera in places
        for action in actions
    )
    return islice(every, count)


def write_archive(path: Path, dataset: str, count: int) -> None:
    """Each recording is compressed once and then copied under other names."""
    with zipfile.ZipFile(ROOT / RAW / "demo" / "nturgbd_skeletons_demo.zip") as archive:
        texts = [archive.read(each) for each in archive.namelist()]
    packed = [(text, _deflated(text)) for text in texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".partial")
    with zipfile.ZipFile(draft, "w", allowZip64=True) as archive:
        for name, (text, data) in zip(names(dataset, count), cycle(packed)):
            info = zipfile.ZipInfo(f"nturgb+d_skeletons/{name}.skeleton")
            info.compress_type = zipfile.ZIP_DEFLATED
            info.CRC, info.file_size, info.compress_size = zlib.crc32(text), len(text), len(data)
            info.header_offset = archive.fp.tell()  # type: ignore[union-attr]
            archive.fp.write(info.FileHeader() + data)  # type: ignore[union-attr]
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info
        archive.start_dir = archive.fp.tell()  # type: ignore[union-attr]
        archive._didModify = True  # type: ignore[attr-defined]
    draft.replace(path)


def _deflated(text: bytes) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
    return squeeze.compress(text) + squeeze.flush()


def copied(folder: Path) -> Path:
    """A copy of the repository's files."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, os.fsdecode(found).split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def select(folder: Path, given: argparse.Namespace) -> Cell:
    chosen = {
        "dataset": given.dataset,
        "preprocess": given.preprocess,
        "split": given.split,
        "encoder": given.encoder,
        "method": given.method,
        "run.seeds": [0],
        f"encoders.{given.encoder}.training.epochs": 1,
        f"methods.{given.method}.epochs": 1,
    }
    if given.encoder.startswith("umurl"):
        del chosen[f"encoders.{given.encoder}.training.epochs"]
        chosen[f"encoders.{given.encoder}.pretraining.epochs"] = 1
        chosen[f"encoders.{given.encoder}.probe.epochs"] = 1
    params = folder / "params.yaml"
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    params.write_text(with_values(text, chosen), encoding="utf-8")
    return load(folder).cell


class Memory(Thread):
    """The most that a process and its descendants have held at once, in GiB."""

    def __init__(self, process: int):
        super().__init__(daemon=True)
        self.process, self.most, self.stopped = process, 0.0, Event()

    def run(self) -> None:
        while not self.stopped.wait(PAUSE):
            self.most = max(self.most, sum(map(_held, _family(self.process))))


def _family(process: int) -> Iterable[int]:
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in found:
            yield from _family(int(child))


def _held(process: int) -> float:
    """Its share of resident memory; a page that n processes map counts a n-th for each."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    anonymous = [int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")]
    return sum(anonymous) * 1024 / GIB


def measured(words: list[str], folder: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor, GiB of anonymous memory at most."""
    before, start = os.times(), time.perf_counter()
    paths = os.pathsep.join([str(folder / "src"), str(folder)])
    process = subprocess.Popen(words, cwd=folder, env=os.environ | {"PYTHONPATH": paths})
    memory = Memory(process.pid)
    memory.start()
    if process.wait():
        sys.exit(f"{' '.join(words)} failed")
    memory.stopped.set()
    memory.join()
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return time.perf_counter() - start, spent, memory.most


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dataset", choices=CLIPS, default="ntu60")
    parser.add_argument("--clips", type=int, default=0, help="0: as many as it has")
    parser.add_argument("--preprocess", default="smie50")
    parser.add_argument("--split", default="unseen5")
    parser.add_argument("--encoder", default="stgcn")
    parser.add_argument("--method", default="smie")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    given = parser.parse_args()
    count = given.clips or CLIPS[given.dataset]
    folder = copied((given.folder / "repository").resolve())
    archive = folder / RAW / given.dataset / f"nturgbd_skeletons_{count}.zip"
    if not archive.is_file():
        start = time.perf_counter()
        write_archive(archive, given.dataset, count)
        size = archive.stat().st_size / 1e9
        print(f"archive of {count} recordings, {size:.2f} GB: {time.perf_counter() - start:.0f} s")
    cell = select(folder, given)
    measured([sys.executable, "-m", "stages.resolve"], folder)
    places = {
        "prepare": [f"{cell.dataset}/{cell.preprocess}"],
        "embed": [cell.dataset],
        "split": [f"{cell.dataset}/{cell.preprocess}/{cell.split}"],
        "encode": [cell.key],
    }
    print("| stage | seconds | seconds of processor | GiB at most |\n|---|--:|--:|--:|", flush=True)
    for stage in given.stages:
        where = places.get(stage, [cell.key, cell.method])
        wall, spent, most = measured([sys.executable, "-m", "stages", stage, *where], folder)
        print(f"| {stage} | {wall:.0f} | {spent:.0f} | {most:.2f} |", flush=True)


if __name__ == "__main__":
    main()
