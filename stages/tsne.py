"""Plot the test clips of a few classes by the features of a pre-trained encoder, with t-SNE."""

import torch

from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.dataset_info import dataset_info
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import (
    TSNEConfig,
    load_pretrained,
    load_sides,
    num_classes,
    spaced_classes,
    tsne,
)
from zsar.viz.plots import COLOURS, draw_scatter


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write a scatter plot in which clips with similar features are close together, by the
    encoder of the first seed."""
    device = configure_torch(settings)
    train, test = load_sides(cell, settings, device)
    config = settings.of("protocols", "tsne", TSNEConfig)
    count = num_classes(train, test)
    chosen = spaced_classes(count, min(config.classes, len(COLOURS)))
    rows = torch.isin(test.labels, chosen.to(device))
    encoder = load_pretrained(cell.with_seed(settings.run.seeds[0]), settings, count, device)
    features = encoder.encode(test.skeletons[rows]).cpu().numpy()
    labels = test.labels[rows].cpu().numpy()
    names = dataset_info(cell.dataset, settings.dataset).classes
    legend = {int(label): names[label] for label in chosen}
    points = tsne(features, config.perplexity, settings.run.seeds[0])
    title = f"{cell.key}: t-SNE of the features of {len(labels)} test clips"
    draw_scatter(points, labels, legend, title, cell.metrics("tsne.png"))
