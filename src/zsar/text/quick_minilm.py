"""all-MiniLM-L6-v2 in NumPy: sentence features within a second of the start of the process.

The same network as `backends.minilm`, which loads PyTorch first; in float64, so that features are
the same on every processor but for rounding. MiniLM (Wang et al., NeurIPS 2020,
https://arxiv.org/abs/2002.10957); BERT (Devlin et al., NAACL 2019,
https://arxiv.org/abs/1810.04805).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from zsar.text.backends.minilm import MODELS, TOKEN_LIMIT, checked_folder
from zsar.text.embedding import TextEncoder

MODEL = "all-MiniLM-L6-v2"
LAYERS, HEADS = 6, 12
EPSILON = 1e-12  # of the layer normalisation
Hidden = Float64[np.ndarray, "token width"]


def encoder() -> TextEncoder:
    """Pooled features alone: the mean over all tokens, of length one."""
    return TextEncoder(f"minilm {MODELS[MODEL]} NumPy", _encode)


def _encode(texts: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    from safetensors import safe_open
    from tokenizers import Tokenizer

    folder = checked_folder(MODEL)
    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKEN_LIMIT)
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        network = _Network(file)
        for text in texts:
            mean = network(np.array(tokenizer.encode(text).ids)).mean(0)
            yield text, (mean / np.sqrt(mean @ mean))[None]


class _Network:
    """Of an open file of weights, from which rows of the vocabulary are read as they are needed."""

    def __init__(self, file: Any):
        self.words = file.get_slice("embeddings.word_embeddings.weight")
        self.weights = {
            name: file.get_tensor(name).astype(np.float64)
            for name in file.keys()  # noqa: SIM118
            if name.startswith(("encoder.", "embeddings.")) and "word_embeddings" not in name
        }

    def __call__(self, ids: Int64[np.ndarray, " token"]) -> Hidden:
        words = np.concatenate([self.words[each : each + 1] for each in ids.tolist()])
        positions = self.weights["embeddings.position_embeddings.weight"][: len(ids)]
        kinds = self.weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normalised("embeddings.LayerNorm", words + positions + kinds)
        for layer in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{layer}", hidden)
        return hidden

    def _layer(self, name: str, hidden: Hidden) -> Hidden:
        from scipy.special import erf

        found = self._linear(f"{name}.attention.output.dense", self._attention(name, hidden))
        hidden = self._normalised(f"{name}.attention.output.LayerNorm", hidden + found)
        wide = self._linear(f"{name}.intermediate.dense", hidden)
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2  # GELU
        found = self._linear(f"{name}.output.dense", wide)
        return self._normalised(f"{name}.output.LayerNorm", hidden + found)

    def _attention(self, name: str, hidden: Hidden) -> Hidden:
        query, key, value = (
            self._linear(f"{name}.attention.self.{part}", hidden)
            .reshape(len(hidden), HEADS, -1)
            .swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(1, 2) / np.sqrt(query.shape[2])
        weights = np.exp(scores - scores.max(2, keepdims=True))
        weights /= weights.sum(2, keepdims=True)
        return (weights @ value).swapaxes(0, 1).reshape(hidden.shape)

    def _linear(self, name: str, rows: np.ndarray) -> np.ndarray:
        return rows @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normalised(self, name: str, rows: Hidden) -> Hidden:
        centred = rows - rows.mean(1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + EPSILON)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
