"""PURLS: texts of body parts and phases guide what is seen of a clip, and are compared with that.

A. Zhu, Q. Ke, M. Gong, J. Bailey: Part-aware Unified Representation of Language and Skeleton for
Zero-shot Action Recognition. CVPR 2024, https://arxiv.org/abs/2406.13327
"""

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.encoders.base import CLIPS
from zsar.learning.purls_network import candidate_scores, guided_scores, slot_texts
from zsar.learning.world import Clips, Text
from zsar.methods._purls import PURLSMethod


class PURLS(PURLSMethod):
    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        texts, parts = slot_texts(text), self.cells(clips.skeletons).split(CLIPS)
        return torch.cat([candidate_scores(self.network, part, texts) for part in parts])

    @torch.no_grad()
    def score_guided_by_labels(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        """As published: the text of the TRUE class guides the attention. The labels, as positions
        in `text`, leak into the scores; `benchmarks.purls_leak` measures how much."""
        texts, cells = slot_texts(text), self.cells(clips.skeletons)
        parts = zip(cells.split(CLIPS), clips.labels.split(CLIPS), strict=True)
        return torch.cat([guided_scores(self.network, *part, texts) for part in parts])
