"""Preprocessing of NTU clips: AimCLR and SMIE, 2s-AGCN and UmURL, CTR-GCN."""

from pathlib import Path

import numpy as np

from parity._published import Published
from parity._skeleton_text import recording
from parity._variants import lengths, prepared, skeletons
from zsar.data.recording import Recording


def check(arrays: Published, note: dict, folder: Path) -> None:
    count = len(arrays["y/aimclr_length"])
    clips = [recording(folder / f"ntu_parse_{number}.skeleton") for number in range(count)]
    smie50(arrays, clips)
    agcn(arrays, clips)
    ctrgcn(arrays, clips)


def smie50(arrays: Published, clips: list[Recording]) -> None:
    assert lengths(clips, "smie50") == arrays["y/aimclr_length"].tolist()
    upright = skeletons(clips, "smie50", until="resize")
    arrays.close(upright, arrays["y/aimclr_position_before_rotation"], "AimCLR")
    arrays.close(skeletons(clips, "smie50"), arrays["y/aimclr_position"], "AimCLR")
    arrays.close(skeletons(clips, "smie50_motion"), arrays["y/aimclr_motion"], "AimCLR")


def agcn(arrays: Published, clips: list[Recording]) -> None:
    for name in ("agcn", "umurl"):
        arrays.close(
            skeletons(clips, name, until="align_bone"), arrays[f"y/{name}_pre"], "AGCN/UmURL"
        )
        assert lengths(clips, name) == arrays["y/umurl_num_frame"].tolist()
    arrays.close(skeletons(clips, "umurl"), arrays["y/umurl_crop64"], "64-frame")
    arrays.close(skeletons(clips, "agcn_300"), arrays["y/agcn_pre"], "AGCN/UmURL")


def ctrgcn(arrays: Published, clips: list[Recording]) -> None:
    for number, clip in enumerate(prepared(clips, "ctrgcn", until="drop_empty_frames")):
        arrays.close(rows(clip.skeletons), arrays[f"y/ctr_denoised_{number}"], "CTR-GCN")
    aligned(arrays, "ctr_aligned", prepared(clips, "ctrgcn", until="first_bodies"))
    again = prepared(clips, "ctrgcn_ntu120", until="copy_lone_body")
    aligned(arrays, "ctr_aligned_ntu120", again)
    arrays.close(skeletons(clips, "ctrgcn"), arrays["y/ctr_clip64"], "64-frame")
    for name in ("ctrgcn", "ctrgcn_ntu120"):
        assert lengths(clips, name) == arrays["y/ctr_valid_frames"].tolist()
        assert lengths(clips, name) == arrays["y/ctr_frames"].tolist()


def aligned(arrays: Published, name: str, clips: list) -> None:
    """Theirs are padded to the longest clip."""
    for clip, expected in zip(clips, arrays[f"y/{name}"], strict=True):
        ours = rows(clip.skeletons)
        arrays.close(ours, expected[: len(ours)], "CTR-GCN")
        assert not expected[len(ours) :].any()


def rows(clip: np.ndarray) -> np.ndarray:
    """As CTR-GCN stores a clip: a row per frame, of body, joint and axis."""
    return clip.transpose(1, 3, 2, 0).reshape(clip.shape[1], -1)
