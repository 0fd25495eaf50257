"""Sound files, changed a little and always alike, and what reading them ends in."""

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

import toy_files
import toy_formats as toy
from zsar.data import unlabelled
from zsar.data.batches import in_order
from zsar.data.files.ntu_text import scan
from zsar.data.formats import reader
from zsar.data.recording import Damaged, Recording
from zsar.errors import UserError
from zsar.processes import executor

ANY = "any clip"  # read without a data set
STRANGE = (
    b"",
    b"-1",
    b"0",
    b"1e309",
    b"nan",
    b"-inf",
    b"1e38",
    b"9" * 30,
    b"\xff",
    b"\x00",
    b"1_0",
)
SLOW = 5.0  # seconds of work
BATCH = 25


class World(NamedTuple):
    """Files that a reader reads."""

    reader: str
    put: Callable[[Path], None]


WORLDS = {
    "ctrgcn": World("ctrgcn", toy.put_ctrgcn),
    "ctrgcn, compressed": World("ctrgcn", toy.put_ctrgcn_compressed),
    "flora": World("flora", toy.put_flora),
    "labelled_npz": World("labelled_npz", toy.put_labelled_npz),
    "ntu": World("ntu", toy.put_ntu),
    "ntu, zip": World("ntu", toy.zipped(toy.put_ntu)),
    "nw_ucla": World("nw_ucla", toy.put_nw_ucla),
    "own, npz": World("own", toy.put_own),
    "own, csv": World("own", toy.put_own_csv),
    "own, bvh": World("own", toy.put_own_bvh),
    "own, npy and list": World("own", toy.put_own_listed),
    "own, zip": World("own", toy.zipped(toy.put_own)),
    "pku": World("pku", toy.put_pku),
    "pku, zip": World("pku", toy.zipped(toy.put_pku)),
    "pyskl": World("pyskl", toy.put_pyskl),
    "pyskl, protocol 2": World("pyskl", toy.put_pyskl_2),
    "smie": World("smie", toy.put_smie),
    "smie, zip": World("smie", toy.zipped(toy.put_smie)),
    "synse": World("synse", toy.put_synse),
    "utd_mhad": World("utd_mhad", toy.put_utd_mhad),
    "utd_mhad, zip": World("utd_mhad", toy.zipped(toy.put_utd_mhad)),
    "uwa3dii": World("uwa3dii", toy.put_uwa3dii),
    "uwa3dii, zip": World("uwa3dii", toy.zipped(toy.put_uwa3dii)),
    ANY: World(ANY, toy.put_any),
    f"{ANY}, zip": World(ANY, toy.zipped(toy.put_any)),
}


def mutated(content: bytes, random: Random) -> bytes:
    """One or two changes; mostly within a member where the content is an archive."""
    if content.startswith(b"PK\x03\x04") and random.random() < 0.7:
        return _within_archive(content, random)
    for _ in range(random.randint(1, 2)):
        content = random.choice(MUTATORS)(content, random)
    return content


