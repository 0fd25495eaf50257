"use strict";
// zsar.player(place, clip): a clip in 3-D inside an element. The clip is plain JSON, as zsar.viz.player.clip_data writes
// it. Needs THREE (three.min.js). Returns { play, pause, show, frame, playing, where, dispose }.
window.zsar = window.zsar || {};

zsar.element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
};

zsar.dark = window.matchMedia("(prefers-color-scheme: dark)");

zsar.points = text => {
  // Little-endian int16 millimetres in base64.
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer), found = new Float32Array(bytes.length / 2);
  for (let k = 0; k < found.length; k++) found[k] = view.getInt16(2 * k, true) / 1000;
  return found;
};

zsar.Figure = class {
  // One body: cylinders for bones, spheres for joints; derived joints are rings from wherever one looks.
  constructor(scene, skeleton, derived) {
    this.skeleton = skeleton;
    this.group = new THREE.Group();
    const count = derived.length;
    const solid = new THREE.MeshLambertMaterial(), flat = new THREE.MeshBasicMaterial();
    const rim = new THREE.MeshBasicMaterial({ side: THREE.BackSide });
    const ball = new THREE.SphereGeometry(1, 18, 12), rod = new THREE.CylinderGeometry(1, 1, 1, 12);
    this.bones = new THREE.InstancedMesh(rod, solid, skeleton.bones.length);
    this.joints = new THREE.InstancedMesh(ball, solid, count);
    this.rims = new THREE.InstancedMesh(ball, rim, count);
    this.cores = new THREE.InstancedMesh(ball, flat, count);
    this.hollow = derived;
    for (const mesh of [this.bones, this.joints, this.rims, this.cores]) {
      mesh.frustumCulled = false;
      this.group.add(mesh);
    }
    scene.add(this.group);
  }

  paint(tints, background) {
    const [right, left] = tints.map(tint => new THREE.Color(tint)), behind = new THREE.Color(background);
    const side = joint => this.skeleton.left[joint] ? left : right;
    this.skeleton.bones.forEach((bone, k) => this.bones.setColorAt(k, side(bone[0])));
    this.hollow.forEach((_, k) => {
      this.joints.setColorAt(k, side(k));
      this.rims.setColorAt(k, side(k));
      this.cores.setColorAt(k, behind);
    });
    for (const mesh of [this.bones, this.joints, this.rims, this.cores]) mesh.instanceColor.needsUpdate = true;
  }

  place(spots) {
    const { bones, small, head, sizes } = this.skeleton;
    const matrix = new THREE.Matrix4(), turn = new THREE.Quaternion(), up = new THREE.Vector3(0, 1, 0);
    const middle = new THREE.Vector3(), along = new THREE.Vector3(), scale = new THREE.Vector3();
    bones.forEach(([child, parent], k) => {
      along.subVectors(spots[child], spots[parent]);
      middle.addVectors(spots[child], spots[parent]).multiplyScalar(0.5);
      const length = along.length(), radius = (small[child] ? sizes.small_bone : sizes.bone) / 2;
      turn.setFromUnitVectors(up, length > 1e-6 ? along.divideScalar(length) : up);
      this.bones.setMatrixAt(k, matrix.compose(middle, turn, scale.set(radius, Math.max(length, 1e-6), radius)));
    });
    turn.identity();
    const ball = (mesh, k, radius) => mesh.setMatrixAt(k, matrix.compose(spots[k], turn, scale.setScalar(radius)));
    spots.forEach((_, k) => {
      const radius = k === head ? sizes.head : small[k] ? sizes.small_joint : sizes.joint;
      const ring = this.hollow[k] ? Math.max(radius, 0.03) : 0; // wider than its bone, or it would be hidden in it
      ball(this.joints, k, this.hollow[k] ? 1e-6 : radius);
      ball(this.rims, k, ring + 0.012 * Boolean(ring) || 1e-6);
      ball(this.cores, k, ring || 1e-6);
    });
    for (const mesh of [this.bones, this.joints, this.rims, this.cores]) mesh.instanceMatrix.needsUpdate = true;
  }
};

