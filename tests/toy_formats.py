"""A folder of small sound files for every reader."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

import toy_files
from toy_bvh import RAISED, bvh
from zsar.data.layouts import LAYOUTS

FIGURE = np.random.default_rng(0).uniform(-1, 1, size=(4, 25, 3)).astype(np.float32) + 3
SHEET = 'layout: ntu25\nunit: metre\nclasses: [a, b]\nnames: "{label}_{subject}"\n'


def put_ctrgcn(folder: Path) -> None:
    x = np.tile(FIGURE.reshape(1, 4, 75), (3, 1, 1))
    np.savez(folder / "NTU60_CS.npz", x_train=x, y_train=np.eye(3), x_test=x, y_test=np.eye(3))


def put_flora(folder: Path) -> None:
    rows, labels = np.arange(12, dtype=np.float32).reshape(3, 4), np.array([0, 1, 2])
    groups = {"train": [0, 1], "gzsl": [0, 2, 1], "zsl": [2]}
    arrays = {f"{group}_data": rows[some] for group, some in groups.items()}
    arrays |= {f"{group}_label": labels[some] for group, some in groups.items()}
    np.savez(folder / "ntu60_seen2_unseen1.npz", **arrays)


def put_labelled_npz(folder: Path) -> None:
    joints = LAYOUTS["kinect20"].joints
    with zipfile.ZipFile(folder / "clips.zip", "w") as packed:
        packed.writestr("labels.csv", "file,label,subject\na.npz,a,1\nb.npz,b,2\n")
        for label in ("a", "b"):
            file = io.BytesIO()
            np.savez(file, skeleton=FIGURE[:, :20], joints=joints, fps=15.0, label=label)
            packed.writestr(f"{label}.npz", file.getvalue())


def put_nw_ucla(folder: Path) -> None:
    for view in (1, 2):
        content = json.dumps({"skeletons": FIGURE[:, :20].tolist()})
        (folder / f"a01_s01_e00_v0{view}.json").write_text(content)


def put_own(folder: Path) -> None:
    (folder / "clips.yaml").write_text(SHEET)
    np.savez(folder / "a_1.npz", FIGURE)
    np.savez(folder / "b_2.npz", FIGURE)


def put_pku(folder: Path) -> None:
    (folder / "label").mkdir()
    rows = FIGURE.reshape(4, 75).tolist()
    for video in ("0002-L", "0003-M"):
        (folder / f"{video}.txt").write_text("\n".join(" ".join(map(str, row * 2)) for row in rows))
        (folder / "label" / f"{video}.txt").write_text("1,1,2,0\n2,3,4,0")


def put_pyskl(folder: Path) -> None:
    names = ("S001C001P001R001A001", "S001C001P001R001A002")
    clips = [
        {"frame_dir": name, "label": k, "keypoint": FIGURE[None]} for k, name in enumerate(names)
    ]
    (folder / "ntu60_3danno.pkl").write_bytes(pickle.dumps({"annotations": clips}))


def put_smie(folder: Path) -> None:
    for label, group in enumerate(("seen_train", "seen_test", "unseen")):
        data = np.tile(FIGURE.transpose(2, 0, 1)[None, ..., None], (2, 1, 1, 1, 2))
        np.save(folder / f"{group}_data.npy", data)
        np.save(folder / f"{group}_label.npy", np.array([label, label]))


def put_synse(folder: Path) -> None:
    features = {"train": "train_label", "ztest": "z_label"}
    for phase, more in {"test": {"gtest": "g_label"}, "validation": {"val": "val_label"}}.items():
        (folder / phase).mkdir()
        for name, label in (features | more).items():
            np.save(folder / phase / f"{name}.npy", np.ones((2, 4), dtype=np.float32))
            np.save(folder / phase / f"{label}.npy", np.array([0, 1]))


def put_utd_mhad(folder: Path) -> None:
    for action in (1, 2):
        file = io.BytesIO()
        savemat(file, {"d_skel": FIGURE[:, :20].transpose(1, 2, 0).astype(float)})
        (folder / f"a{action}_s1_t1_skeleton.mat").write_bytes(file.getvalue())


def put_uwa3dii(folder: Path) -> None:
    for view in (1, 2):
        (folder / f"a01_s01_e01_v0{view}.mat").write_bytes(mat73(FIGURE[:, :15] * 1000))


def mat73(joints: np.ndarray, name: str = "A") -> bytes:
    """A file as MATLAB's `save -v7.3` writes it: 512 bytes of its own, then HDF5, deflated."""
    inside = io.BytesIO()
    with h5py.File(inside, "w", userblock_size=512) as file:
        rows = joints.reshape(len(joints), -1).astype(np.float64)
        made = file.create_dataset(name, data=rows, compression="gzip", chunks=rows.shape)
        made.attrs["MATLAB_class"] = np.bytes_("double")
    return b"MATLAB 7.3 MAT-file".ljust(512) + inside.getvalue()[512:]


