"""Pictures of clips: of every kind, whole or not at all, everybody in a colour of their own."""

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from zsar.data.recording import Recording
from zsar.data.skeleton import CENTRE, JOINTS
from zsar.errors import UserError
from zsar.viz import picture
from zsar.viz.figure import BACKGROUND, COLOURS, VIEWS, drawn_clip, window
from zsar.viz.picture import (
    ANIMATION_HEIGHT,
    EDGE,
    KINDS,
    MOST_FRAMES,
    animation,
    draw,
    sheet,
    window_top,
)
from zsar.viz.player import clip_data

BLUE, RED = ((int(dark[1:3], 16), int(dark[3:5], 16), int(dark[5:], 16)) for dark, _ in COLOURS[:2])


def body(across: float = 0.0) -> np.ndarray:
    """A body that stands 3 m away: every joint somewhere of its own, the head on top."""
    rng = np.random.default_rng(0)
    joints = rng.uniform(-0.4, 0.4, (len(JOINTS), 3)) + [across, 0, 3]
    joints[JOINTS.index("head")] = [across, 0.7, 3]
    joints[JOINTS.index("left_foot")] = [across, -0.9, 3]
    return joints.astype(np.float32)


def recording(ids: list[list[int]], derived: bool = False) -> Recording:
    """Bodies side by side, one frame for each list of ids; 0 is nobody."""
    places = [[body(2.0 * number) * (number != 0) for number in frame] for frame in ids]
    return Recording(
        name="clip",
        label=0,
        subject=1,
        camera=1,
        setup=1,
        bodies=np.array(places, dtype=np.float32),
        ids=np.array(ids),
        derived=np.full(len(JOINTS), derived),
    )


def share(image: Image.Image, colour: tuple[int, int, int]) -> float:
    return float((np.asarray(image.convert("RGB")) == colour).all(-1).mean())


@pytest.mark.parametrize("suffix", KINDS)
def test_every_kind_is_written_twice_with_the_same_bytes(suffix, tmp_path):
    clip = recording([[1, 2]] * 3)
    paths = [tmp_path / "new" / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        draw(clip, path, "two people")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.rglob("*.*")) == paths


def test_the_suffix_may_be_written_large(tmp_path):
    draw(recording([[1]]), tmp_path / "CLIP.PNG", "one")
    with Image.open(tmp_path / "CLIP.PNG") as image:
        assert image.format == "PNG"


def test_another_suffix_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match=r"clip\.bmp: .*\.gif, \.png, \.html"):
        draw(recording([[1]]), tmp_path / "clip.bmp", "one")


def test_a_clip_without_frames_is_refused(tmp_path):
    clip = np.zeros((3, 0, 25, 2), dtype=np.float32)
    with pytest.raises(UserError, match="nothing to see has no frames"):
        draw(clip, tmp_path / "clip.png", "nothing to see")


def test_a_picture_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def half(drawn, path):
        path.write_text("half")
        raise RuntimeError("stopped")

    monkeypatch.setitem(picture.KINDS, ".png", half)
    with pytest.raises(RuntimeError, match="stopped"):
        draw(recording([[1]]), tmp_path / "clip.png", "one")
    assert not list(tmp_path.iterdir())


def test_a_gif_shows_every_frame_of_a_short_clip_and_the_ends_of_a_long_one(tmp_path):
    for frames, shown in ((5, 5), (3 * MOST_FRAMES, MOST_FRAMES)):
        assert len(animation(drawn_clip(recording([[1]] * frames), "clip"))) == shown
    # Equal frames would be merged: somebody has to move.
    clip = recording([[1], [2], [3]])
    draw(clip, tmp_path / "clip.gif", "moves")
    with Image.open(tmp_path / "clip.gif") as image:
        assert image.n_frames == 3 and image.info["loop"] == 0


def test_two_bodies_have_two_colours():
    alone, both = (sheet(drawn_clip(recording([ids] * 2), "clip")) for ids in ([1, 0], [1, 2]))
    assert share(alone, BLUE) > 0 == share(alone, RED)
    assert share(both, BLUE) > 0 < share(both, RED)


def test_a_body_keeps_its_colour_when_it_changes_its_place_in_the_file():
    colours = drawn_clip(recording([[0, 0], [7, 0], [7, 5], [5, 7]]), "clip").colours
    assert colours.tolist() == [[-1, -1], [0, -1], [0, 1], [1, 0]]


def test_derived_joints_are_hollow():
    seen, derived = (
        sheet(drawn_clip(recording([[1]], derived=hollow), "clip")) for hollow in (False, True)
    )
    assert share(derived, BLUE) < share(seen, BLUE)
    drawn = drawn_clip(recording([[1]], derived=True), "clip")
    front = window(drawn, "front", ANIMATION_HEIGHT)
    image = animation(drawn)[0]
    top = window_top(drawn, image.width)
    x, y = front.project(drawn.bodies[0, 0], (EDGE, top))[JOINTS.index("right_foot")]
    assert image.getpixel((round(x), round(y))) == Image.new("RGB", (1, 1), BACKGROUND).getpixel(
        (0, 0)
    )


