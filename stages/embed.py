"""Turn the texts of a data set into vectors."""

import json

import numpy as np

from stages.run import run
from stages.world import device
from zsar.data.artifacts import TextFile, write
from zsar.params import Params
from zsar.study import Cell
from zsar.text.embedding import Settings, encoder


def main(cell: Cell, params: Params) -> None:
    """Embed every source of every class with the text encoder that params.yaml selects."""
    texts: dict[str, list[str]] = json.loads(cell.sentences.read_text(encoding="utf-8"))
    settings = params.of("texts", params.text, cell.dataset, Settings)
    every = [texts[source][k] for k in range(len(texts["names"])) for source in texts]
    distinct = sorted(set(every))
    vectors = encoder(settings, device(params).type)(distinct)
    which = np.array([distinct.index(text) for text in every])
    shape = (len(texts["names"]), len(texts))
    write(
        cell.texts,
        TextFile(
            sources=np.array(list(texts)),
            pooled=vectors.pooled[which].reshape(*shape, -1),
            tokens=np.concatenate([vectors.tokens[i] for i in which]),
            counts=np.array([len(vectors.tokens[i]) for i in which]).reshape(shape),
            groups=which.reshape(shape),
        ),
    )


if __name__ == "__main__":
    run(main)
