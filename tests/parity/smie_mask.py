"""SMIE's choice of frames by how little they move."""

import torch

from zsar.methods.smie import calmest, frames, liveliness


def check(arrays, note, folder):
    clips = torch.from_numpy(arrays["x/x"])
    arrays.close(liveliness(clips), arrays["y/motion"])
    kept = torch.from_numpy(arrays["y/kept_frames"])
    assert torch.equal(calmest(clips, kept.shape[1]), kept)
    calm = frames(clips, kept)
    assert torch.equal(calm, torch.from_numpy(arrays["y/masked"]))
    drawn = torch.from_numpy(arrays["x/random_positions"])
    assert torch.equal(calm[:, :, drawn], torch.from_numpy(arrays["y/final"]))
