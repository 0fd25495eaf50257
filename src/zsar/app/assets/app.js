"use strict";
// Clips and sentences to the server on this machine, one file at a time; of what it answers, a list of clips and windows, and
// of the chosen one the motion, the ranking and the evidence.
(async () => {
  const { element } = zsar;
  const choices = await (await fetch("/choices")).json();
  const place = document.getElementById("page");
  let files = [], answered = [], chosen = -1;

  const option = (value, words) => element("option", { value }, words || value);
  const field = (words, control) => element("label", {}, words, control);
  const layout = element("select", { id: "layout" }, option("", "the file says it"), ...choices.layouts.map(each => option(each)));
  const unit = element("select", { id: "unit" }, option("", "the usual one"), ...choices.units.map(each => option(each)));
  const number = (id, hint, step) => element("input", { id, type: "number", min: 0, step, inputmode: "decimal", placeholder: hint });
  const fps = number("fps", "the file says it", "any"), window_ = number("window", "4, if over 12 s", "any");
  const axes = element("input", { id: "axes", type: "text", placeholder: "x, y, z", autocomplete: "off" });
  const origin = element("input", { id: "origin", type: "text", placeholder: "0, 0, 0", autocomplete: "off" });
  const sentences = element("textarea", { id: "sentences", spellcheck: "false", placeholder: "waves the raised right hand\nsits down\nclaps" });
  const dataset = element("select", { id: "dataset", onchange: () => listClasses() },
    option("", choices.cell ? `unseen classes of ${choices.cell}, if there is no sentence` : "none, the sentences alone"),
    ...Object.entries(choices.datasets).map(([name, classes]) => option(name, `${name} (${classes.length} classes)`)));
  const classes = element("p", { class: "quiet", id: "classes" });
  const input = element("input", { id: "file", type: "file", multiple: true, onchange: () => take(input.files) });
  const listed = element("p", { class: "files quiet", id: "files" });
  const drop = element("div", { class: "drop" }, element("p", {}, "Drop a clip here, or several"), input,
    element("label", { class: "button", for: "file" }, "Choose files"), listed);
  const ask = element("button", { type: "submit", id: "ask" }, "Recognise");
  const status = element("p", { class: "quiet", role: "status", id: "status" });
  const errors = element("div", { id: "errors", role: "alert" });
  const results = element("div", { id: "results" });

  document.getElementById("model").textContent = choices.cell
    ? `The trained cell ${choices.cell} answers. Files stay on this machine.`
    : "What a sentence means for the body is compared with what the clip measures; nothing was trained. Files stay on this machine.";

  function listClasses() {
    const names = dataset.value ? choices.datasets[dataset.value] : choices.classes;
    classes.textContent = names.join(", ");
    more.hidden = !names.length;
  }

  function take(some) {
    files = [...some];
    listed.textContent = files.length ? files.map(each => each.name).join(", ") : "csv, npz, npy, bvh, skeleton, PKU-MMD txt, or a zip of them";
  }

  const lines = () => sentences.value.split("\n").map(each => each.trim()).filter(Boolean);
  const three = text => text.replace(/[[\]()]/g, " ").split(/[\s,]+/).filter(Boolean);
  const given = control => control.value.trim() === "" ? null : Number(control.value);
  const bytes = count => `${(count / 2 ** 20).toFixed(1)} MiB`;

  function question(file) {
    return {
      file: file.name, sentences: lines(), dataset: dataset.value, layout: layout.value, unit: unit.value,
      axes: three(axes.value), origin: three(origin.value).map(Number), fps: given(fps), window: given(window_),
    };
  }

  async function answer(file) {
    if (file.size > choices.largest) return [{ name: file.name, error: `${file.name}: ${bytes(file.size)}, expected at most ${bytes(choices.largest)}` }];
    const head = JSON.stringify(question(file), (_, value) => Number.isNaN(value) ? null : value);
    try {
      const reply = await fetch("/predict", { method: "POST", headers: { "Content-Type": "application/x-zsar-question" }, body: new Blob([head, "\n", file]) });
      const found = await reply.json();
      return reply.ok ? found.clips : [{ name: file.name, error: found.error }];
    } catch {
      return [{ name: file.name, error: "The server does not answer. Does `zsar app` still run?" }];
    }
  }

  async function recognise(event) {
    event.preventDefault();
    errors.replaceChildren();
    const nothing = !files.length ? "Choose a clip first." : !lines().length && !dataset.value && !choices.classes.length
      ? "Say what it may be: type a sentence or more, or choose a data set." : "";
    if (nothing) return complain([nothing]);
    if (origin.value.trim() && three(origin.value).some(each => Number.isNaN(Number(each)))) return complain(["The origin has to be three numbers, as 0, 0, 3."]);
    ask.disabled = true;
    answered = [];
    for (const [k, file] of files.entries()) {
      status.textContent = `Working${files.length > 1 ? `, file ${k + 1} of ${files.length}` : ""} …`;
      answered.push(...await answer(file));
    }
    ask.disabled = false;
    complain(answered.filter(each => each.error).map(each => each.error));
    show();
  }

  function complain(words) {
    errors.replaceChildren(...words.map(each => element("p", { class: "missing" }, each)));
  }

  const seconds = each => each.start === null ? "" : `${each.start.toFixed(1)} to ${each.end.toFixed(1)} s`;
  const percent = share => `${(100 * share).toFixed(0)}\u00a0%`; // on one line
  // A cell that was not calibrated has scores and no confidence.
  const verdict = (words, found) => found.confidence === null ? words : `${words}, ${percent(found.confidence)}`;
  const rows = () => answered.filter(each => !each.error).flatMap(clip => clip.windows.map((found, k) => ({ clip, found, k })));

  function show() {
    const all = rows(), clips = new Set(all.map(each => each.clip)).size;
    if (zsar.playing) zsar.playing.dispose();
    zsar.playing = null;
    chosen = -1;
    status.textContent = !all.length ? "" : all.length > clips ? `${all.length} windows of ${clips === 1 ? "a long recording" : `${clips} clips`}` : clips > 1 ? `${clips} clips` : "";
    if (!all.length) return results.replaceChildren();
    const buttons = all.map((each, k) => element("li", {}, element("button", { type: "button", onclick: () => open(k) },
      each.clip.windows.length > 1 ? `${clips > 1 ? `${each.clip.name}, ` : ""}${seconds(each.found) || `window ${each.k + 1}`}` : each.clip.name,
      element("small", {}, verdict(each.found.answer, each.found)))));
    const panel = (words, kind, ...inside) => element("section", { class: `panel ${kind}`, "aria-label": words }, ...inside);
    results.replaceChildren(element("div", { class: all.length > 1 ? "browser" : "browser alone" },
      panel("clips", "clips", element("ul", { class: "clips-list", "aria-label": "clips" }, ...buttons)),
      element("div", { class: "detail" },
        panel("clip", "", element("h2", { id: "clip-name", tabindex: -1 }), element("div", { id: "player" })),
        panel("answers", "", element("h2", {}, "Answer"), element("p", { class: "verdict", id: "verdict" }), element("div", { id: "ranking" }), element("p", { class: "quiet", id: "others" })),
        panel("evidence", "wide", element("h2", {}, "Kinematic evidence"), element("div", { id: "evidence" })))));
    open(0);
    results.scrollIntoView({ block: "nearest" });
  }

  function open(k) {
    chosen = k;
    const { clip, found } = rows()[k], of = id => document.getElementById(id);
    document.querySelectorAll(".clips-list button").forEach((each, at) => each.setAttribute("aria-current", String(at === k)));
    of("clip-name").textContent = [clip.name, seconds(found)].filter(Boolean).join(", ");
    if (zsar.playing) zsar.playing.dispose();
    zsar.playing = zsar.player(of("player"), clip.windows.length > 1 ? part(clip, found) : clip.motion);
    of("verdict").textContent = verdict(found.answer === choices.none ? "None of these" : found.answer, found);
    const sure = found.confidence !== null;
    const items = found.ranking.map(each => ({ name: each.label, score: sure ? null : each.score, confidence: each.confidence }));
    if (found.none !== null) items.push({ name: choices.none, score: null, confidence: found.none });
    zsar.ranking(of("ranking"), items.sort((a, b) => b.confidence - a.confidence), null);
    const rest = 1 - items.reduce((sum, each) => sum + each.confidence, 0);
    const others = !found.others ? "" : sure ? `${found.others} other candidates share ${percent(Math.max(0, rest))}.` : `${found.others} other candidates score less.`;
    of("others").textContent = [others, choices.unsure].filter(Boolean).join(" ");
    if (found.evidence) zsar.evidence(of("evidence"), found.evidence);
    else of("evidence").replaceChildren(element("p", { class: "missing" }, choices.cell
      ? "A trained cell gives no reasons." : found.ranking.length < 2 ? "Reasons are for one candidate against another: name two or more." : "Nothing could be measured on this clip."));
  }

  function part(clip, found) {
    // The frames of a window; where nobody knows the rate, windows are of equal shares of the clip.
    const { motion, windows } = clip, half = (windows.length + 1) / 2, at = windows.indexOf(found);
    const length = found.start === null ? motion.frames / half : (found.end - found.start) * motion.fps;
    const first = Math.max(0, Math.min(motion.frames - 1, Math.round(found.start === null ? Math.min(at * length / 2, motion.frames - length) : found.start * motion.fps)));
    const end = Math.min(motion.frames, Math.max(first + 1, Math.round(first + length)));
    const size = motion.bodies * motion.derived.length * 3 * 2, raw = atob(motion.points);
    return { ...motion, frames: end - first, colours: motion.colours.slice(first, end), points: btoa(raw.slice(first * size, end * size)) };
  }

  const more = element("details", {}, element("summary", {}, "Its classes"), classes);
  take([]);
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) drop.addEventListener(name, event => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop") take(event.dataTransfer.files);
  });
  // A file that misses the box would be opened in place of the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, event => event.preventDefault());
  place.replaceChildren(
    element("form", { onsubmit: recognise, "aria-label": "question" },
      element("div", { class: "ask" },
        element("section", { class: "panel", "aria-label": "recording" }, element("h2", {}, "The recording"), drop,
          element("details", {}, element("summary", {}, "What the file does not say"),
            element("div", { class: "fields" }, field("Joints (layout)", layout), field("Frames per second", fps), field("Unit", unit),
              field("Axes: right, up, away", axes), field("Origin in metres", origin), field("Windows of seconds (0: none)", window_)))),
        element("section", { class: "panel", "aria-label": "candidates" }, element("h2", {}, "What it may be"),
          field("Sentences, one per line", sentences), element("div", { class: "fields" }, field("and the classes of", dataset)), more)),
      element("div", { class: "go" }, ask, status), errors),
    results);
  listClasses();
})();