def test_a_window_shows_everybody_from_either_side():
    drawn = drawn_clip(recording([[1, 2]] * 2), "clip")
    for view in VIEWS:
        frame = window(drawn, view, 300)
        pixels = np.concatenate([frame.project(one, (0, 0)) for one in drawn.bodies[0]])
        assert frame.height == 300
        assert (pixels >= 0).all() and (pixels <= (frame.width, frame.height)).all()


def test_no_view_is_mirrored():
    """Across, up and towards the viewer are a right-handed system as the axes of the sensor are."""
    for view in VIEWS.values():
        assert round(np.linalg.det(view * [[1], [1], [-1]])) == 1
    right_hand = [1, 0, 0]  # of a person who faces the camera
    assert (VIEWS["front"] @ right_hand)[0] == -1  # on the left of the picture


def test_people_face_the_camera_in_front_and_the_right_from_the_side():
    assert (VIEWS["front"] @ [0, 0, -1]).tolist() == [0, 0, -1]  # towards whoever looks
    assert (VIEWS["side"] @ [0, 0, -1]).tolist() == [1, 0, 0]  # to the right of the picture


def test_bodies_that_were_moved_to_the_origin_stand_side_by_side():
    centred = np.stack([body(), body()], axis=-1)
    centred -= centred[CENTRE]
    clip = np.repeat(centred.transpose(1, 0, 2)[:, None], 4, axis=1)
    drawn = drawn_clip(clip, "prepared")
    apart = drawn.bodies[:, 1, CENTRE] - drawn.bodies[:, 0, CENTRE]
    assert (apart[:, 0] > 0.5).all() and not apart[:, 1:].any()
    assert drawn.people == 2


def test_an_empty_place_and_numbers_that_are_none_are_nobody():
    clip = np.stack([body().T, np.zeros((3, 25), dtype=np.float32)], axis=-1)[:, None]
    assert drawn_clip(clip, "alone").colours.tolist() == [[0, -1]]
    clip = recording([[1], [1]])
    clip.bodies[1, 0, 3] = np.nan
    drawn = drawn_clip(clip, "torn")
    assert drawn.colours.tolist() == [[0], [-1]]
    assert sheet(drawn).size[0] > 100


@pytest.mark.parametrize("suffix", KINDS)
def test_a_clip_in_which_nobody_was_found_is_drawn_empty(suffix, tmp_path):
    draw(recording([[0], [0]]), tmp_path / f"clip{suffix}", "nobody")
    assert (tmp_path / f"clip{suffix}").stat().st_size > 100


def test_the_page_holds_the_clip_and_needs_no_network(tmp_path):
    clip = recording([[1, 0], [1, 2]])
    draw(clip, tmp_path / "clip.html", "A </script> & B")
    text = (tmp_path / "clip.html").read_text(encoding="utf-8")
    assert "A &lt;/script&gt; &amp; B" in text and text.count("</script>") == 3
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=|url\(|@[A-Z]+@", text)
    data = json.loads(re.search(r"const clip = (\{.*\});", text)[1])
    assert data["colours"] == [[0, -1], [0, 1]]
    shown = np.frombuffer(base64.b64decode(data["points"]), "<i2").reshape(2, 2, 25, 3) / 1000
    wanted = clip.bodies[:, 0] - clip.bodies[:, 0, :1]
    np.testing.assert_allclose(shown[:, 0] - shown[:, 0, :1], wanted, atol=2e-3)


def test_a_long_title_is_broken_and_none_of_it_is_lost():
    drawn = drawn_clip(recording([[1]]), "a_name_without_blanks_" * 12 + " of a class")
    lines = picture._title_lines(drawn.title, 480)
    assert "".join(lines).replace(" ", "") == drawn.title.replace(" ", "")
    assert all(picture._length(line, picture.TITLE) <= 480 - 2 * EDGE for line in lines)
    short = drawn_clip(recording([[1]]), "short")
    assert sheet(drawn).height > sheet(short).height


def test_the_player_gets_at_most_thirty_frames_of_a_second():
    clip = replace(recording([[1]] * 12), fps=60.0)
    data = clip_data(drawn_clip(clip, "fast"), most_frames=100)
    assert (data["frames"], data["fps"], data["fps_known"]) == (6, 30.0, True)
    data = clip_data(drawn_clip(recording([[1]] * 12), "long"), most_frames=5)
    assert (data["frames"], data["fps"], data["fps_known"]) == (4, 10.0, False)


@pytest.mark.parametrize(("frames", "fps"), [(90, 30.0), (181, 60.0), (60, 20.0), (900, 30.0)])
def test_a_gif_plays_as_fast_as_its_clip(tmp_path, frames, fps):
    clip = replace(recording(frames * [[1]]), fps=fps)
    draw(clip, tmp_path / "clip.gif", "moves")
    shown = 0
    with Image.open(tmp_path / "clip.gif") as image:
        for k in range(image.n_frames):
            image.seek(k)
            shown += image.info["duration"]
    assert shown / 1000 == pytest.approx(frames / fps, rel=0.05)
