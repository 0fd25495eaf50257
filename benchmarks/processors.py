"""Whether other processors compute the same bytes, as `run.reproducible` promises.

    python benchmarks/processors.py                      this processor
    python benchmarks/processors.py --cpu Haswell EPYC   and these, which qemu-user emulates

Prints a short number of what each operation gives. An emulated processor has no AVX-512 and other
caches, EPYC another vendor; it takes minutes. `--free` leaves the choice of instructions to the
libraries, for comparison.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zsar.reproducible import pin

CHILD = "ZSAR_HASHES"


def digest(*values: Any) -> str:
    import numpy as np

    found = hashlib.sha256()
    for value in values:
        array = value.detach().numpy() if hasattr(value, "detach") else np.asarray(value)
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:10]


def operations() -> dict[str, Callable[[], str]]:
    """By name, what computes something and says what came out."""
    import numpy as np
    import torch
    from torch.nn import functional as F

    from zsar.learning.products import multiply_with_openblas, openblas_is_pinned

    if openblas_is_pinned():
        multiply_with_openblas()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import toy_encoders

    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")
    plain = np.random.default_rng(0).normal(size=(60, 80))
    array, rows = plain.astype(np.float32), torch.from_numpy(plain.astype(np.float32))

    def convolution() -> str:
        torch.manual_seed(0)
        clips = torch.randn(4, 16, 20, 25, requires_grad=True)
        weight = torch.randn(16, 16, 5, 1, requires_grad=True)
        made = F.conv2d(clips.contiguous(memory_format=torch.channels_last), weight)
        (made * made.cos()).sum().backward()
        return digest(made, clips.grad, weight.grad)

    def products() -> str:
        """Small and large, of one pair of matrices and of several."""
        other = rows.flip(0)
        one, two = rows.view(4, 15, 80), other.view(4, 15, 80)
        found = [rows[:, :3] @ other[:, :3].T, rows.T @ other, F.linear(rows, other, rows[:, 0])]
        return digest(*found, torch.bmm(one, two.mT), torch.baddbmm(one[:, :, :15], one, two.mT))

    def regression() -> str:
        from sklearn.linear_model import LogisticRegression

        return digest(LogisticRegression().fit(plain, plain[:, 0] > 0).coef_)

    def training() -> str:
        torch.manual_seed(0)
        encoder = toy_encoders.stgcn(4, channels=(16, 16, 32), strides=(2, 1, 2), epochs=2)
        list(encoder.fit(toy_encoders.toy_clips(32), toy_encoders.toy_clips(8)))
        return digest(*encoder.state_dict().values())

    return {
        "NumPy, functions": lambda: digest(np.exp(array), np.sin(array), np.sqrt(np.abs(array))),
        "NumPy, sums": lambda: digest(array.sum(0), array.sum(1), array.mean()),
        "NumPy, products": lambda: digest(array @ array.T, plain @ plain.T),
        "NumPy, singular values": lambda: digest(np.linalg.svd(plain)[1]),
        "scikit-learn, logistic regression": regression,
        "PyTorch, functions": lambda: digest(rows.exp(), rows.tanh(), rows.sigmoid()),
        "PyTorch, sums": lambda: digest(rows.sum(0), rows.sum(1), rows.var(0), rows.softmax(1)),
        "PyTorch, products": products,
        "PyTorch, singular values": lambda: digest(torch.linalg.svdvals(rows)),
        "PyTorch, convolution and its gradients": convolution,
        "two epochs of ST-GCN": training,
    }


def emulated(cpu: str, words: list[str]) -> dict[str, str]:
    program = shutil.which("qemu-x86_64")
    if not program:
        sys.exit("qemu-x86_64 is missing; on Debian: apt install qemu-user")
    interpreter = os.path.realpath(sys.executable)
    command = [program, "-cpu", cpu, "-0", sys.executable, interpreter, __file__, *words]
    done = subprocess.run(
        command, env=os.environ | {CHILD: "1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return json.loads(done.stdout) if done.returncode == 0 else {}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cpu", nargs="*", default=[], help="as qemu-x86_64 -cpu help lists them")
    parser.add_argument("--free", action="store_true", help="with the instructions of the machine")
    given = parser.parse_args()
    if not given.free:
        pin()
    here = {name: work() for name, work in operations().items()}
    if CHILD in os.environ:
        print(json.dumps(here))
        return 0
    words = ["--free"] if given.free else []
    others = {cpu: emulated(cpu, words) for cpu in given.cpu}
    width = max(map(len, here))
    print(f"{'':{width}}  {'here':10}", *(f"  {cpu:10}" for cpu in others), sep="")
    for name, value in here.items():
        found = [each.get(name, "failed") for each in others.values()]
        same = "" if not found else ("  equal" if {*found} == {value} else "  differs")
        print(f"{name:{width}}  {value}", *(f"  {each:10}" for each in found), same, sep="")
    return int(any(each != here for each in others.values()))


if __name__ == "__main__":
    sys.exit(main())
