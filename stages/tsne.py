"""Draw where a frozen encoder places the test clips of a few classes."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, Int64

from stages.harness.run import run
from zsar.atomic import atomic_write
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.dataset_info import dataset_info
from zsar.experiment.inputs import configure_torch
from zsar.experiment.recognition import (
    TSNEConfig,
    load_pretrained,
    load_sides,
    num_classes,
    spaced_classes,
    tsne,
)

SIZE, MARGIN, LEGEND, DOT, LINE = 900, 40, 320, 5, 30  # pixels
COLOURS = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write a picture in which clips lie close that have close features, by t-SNE."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    config = settings.of("protocols", "tsne", TSNEConfig)
    count = num_classes(train, test)
    chosen = spaced_classes(count, min(config.classes, len(COLOURS)))
    rows = torch.isin(test.labels, chosen.to(device))
    encoder = load_pretrained(cell, settings, count, device)
    features = encoder.encode(test.skeletons[rows]).cpu().numpy()
    labels = test.labels[rows].cpu().numpy()
    names = dataset_info(cell.dataset, settings.dataset).classes
    legend = {int(label): names[label] for label in chosen}
    placed = tsne(features, config.perplexity, settings.run.seeds[0])
    draw(cell.metrics("tsne.png"), placed, labels, legend)


def draw(
    path: Path,
    placed: Float32[np.ndarray, "clip two"],
    labels: Int64[np.ndarray, " clip"],
    legend: dict[int, str],
) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (SIZE + LEGEND, SIZE), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=18)
    colours = dict(zip(legend, COLOURS, strict=False))
    for place, label in zip(placed, labels, strict=True):
        x, y = MARGIN + place * (SIZE - 2 * MARGIN)
        pen.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), fill=colours[int(label)])
    for row, (label, name) in enumerate(legend.items()):
        y = MARGIN + row * LINE
        pen.ellipse((SIZE, y - DOT, SIZE + 2 * DOT, y + DOT), fill=colours[label])
        pen.text((SIZE + 4 * DOT, y), name, fill="black", font=font, anchor="lm")
    with atomic_write(path) as draft:
        image.save(draft, "PNG")


if __name__ == "__main__":
    run(main, RecognitionCell)
