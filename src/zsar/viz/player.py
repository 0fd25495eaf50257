"""A page that plays a clip in any browser: one file, no network, turned with the mouse."""

import html
import json

import numpy as np

from zsar.data.skeleton import BONES, JOINTS
from zsar.viz.figure import (
    BACKGROUND,
    COLOURS,
    HEAD,
    JOINT,
    LIMB,
    LIMBS,
    RIM,
    SKULL,
    SMALL_JOINT,
    SMALL_LIMB,
    DrawnClip,
    small,
)


def page(drawn: DrawnClip) -> str:
    """The page as text."""
    # A script ends at the first "</", wherever it stands.
    data = json.dumps(_data(drawn), separators=(",", ":"), sort_keys=True).replace("</", "<\\/")
    title = html.escape(drawn.title)
    return (
        PAGE.replace("@TITLE@", title).replace("@BACKGROUND@", BACKGROUND).replace("@CLIP@", data)
    )


def _data(drawn: DrawnClip) -> dict[str, object]:
    there = drawn.colours >= 0
    known = drawn.bodies[there].reshape(-1, 3) if there.any() else np.array([[0, -1, 3], [0, 1, 3]])
    low, high = np.percentile(known, (0.1, 99.9), axis=0)
    middle = (low + high) / 2
    millimetres = np.round(np.where(there[:, :, None, None], drawn.bodies - middle, 0) * 1000)
    return {
        "bodies": millimetres.astype(int).reshape(*there.shape, -1).tolist(),
        "colours": drawn.colours.tolist(),
        "derived": drawn.derived.tolist(),
        "limbs": LIMBS,
        "bones": BONES,
        "left": [joint.startswith("left") for joint in JOINTS],
        "small": [small(joint) for joint in range(len(JOINTS))],
        "head": HEAD,
        "tints": COLOURS,
        "background": BACKGROUND,
        "sizes": [LIMB, SMALL_LIMB, JOINT, SMALL_JOINT, SKULL, RIM],
        "span": [float(np.hypot(*(high - low)[[0, 2]])), float(high[1] - low[1])],
    }


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@TITLE@</title>
<style>
  body { margin: 0; background: @BACKGROUND@; color: #22262b; font: 16px/1.4 system-ui, sans-serif }
  main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; box-sizing: border-box }
  h1 { font-size: 1.5rem; font-weight: 500; margin: 0 0 .5rem }
  canvas { width: 100%; height: 66vh; display: block; cursor: grab; touch-action: none }
  form { display: flex; gap: 1rem; align-items: center }
  input { flex: 1; accent-color: #134f7a }
  button { font: inherit; width: 5rem; padding: .3rem; border: 1px solid #d9d5ca;
           border-radius: .4rem; background: white; color: inherit; cursor: pointer }
  output, p { color: #7d7a72; font-variant-numeric: tabular-nums }
</style>
<main>
  <h1>@TITLE@</h1>
  <canvas id="stage"></canvas>
  <form onsubmit="return false">
    <button id="play" type="button">Pause</button>
    <input id="time" type="range" min="0" value="0" aria-label="frame">
    <output id="frame"></output>
  </form>
  <p>Drag to turn, double-click to look from the front. Dark is a body's right side.</p>
</main>
<script>
const clip = @CLIP@;
const [limb, smallLimb, joint, smallJoint, skull, rim] = clip.sizes;
const stage = document.getElementById("stage"), pen = stage.getContext("2d");
const time = document.getElementById("time"), button = document.getElementById("play");
const last = clip.bodies.length - 1;
let frame = 0, playing = true, turn = 0, tip = 0, held = null, shown = 0;
time.max = last;

function turned(flat) {
  // (across, up, away) of every joint, in metres, as seen from where the view was turned to.
  const c = Math.cos(turn), s = Math.sin(turn), u = Math.cos(tip), v = Math.sin(tip), out = [];
  for (let k = 0; k < flat.length; k += 3) {
    const [x, y, z] = [flat[k] / 1000, flat[k + 1] / 1000, flat[k + 2] / 1000];
    const away = c * z - s * x;
    out.push([c * x + s * z, u * y + v * away, u * away - v * y]);
  }
  return out;
}

function mean(points, joints) {
  return joints.reduce((sum, k) => sum + points[k][2], 0) / joints.length;
}

function disc(spot, radius, ink) {
  pen.beginPath();
  pen.arc(spot[0], spot[1], radius, 0, 2 * Math.PI);
  pen.fillStyle = ink;
  pen.fill();
}

function draw() {
  const dense = window.devicePixelRatio || 1;
  const wide = stage.clientWidth * dense, high = stage.clientHeight * dense;
  if (stage.width !== wide || stage.height !== high) { stage.width = wide; stage.height = high; }
  const scale = Math.min(wide / (clip.span[0] + 0.5), high / (clip.span[1] + 0.4));
  pen.clearRect(0, 0, wide, high);
  pen.lineCap = "round";
  ground(wide, high, scale);
  const bodies = clip.bodies[frame]
    .map((flat, k) => ({ points: turned(flat), colour: clip.colours[frame][k] }))
    .filter(body => body.colour >= 0);
  bodies.sort((a, b) => mean(b.points, [0, 20]) - mean(a.points, [0, 20]));
  for (const body of bodies) {
    const tints = clip.tints[body.colour % clip.tints.length];
    const spots = body.points.map(p => [wide / 2 + p[0] * scale, high / 2 - p[1] * scale]);
    const limbs = clip.limbs.slice().sort((a, b) => mean(body.points, b) - mean(body.points, a));
    for (const joints of limbs) figure(joints, spots, scale, tints);
  }
  document.getElementById("frame").textContent = `frame ${frame + 1} of ${last + 1}`;
  time.value = frame;
}

function ground(wide, high, scale) {
  const floor = -500 * clip.span[1], reach = 500 * clip.span[0] + 300;
  pen.strokeStyle = "#e4e0d6";
  pen.lineWidth = Math.max(1, 0.006 * scale);
  for (const radius of [0.4 * reach, 0.7 * reach, reach]) {
    const ring = [];
    for (let k = 0; k <= 72; k++) {
      const angle = k * Math.PI / 36;
      ring.push(radius * Math.cos(angle), floor, radius * Math.sin(angle));
    }
    pen.beginPath();
    for (const p of turned(ring)) pen.lineTo(wide / 2 + p[0] * scale, high / 2 - p[1] * scale);
    pen.stroke();
  }
}

function figure(joints, spots, scale, tints) {
  const bones = clip.bones.filter(bone => joints.includes(bone[0]));
  const line = (bone, wider, ink) => {
    pen.strokeStyle = ink;
    pen.lineWidth = ((clip.small[bone[0]] ? smallLimb : limb) + wider) * scale;
    pen.beginPath();
    pen.moveTo(...spots[bone[0]]);
    pen.lineTo(...spots[bone[1]]);
    pen.stroke();
  };
  if (joints !== clip.limbs[0])
    for (const bone of bones) if (joints.includes(bone[1])) line(bone, 2 * rim, clip.background);
  for (const bone of bones) line(bone, 0, tints[clip.left[bone[0]] ? 1 : 0]);
  for (const k of joints) {
    const size = k === clip.head ? skull : clip.small[k] ? smallJoint : joint;
    const hollow = k === clip.head || clip.derived[k];
    disc(spots[k], size * scale, tints[clip.left[k] ? 1 : 0]);
    if (hollow) disc(spots[k], (size - Math.min(rim, 0.45 * size)) * scale, clip.background);
  }
}

function tick(now) {
  if (playing && now - shown > 40) { shown = now; frame = (frame + 1) % (last + 1); draw(); }
  requestAnimationFrame(tick);
}

function play(yes) { playing = yes; button.textContent = yes ? "Pause" : "Play"; }

button.onclick = () => play(!playing);
time.oninput = () => { play(false); frame = Number(time.value); draw(); };
stage.onpointerdown = event => {
  held = [event.clientX, event.clientY];
  stage.setPointerCapture(event.pointerId);
};
stage.onpointermove = event => {
  if (!held) return;
  turn += (event.clientX - held[0]) / 150;
  tip = Math.max(-1.2, Math.min(1.2, tip + (event.clientY - held[1]) / 150));
  held = [event.clientX, event.clientY];
  draw();
};
stage.onpointerup = stage.onpointercancel = () => { held = null; };
stage.ondblclick = () => { turn = tip = 0; draw(); };
document.onkeydown = event => {
  if (event.key === " " && event.target !== button) { event.preventDefault(); play(!playing); }
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!way || event.target === time) return;
  play(false);
  frame = (frame + way + last + 1) % (last + 1);
  draw();
};
window.onresize = draw;
draw();
requestAnimationFrame(tick);
</script>
</html>
"""