def _within_archive(content: bytes, random: Random) -> bytes:
    """The archive with a member changed, or two swapped, and with sums that are right."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = [(info, packed.read(info)) for info in packed.infolist()]
    contents = [data for _, data in members]
    _change_one(contents, random)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for (info, _), data in zip(members, contents, strict=True):
            packed.writestr(info.filename, data, info.compress_type)
    return target.getvalue()


def _change_one(contents: list[bytes], random: Random) -> None:
    place, other = random.randrange(len(contents)), random.randrange(len(contents))
    if place != other and random.random() < 0.1:
        contents[place], contents[other] = contents[other], contents[place]
    else:
        contents[place] = mutated(contents[place], random)


def _flip(content: bytes, random: Random) -> bytes:
    if not content:
        return b"\x00"
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]


def _in_header(content: bytes, random: Random) -> bytes:
    at = random.randrange(max(1, min(300, len(content))))
    return content[:at] + random.randbytes(random.choice((1, 1, 2, 4))) + content[at + 1 :]


def _truncate(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _insert(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.randbytes(random.randint(1, 9)) + content[at:]


def _repeat(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    piece = content[start : start + random.randint(1, 200)]
    return content[:start] + piece * random.choice((0, 2, 3, 50)) + content[start + len(piece) :]


def _other_number(content: bytes, random: Random) -> bytes:
    found = list(re.finditer(rb"-?\d[\d.e+-]*", content[: 1 << 14]))
    if not found:
        return content
    match = random.choice(found)
    return content[: match.start()] + random.choice(STRANGE) + content[match.end() :]


MUTATORS = (_flip, _in_header, _truncate, _insert, _repeat, _other_number)


@cache
def _files(name: str) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        WORLDS[name].put(Path(folder))
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class Mutation(NamedTuple):
    world: str
    seed: int


class Outcome(NamedTuple):
    """What reading ended in: `read`, `damaged`, `caught` (unforeseen, and named by the guard), or
    else an escape, a crash or no end."""

    mutation: Mutation
    end: str
    said: str = ""


def outcomes(world: str, count: int) -> Iterator[Outcome]:
    """Of so many mutations, read in another process."""
    _load_scanner()
    found = [Mutation(world, seed) for seed in range(count)]
    batches = [found[start : start + BATCH] for start in range(0, count, BATCH)]
    with executor(1) as pool:
        for some in in_order(pool, _ends, batches, 2, _crashed):
            yield from some


@cache
def _load_scanner() -> None:
    """Here, once, and not in every process that is started."""
    scan(toy_files.skeleton(1).encode(), "")


def _crashed(mutation: Mutation) -> Outcome:
    return Outcome(mutation, "crash")


def _ends(mutations: Sequence[Mutation]) -> list[Outcome]:
    return [_end(each) for each in mutations]


def _end(mutation: Mutation) -> Outcome:
    random = Random(f"{mutation.world} {mutation.seed}")
    files = _files(mutation.world)
    contents = list(files.values())
    _change_one(contents, random)
    with TemporaryDirectory() as folder:
        for name, content in zip(files, contents, strict=True):
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        start = time.process_time()
        try:
            errors = list(_errors(WORLDS[mutation.world].reader, Path(folder)))
        except Exception as error:  # noqa: BLE001 what must never happen
            return Outcome(mutation, "escape", f"{type(error).__name__}: {error}")
        if time.process_time() - start > SLOW:
            return Outcome(mutation, "slow")
    unforeseen = [
        each for each in errors if f"cannot be read ({type(each.__cause__).__name__}: " in f"{each}"
    ]
    end = "caught" if unforeseen else "damaged" if errors else "read"
    return Outcome(mutation, end, str((unforeseen or errors or [""])[0]))


def messages(name: str, folder: Path) -> list[str]:
    """Whatever a user is told of the files of a reader."""
    return [str(each) for each in _errors(name, folder)]


def _errors(name: str, folder: Path) -> Iterator[UserError]:
    """Whatever a user is told; sound clips are looked at."""
    try:
        read, parts = _reader(name, folder)
    except UserError as error:
        yield error
        return
    for part in parts:
        try:
            found = read(part)
        except UserError as error:
            yield error
            continue
        for each in found:
            if isinstance(each, Damaged):
                yield each
            else:
                _check(each)


def _reader(name: str, folder: Path) -> tuple[Callable, Sequence]:
    if name == ANY:
        said = unlabelled.Declared("ntu25", "", ("", "", ""), (float("nan"),) * 3, 30.0)
        return lambda part: unlabelled.read(part, said), unlabelled.find(folder)
    source = reader(name)
    with suppress(UserError):
        source.recognises(folder)
        source.protocol(folder)
    if source.names_classes:
        assert all(each.isprintable() for each in source.classes(folder))
    return source.read, source.find(folder)


def _check(clip: Recording) -> None:
    assert clip.name.isprintable() and len(clip.bodies)
    assert np.isfinite(clip.bodies).all() and np.abs(clip.bodies).max() < 1e4
