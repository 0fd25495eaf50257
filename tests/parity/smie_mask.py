"""SMIE's choice of frames by how little they move."""

import torch

from zsar.learning.low_motion import frames, least_motion_frames, motion_energy


def check(arrays, note, folder):
    clips = torch.from_numpy(arrays["x/x"])
    arrays.close(motion_energy(clips), arrays["y/motion"])
    kept = torch.from_numpy(arrays["y/kept_frames"])
    assert torch.equal(least_motion_frames(clips, kept.shape[1]), kept)
    calm = frames(clips, kept)
    assert torch.equal(calm, torch.from_numpy(arrays["y/masked"]))
    drawn = torch.from_numpy(arrays["x/random_positions"])
    assert torch.equal(calm[:, :, drawn], torch.from_numpy(arrays["y/final"]))