def put_ctrgcn_compressed(folder: Path) -> None:
    x = np.tile(FIGURE.reshape(1, 4, 75), (3, 1, 1))
    arrays = {"x_train": x, "y_train": np.arange(3), "x_test": x, "y_test": np.arange(3)}
    np.savez_compressed(folder / "NTU60_CS.npz", **arrays)


def put_ntu(folder: Path) -> None:
    for action in (1, 2):
        (folder / f"S001C001P001R001A00{action}.skeleton").write_text(toy_files.skeleton(3))


def put_pyskl_2(folder: Path) -> None:
    clip = {"frame_dir": "S001C001P001R001A001", "label": 0, "keypoint": FIGURE[None]}
    (folder / "ntu60_3danno.pkl").write_bytes(pickle.dumps({"annotations": [clip]}, protocol=2))


def put_own_csv(folder: Path) -> None:
    (folder / "clips.yaml").write_text(SHEET)
    for name in ("a_1", "b_2"):
        rows = FIGURE.reshape(4, 75).tolist()
        (folder / f"{name}.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))


def put_own_listed(folder: Path) -> None:
    joints = ", ".join(LAYOUTS["ntu25"].joints)
    (folder / "clips.yaml").write_text(
        f"layout: {{joints: [{joints}], mapping: {{neck: {{head: 0.5, spine_base: 0.5}}}}}}\n"
        "unit: metre\naxes: [x, y, z]\norigin: [0, 0, 3]\nfps: 30\nclasses: [a, b]\n"
        "subjects: [anna, ben]\nclips:\n  a.npy: {label: a, subject: anna, camera: 1}\n"
    )
    np.save(folder / "a.npy", FIGURE)


def put_own_bvh(folder: Path) -> None:
    (folder / "clips.yaml").write_text('classes: [a, b]\nnames: "{label}_{subject}"\n')
    (folder / "a_1.bvh").write_text(bvh([RAISED] * 4))


def put_any(folder: Path) -> None:
    """Clips of every kind, without a clips.yaml."""
    put_ntu(folder)
    put_pku(folder)
    np.savez(folder / "a.npz", clip=FIGURE, joints=LAYOUTS["ntu25"].joints, fps=30.0)
    np.save(folder / "b.npy", FIGURE)
    names = [f"{joint}_{axis}" for joint in LAYOUTS["ntu25"].joints for axis in "xyz"]
    rows = [[frame / 30, *row] for frame, row in enumerate(FIGURE.reshape(4, 75).tolist())]
    lines = [",".join(["time", *names]), *(",".join(map(str, row)) for row in rows)]
    (folder / "c.csv").write_text("\n".join(lines))
    (folder / "d.bvh").write_text(bvh([RAISED] * 4))


def zipped(put: Callable[[Path], None]) -> Callable[[Path], None]:
    """The same files in one zip archive, every second one deflated."""

    def put_zip(folder: Path) -> None:
        put(folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        with zipfile.ZipFile(folder / "all.zip", "w") as packed:
            for number, path in enumerate(files):
                packed.write(path, path.relative_to(folder), 8 * (number % 2))
                path.unlink()

    return put_zip
