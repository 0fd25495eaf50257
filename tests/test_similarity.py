"""The similarity of classes, the warnings about it, and its heat map."""

import numpy as np
import pytest
from matplotlib import colormaps, rc_context
from matplotlib.colors import to_rgb
from PIL import Image

from zsar.text import similarity
from zsar.viz import plots

POOLED = np.array(
    [[[1, 0], [1, 0]], [[0, 2], [1, 0]], [[3, 3], [0, 1]], [[0, 0], [0, 1]]], dtype=np.float32
)


def test_cosines_ignore_the_norm_and_are_0_for_a_zero_vector():
    found = similarity.cosine_matrix(POOLED[:, 0])
    half = 0.5**0.5
    expected = [[1, 0, half, 0], [0, 1, half, 0], [half, half, 1, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_sources_have_equal_weight():
    found = similarity.mean_cosines(POOLED)
    assert found[0, 1] == pytest.approx(0.5) and found[2, 3] == pytest.approx(0.5)


def test_the_nearest_are_other_classes_most_similar_first():
    found = similarity.mean_cosines(POOLED)
    assert similarity.nearest(found, 0, 2) == [1, 2]


def test_pairs_with_equal_text_or_similar_vectors_are_reported():
    pooled = np.array([[1, 0], [1, 0], [1, 0.1], [0, 1]], dtype=np.float32)
    pairs = similarity.similar_pairs(pooled, [0, 0, 1, 2], 0.99)
    assert [(pair.first, pair.second, pair.equal) for pair in pairs] == [
        (0, 1, True),
        (0, 2, False),
        (1, 2, False),
    ]


def test_a_cosine_equal_to_the_bound_is_not_reported():
    pooled = np.array([[1, 0], [0, 1]], dtype=np.float32)
    assert similarity.similar_pairs(pooled, [0, 1], 0.0) == []


@pytest.fixture
def picture(tmp_path):
    def draw(values, names, above=0.9):
        file = tmp_path / "toy.png"
        plots.draw_heatmap(np.array(values, dtype=float), names, "toy", above, file)
        return np.asarray(Image.open(file).convert("RGB"))

    return draw


def test_the_picture_shows_every_pair_in_its_colour(picture):
    values = [[1, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 1]]
    shown = picture(values, ["a", "b", "c"])
    colours = colormaps[plots.COLOUR_MAP](np.array(values, dtype=float), bytes=True)[..., :3]
    for colour in colours.reshape(-1, 3):
        assert (shown == colour).all(axis=-1).any()
    assert colours[0, 2].min() > 240 and colours[0, 0].max() < 110  # from light to dark


def test_close_pairs_are_framed(picture):
    calm = picture([[1, 0.8], [0.8, 1]], ["a", "b"])
    close = picture([[1, 0.95], [0.95, 1]], ["a", "b"])
    frame = np.round(255 * np.array(to_rgb(plots.FRAME))).astype(np.uint8)
    assert not (calm == frame).all(axis=-1).any()
    assert (close == frame).all(axis=-1).any()


def test_the_picture_grows_with_classes_and_names(picture):
    few = picture(np.eye(3), ["a", "b", "c"])
    many = picture(np.eye(120), ["some longer name"] * 120)
    assert many.shape[0] > 120 * plots.CELL * plots.DPI > few.shape[0]


def test_two_pictures_of_the_same_are_the_same_bytes(picture, tmp_path):
    picture(np.eye(3), ["a", "b", "c"])
    before = (tmp_path / "toy.png").read_bytes()
    picture(np.eye(3), ["a", "b", "c"])
    assert (tmp_path / "toy.png").read_bytes() == before


def test_a_name_is_drawn_as_it_is_and_settings_of_a_user_change_nothing(picture, tmp_path):
    plain = picture(np.eye(2), ["a $x$", "_b"])
    with rc_context({"font.size": 30, "image.cmap": "viridis", "savefig.dpi": 30}):
        np.testing.assert_array_equal(picture(np.eye(2), ["a $x$", "_b"]), plain)
