"""PURLS: texts of body parts and phases guide what is seen of a clip, and are compared with that.

A. Zhu, Q. Ke, M. Gong, J. Bailey: Part-aware Unified Representation of Language and Skeleton for
Zero-shot Action Recognition. CVPR 2024, https://arxiv.org/abs/2406.13327
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.encoders.base import CLIPS
from zsar.learning.purls_network import candidate_scores, knowing_scores, slot_texts
from zsar.learning.world import Clips, Text
from zsar.methods._purls import PURLSMethod


class PURLS(PURLSMethod):
    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        texts, parts = slot_texts(text), self.cells(clips.skeletons).split(CLIPS)
        return torch.cat([candidate_scores(self.network, part, texts) for part in parts])

    @torch.no_grad()
    def score_knowing(
        self, clips: Clips, text: Text, truth: Int[Tensor, " clip"]
    ) -> Float[Tensor, "clip class"]:
        texts, cells = slot_texts(text), self.cells(clips.skeletons)
        parts = zip(cells.split(CLIPS), truth.split(CLIPS), strict=True)
        return torch.cat([knowing_scores(self.network, *part, texts) for part in parts])
