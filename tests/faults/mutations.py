"""Sound files, changed a little and always alike, and what reading them ends in."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import yaml

import toy_files
import toy_formats as toy
import toy_mutations
from worlds import OTHER_WORLDS, World
from zsar.data import unlabelled
from zsar.data.batches import in_order
from zsar.data.files.ntu_text import scan
from zsar.data.formats import reader
from zsar.data.recording import Damaged, Recording
from zsar.errors import UserError
from zsar.processes import executor
from zsar.yaml_files import LOADER

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


def _of_reader(name: str, put: Callable[[Path], None]) -> World:
    return World(put, lambda folder: _errors(name, folder))


READERS = {
    "ctrgcn": _of_reader("ctrgcn", toy.put_ctrgcn),
    "ctrgcn, compressed": _of_reader("ctrgcn", toy.put_ctrgcn_compressed),
    "flora": _of_reader("flora", toy.put_flora),
    "labelled_npz": _of_reader("labelled_npz", toy.put_labelled_npz),
    "ntu": _of_reader("ntu", toy.put_ntu),
    "ntu, zip": _of_reader("ntu", toy.zipped(toy.put_ntu)),
    "nw_ucla": _of_reader("nw_ucla", toy.put_nw_ucla),
    "own, npz": _of_reader("own", toy.put_own),
    "own, csv": _of_reader("own", toy.put_own_csv),
    "own, bvh": _of_reader("own", toy.put_own_bvh),
    "own, npy and list": _of_reader("own", toy.put_own_listed),
    "own, zip": _of_reader("own", toy.zipped(toy.put_own)),
    "pku": _of_reader("pku", toy.put_pku),
    "pku, zip": _of_reader("pku", toy.zipped(toy.put_pku)),
    "pyskl": _of_reader("pyskl", toy.put_pyskl),
    "pyskl, protocol 2": _of_reader("pyskl", toy.put_pyskl_2),
    "smie": _of_reader("smie", toy.put_smie),
    "smie, zip": _of_reader("smie", toy.zipped(toy.put_smie)),
    "synse": _of_reader("synse", toy.put_synse),
    "utd_mhad": _of_reader("utd_mhad", toy.put_utd_mhad),
    "utd_mhad, zip": _of_reader("utd_mhad", toy.zipped(toy.put_utd_mhad)),
    "uwa3dii": _of_reader("uwa3dii", toy.put_uwa3dii),
    "uwa3dii, zip": _of_reader("uwa3dii", toy.zipped(toy.put_uwa3dii)),
    ANY: _of_reader(ANY, toy.put_any),
    f"{ANY}, zip": _of_reader(ANY, toy.zipped(toy.put_any)),
}
WORLDS = READERS | OTHER_WORLDS


def mutated(content: bytes, random: Random) -> bytes:
    """One or two changes; mostly within a member where the content is an archive."""
    if content.startswith(b"PK\x03\x04") and random.random() < 0.7:
        return _within_archive(content, random)
    if random.random() < 0.3 and (other := _other_values(content, random)) != content:
        return other
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


def _other_values(content: bytes, random: Random) -> bytes:
    """JSON or YAML with one or two values changed, if it is any."""
    try:
        if content[:1] in b"{[":
            return json.dumps(_changed(json.loads(content), random), default=str).encode()
        if b": " in content[: 1 << 12] and b"\0" not in content:
            values = _changed(yaml.load(content, LOADER), random)
            return yaml.dump(values, sort_keys=False).encode(errors="replace")
    except (ValueError, TypeError, yaml.YAMLError):
        pass
    return content


def _changed(values: Any, random: Random) -> Any:
    for _ in range(random.randint(1, 2)):
        values = toy_mutations.changed(values, random)
    return values


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


def outcomes(world: str, count: int, first: int = 0) -> Iterator[Outcome]:
    """Of so many mutations, used in another process."""
    _load_scanner()
    found = [Mutation(world, seed) for seed in range(first, first + count)]
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
            errors = list(WORLDS[mutation.world].errors(Path(folder)))
        except Exception as error:  # noqa: BLE001 what must never happen
            return Outcome(mutation, "escape", f"{type(error).__name__}: {error}")
        if time.process_time() - start > SLOW:
            return Outcome(mutation, "slow")
    unforeseen = [
        each for each in errors if f"cannot be read ({type(each.__cause__).__name__}: " in f"{each}"
    ]
    end = "caught" if unforeseen else "damaged" if errors else "read"
    return Outcome(mutation, end, str((unforeseen or errors or [""])[0]))


def messages(world: World, folder: Path) -> list[str]:
    """Whatever a user is told of files."""
    return [str(each) for each in world.errors(folder)]


def reader_messages(name: str, folder: Path) -> list[str]:
    """Whatever a user is told of the files of a reader."""
    return messages(_of_reader(name, lambda folder: None), folder)


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