zsar.legend = clip => {
  const { element } = zsar, tints = zsar.dark.matches ? clip.skeleton.dark : clip.skeleton.light;
  const dot = (tint, words) => element("li", {}, element("i", { class: "dot", style: `background:${tint}` }), words);
  const people = Math.max(1, ...clip.colours.flat().map(each => each + 1));
  const rows = [];
  for (let person = 0; person < people; person++) {
    const [right, left] = tints[person % tints.length], who = people > 1 ? ` (person ${person + 1})` : "";
    rows.push(dot(right, `right side${who}`), dot(left, `left side${who}`));
  }
  if (clip.derived.some(Boolean)) {
    const names = clip.skeleton.joints.filter((_, k) => clip.derived[k]).join(", ").replaceAll("_", " ");
    rows.push(element("li", { title: names }, element("i", { class: "dot hollow" }), `computed from other joints: ${names}`));
  }
  return element("ul", { class: "legend", "aria-label": "colours" }, ...rows);
};

zsar.player = (place, clip) => {
  const { element } = zsar, joints = clip.derived.length;
  const points = zsar.points(clip.points), last = clip.frames - 1;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const canvas = element("canvas", {
    tabindex: 0, role: "img", class: "stage",
    "aria-label": `${clip.title}: skeleton in 3-D. Arrow keys turn it, space plays, f and s show front and side`,
  });
  const play = element("button", { type: "button", class: "play" }, "Play");
  const time = element("input", { type: "range", min: 0, max: last, value: 0, "aria-label": "frame" });
  const count = element("output", {});
  const speed = element("select", { "aria-label": "speed" },
    ...[["¼ ×", 0.25], ["½ ×", 0.5], ["1 ×", 1], ["2 ×", 2]].map(([words, value]) =>
      element("option", { value, selected: value === 1 }, words)));
  const view = (words, x, z) => element("button", { type: "button", onclick: () => look(x, z) }, words);
  const legend = element("div", {});
  const notes = `As the camera sees it, not mirrored: the right hand of a person who faces us is on our left. ` +
    (clip.fps_known ? "" : "The recording does not say its speed. ");
  place.replaceChildren(canvas,
    element("div", { class: "controls" }, play, time, count),
    element("div", { class: "controls" }, speed, view("Front", 0, 1), view("Side", -1, 0), view("Above", 0, 0)),
    legend, element("p", { class: "quiet" }, notes, "Drag, or use the arrow keys, to turn."));

  let renderer;
  try {
    renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
  } catch {
    canvas.replaceWith(element("p", { class: "missing", role: "alert" }, "This browser has no WebGL, which the player needs."));
    play.disabled = time.disabled = true;
    return { play() {}, pause() {}, show() {}, dispose() {}, frame: () => 0, playing: () => false, where: () => [0, 0] };
  }
  const scene = new THREE.Scene(), camera = new THREE.PerspectiveCamera(30, 1, 0.05, 100);
  const sun = new THREE.DirectionalLight(0xffffff, 1.6);
  scene.add(new THREE.HemisphereLight(0xffffff, 0xb0b0b0, 2.2), camera);
  camera.add(sun);
  sun.position.set(0.4, 0.8, 1);
  const controls = new THREE.OrbitControls(camera, canvas);
  controls.enablePan = false;
  controls.addEventListener("change", () => draw());
  const figures = Array.from({ length: clip.bodies }, () => new zsar.Figure(scene, clip.skeleton, clip.derived));
  const spots = Array.from({ length: joints }, () => new THREE.Vector3());
  const [wide, high, deep] = clip.span;
  const floor = new THREE.LineBasicMaterial();
  for (const share of [0.4, 0.7, 1]) {
    const radius = share * (Math.hypot(wide, deep) / 2 + 0.3), ring = [];
    for (let k = 0; k < 72; k++) ring.push(radius * Math.cos(k * Math.PI / 36), -high / 2 - 0.03, radius * Math.sin(k * Math.PI / 36));
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.Float32BufferAttribute(ring, 3));
    scene.add(new THREE.LineLoop(geometry, floor));
  }

  let playing = false, shown = 0, asked = 0, due = 0, tints = [];
  let frame = Math.max(0, clip.colours.findIndex(each => each.some(colour => colour >= 0))); // before it nobody is there

  function paint() {
    const style = getComputedStyle(place);
    tints = zsar.dark.matches ? clip.skeleton.dark : clip.skeleton.light;
    floor.color.set(style.getPropertyValue("--rule").trim() || "#cccccc");
    legend.replaceChildren(zsar.legend(clip));
    show(frame);
  }

  function look(x, z) {
    const half = Math.tan(camera.fov * Math.PI / 360), across = x ? deep : wide;
    const far = Math.max(high / 2 / half, across / 2 / (half * camera.aspect)) * 1.12 + (x ? wide : deep) / 2 + 0.3;
    if (x || z) camera.position.set(x * far, 0, z * far);
    else camera.position.set(0, far, 0.001 * far);
    controls.target.set(0, 0, 0);
    controls.update();
    draw();
  }

  function show(number) {
    frame = Math.max(0, Math.min(last, number));
    const background = getComputedStyle(place).getPropertyValue("--panel").trim() || "#ffffff";
    figures.forEach((figure, body) => {
      const colour = clip.colours[frame][body];
      figure.group.visible = colour >= 0;
      if (colour < 0) return;
      const start = (frame * clip.bodies + body) * joints * 3;
      // From the sensor's axes (x to its left, z away) to those of the screen: half a turn, so nothing is mirrored.
      spots.forEach((spot, k) => spot.set(-points[start + 3 * k], points[start + 3 * k + 1], -points[start + 3 * k + 2]));
      figure.paint(tints[colour % tints.length], background);
      figure.place(spots);
    });
    time.value = frame;
    time.setAttribute("aria-valuetext", `frame ${frame + 1} of ${last + 1}`);
    count.textContent = `frame ${frame + 1} of ${last + 1}` + (clip.fps_known ? `, ${(frame / clip.fps).toFixed(1)} s` : "");
    draw();
  }

  function draw() {
    // Once for all that changes before the next picture.
    due = due || requestAnimationFrame(() => { due = 0; renderer.render(scene, camera); });
  }

  function resize() {
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
    renderer.setSize(width, height, false);
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    look(0, 1);
  }

  function tick(now) {
    if (!playing) return;
    const gap = 1000 / (clip.fps * Number(speed.value));
    if (now - shown >= gap) {
      show((frame + Math.min(8, Math.max(1, Math.floor((now - shown) / gap)))) % (last + 1));
      shown = now;
    }
    asked = requestAnimationFrame(tick);
  }

  function set(yes) {
    playing = yes && last > 0;
    play.textContent = playing ? "Pause" : "Play";
    cancelAnimationFrame(asked);
    if (playing) { shown = performance.now(); asked = requestAnimationFrame(tick); }
  }

  const turn = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] };
  canvas.addEventListener("keydown", event => {
    if (event.key === " ") set(!playing);
    else if (event.key === "f") look(0, 1);
    else if (event.key === "s") look(-1, 0);
    else if (turn[event.key]) {
      const at = camera.position, far = at.length(), [round, over] = turn[event.key];
      const angle = Math.atan2(at.x, at.z) + round;
      const tilt = Math.max(0.05, Math.min(Math.PI - 0.05, Math.acos(at.y / far) + over));
      at.set(far * Math.sin(tilt) * Math.sin(angle), far * Math.cos(tilt), far * Math.sin(tilt) * Math.cos(angle));
      controls.update();
      draw();
    } else return;
    event.preventDefault();
  });
  play.addEventListener("click", () => set(!playing));
  time.addEventListener("input", () => { set(false); show(Number(time.value)); });
  zsar.dark.addEventListener("change", paint);
  const watch = new ResizeObserver(resize);
  watch.observe(canvas);
  resize();
  paint();
  set(!still);
  return {
    play: () => set(true), pause: () => set(false), show, frame: () => frame, playing: () => playing,
    // Where a joint of the first body is on the canvas: 0 is the left or the upper edge, 1 the other one.
    where(joint) {
      const start = frame * clip.bodies * joints * 3 + 3 * joint;
      const at = new THREE.Vector3(-points[start], points[start + 1], -points[start + 2]);
      camera.updateMatrixWorld();
      at.project(camera);
      return [(1 + at.x) / 2, (1 - at.y) / 2];
    },
    dispose() {
      set(false);
      cancelAnimationFrame(due);
      watch.disconnect();
      zsar.dark.removeEventListener("change", paint);
      controls.dispose();
      renderer.dispose();
      renderer.forceContextLoss();
    },
  };
};
