"""Preprocessing of NTU clips: AimCLR and SMIE, 2s-AGCN and UmURL, CTR-GCN."""

from pathlib import Path

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from parity._skeleton_text import recording
from parity._variants import lengths, prepared, skeletons
from zsar.data.recording import Recording


def check(arrays: dict, note: dict, folder: Path) -> None:
    count = len(arrays["y/aimclr_length"])
    clips = [recording(folder / f"ntu_parse_{number}.skeleton") for number in range(count)]
    smie50(arrays, clips)
    agcn(arrays, clips)
    ctrgcn(arrays, clips)


def smie50(arrays: dict, clips: list[Recording]) -> None:
    assert lengths(clips, "smie50") == arrays["y/aimclr_length"].tolist()
    upright = skeletons(clips, "smie50", until="resize")
    close(upright, arrays["y/aimclr_position_before_rotation"], 1e-5)
    close(skeletons(clips, "smie50"), arrays["y/aimclr_position"], 1e-5)
    close(skeletons(clips, "smie50_motion"), arrays["y/aimclr_motion"], 1e-5)


def agcn(arrays: dict, clips: list[Recording]) -> None:
    for name in ("agcn", "umurl"):
        close(skeletons(clips, name, until="align_bone"), arrays[f"y/{name}_pre"], 1e-5)
        assert lengths(clips, name) == arrays["y/umurl_num_frame"].tolist()
    close(skeletons(clips, "umurl"), arrays["y/umurl_crop64"], 1e-5)
    close(skeletons(clips, "agcn_300"), arrays["y/agcn_pre"], 1e-5)


def ctrgcn(arrays: dict, clips: list[Recording]) -> None:
    for number, clip in enumerate(prepared(clips, "ctrgcn", until="drop_empty_frames")):
        assert_array_equal(rows(clip.skeletons), arrays[f"y/ctr_denoised_{number}"])
    aligned(prepared(clips, "ctrgcn", until="first_bodies"), arrays["y/ctr_aligned"])
    aligned(
        prepared(clips, "ctrgcn_ntu120", until="copy_lone_body"), arrays["y/ctr_aligned_ntu120"]
    )
    close(skeletons(clips, "ctrgcn"), arrays["y/ctr_clip64"], 1e-5)
    for name in ("ctrgcn", "ctrgcn_ntu120"):
        assert lengths(clips, name) == arrays["y/ctr_valid_frames"].tolist()
        assert lengths(clips, name) == arrays["y/ctr_frames"].tolist()


def aligned(clips: list, theirs: np.ndarray) -> None:
    """Theirs are padded to the longest clip."""
    for clip, expected in zip(clips, theirs, strict=True):
        ours = rows(clip.skeletons)
        close(ours, expected[: len(ours)], 1e-6)
        assert not expected[len(ours) :].any()


def rows(clip: np.ndarray) -> np.ndarray:
    """As CTR-GCN stores a clip: a row per frame, of body, joint and axis."""
    return clip.transpose(1, 3, 2, 0).reshape(clip.shape[1], -1)


def close(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    assert_allclose(ours, theirs, rtol=0, atol=tolerance)
