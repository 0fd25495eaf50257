"use strict";
// The test clips of a split: a list to choose from, and of the chosen clip the motion, the ranked answers and the evidence.
(() => {
  const { element } = zsar;
  const page = JSON.parse(document.getElementById("data").textContent);
  const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const cells = Object.fromEntries(page.cells.map(each => [each.cell, each.answers]));
  const AT_ONCE = 300; // entries of the list
  const state = { most: AT_ONCE, cell: cells[asked.cell] ? asked.cell : page.cells[0].cell, true: asked.true || "", answer: asked.answer || "", side: "", seed: 0, clip: -1 };
  const details = {}, waiting = {};
  zsar.receive = (k, detail) => { details[k] = detail; (waiting[k] || (() => {}))(); };

  const load = k => new Promise((resolve, reject) => {
    if (details[k]) return resolve(details[k]);
    waiting[k] = () => resolve(details[k]);
    const script = element("script", { src: page.clips[k].file });
    script.onerror = () => reject(new Error(`${page.clips[k].file} cannot be read`));
    document.head.append(script);
  });

  const answers = k => cells[state.cell].map(seed => page.classes[seed[k]]);
  const truth = k => page.classes[page.clips[k].label];
  const listed = () => page.clips.map((_, k) => k).filter(k =>
    (!state.side || page.clips[k].unseen === (state.side === "unseen")) && (!state.true || truth(k) === state.true) && (!state.answer || answers(k).includes(state.answer)));
  const verdict = k => {
    const given = answers(k), counts = new Map();
    for (const each of given) counts.set(each, (counts.get(each) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => given.length > 1 ? `${name} (${count} of ${given.length} seeds)` : name).join(", ");
  };

  const choose = (key, words, options) => element("label", {}, words, element("select", { id: `choose-${key}`, onchange: event => { state[key] = event.target.value; state.most = AT_ONCE; list(); if (key === "cell") rank(); } },
    ...options.map(([value, text]) => element("option", { value, selected: value === state[key] }, text))));
  const every = names => [["", "all"], ...names.map(each => [each, each])];
  const used = [...new Set(page.clips.map((_, k) => truth(k)))].sort();
  const clipsList = element("ul", { class: "clips-list", "aria-label": "clips" }), count = element("p", { class: "quiet", role: "status", id: "count" });
  const head = element("h2", { id: "clip-name", tabindex: -1 }), facts = element("p", { class: "quiet" });
  const stage = element("div", { id: "player" }), ranking = element("div", { id: "ranking" }), rankingNote = element("p", { class: "quiet" });
  const evidence = element("div", { id: "evidence" }), against = element("select", { "aria-label": "evidence against" });
  const seed = element("select", { "aria-label": "seed", onchange: event => { state.seed = Number(event.target.value); rank(); } });

  function list() {
    const shown = listed();
    count.textContent = `${shown.length} of ${page.clips.length} clips` + (page.left_out ? `; ${page.left_out} more were left out by --clips` : "");
    // The chosen one is in the list, wherever it stands.
    const most = Math.max(state.most, shown.indexOf(state.clip) + 1), left = shown.length - most;
    clipsList.replaceChildren(...shown.slice(0, most).map(k => {
      const given = answers(k), right = given.filter(each => each === truth(k)).length;
      return element("li", {}, element("button", { type: "button", "aria-current": String(k === state.clip), onclick: () => open(k) }, page.clips[k].name,
        element("small", {}, truth(k)), element("small", { class: right === given.length ? null : "wrong" }, right === given.length ? "always recognised" : `called ${verdict(k)}`)));
    }), ...(left > 0 ? [element("li", {}, element("button", { type: "button", id: "more-clips", onclick: () => { state.most = most + AT_ONCE; list(); } }, `${left} more`))] : []));
    return shown;
  }

  async function open(k) {
    state.clip = k;
    list();
    const clip = page.clips[k], known = [["performer", clip.subject], ["camera", clip.camera], ["setup", clip.setup]].filter(([, value]) => value);
    head.textContent = `${truth(k)}: ${clip.name}`;
    facts.textContent = [`clip of ${clip.unseen ? "an unseen" : "a seen"} class`, ...known.map(each => each.join(" "))].join(", ");
    history.replaceState(null, "", `#${new URLSearchParams({ cell: state.cell, ...(state.true && { true: state.true }), ...(state.answer && { answer: state.answer }), clip: clip.name })}`);
    let detail;
    try { detail = await load(k); } catch (error) { stage.replaceChildren(element("p", { class: "missing", role: "alert" }, error.message)); return; }
    if (state.clip !== k) return;
    if (zsar.playing) zsar.playing.dispose();
    facts.textContent += `; ${detail.source}`;
    zsar.playing = zsar.player(stage, detail.motion);
    against.replaceChildren(...detail.evidence.map((each, place) => element("option", { value: place }, `against ${each.against}`)));
    against.hidden = detail.evidence.length < 2;
    rank();
    argue();
  }

  function rank() {
    const detail = details[state.clip];
    if (!detail) return;
    const seeds = detail.rankings[state.cell];
    state.seed = Math.min(state.seed, seeds.length - 1);
    seed.replaceChildren(...seeds.map((_, k) => element("option", { value: k, selected: k === state.seed }, `seed ${k + 1} of ${seeds.length}`)));
    seed.hidden = seeds.length < 2;
    rankingNote.textContent = `Scores of ${state.cell} among ${page.clips[state.clip].unseen ? "the unseen classes" : "all classes, without a penalty on the seen ones"}. All seeds: ${verdict(state.clip)}.`;
    zsar.ranking(ranking, seeds[state.seed].map(([place, score]) => ({ name: page.classes[place], score, confidence: null })), truth(state.clip));
  }

  function argue() {
    const detail = details[state.clip];
    if (detail.evidence.length) zsar.evidence(evidence, detail.evidence[Number(against.value)]);
    else evidence.replaceChildren(...(page.missing.length
      ? page.missing.map(each => element("p", { class: "missing" }, `No ${each.what}: ${each.why}. `, element("code", {}, each.command), " makes it."))
      : [element("p", { class: "missing" }, "Nothing could be measured on this clip.")]));
  }
  against.addEventListener("change", argue);

  const cellPage = each => `../cells/${page.place.replaceAll("/", ".")}.${each.replaceAll("/", ".")}.html`;
  const panel = (words, wide, ...inside) => element("section", { class: wide ? "panel wide" : "panel", "aria-label": words }, ...inside);
  document.getElementById("page").replaceChildren(
    element("form", { class: "filters", onsubmit: event => event.preventDefault(), "aria-label": "filters" },
      choose("cell", "answers of", page.cells.map(each => [each.cell, each.cell])),
      choose("true", "true class", every(used)), choose("answer", "answer", every([...page.classes].sort())),
      choose("side", "clips of", [["", "all classes"], ["unseen", "unseen classes"], ["seen", "seen classes"]])),
    element("div", { class: "browser" },
      panel("clips", false, count, clipsList),
      element("div", { class: "detail" },
        panel("chosen clip", false, head, facts, stage),
        panel("answers", false, element("h2", {}, "Ranked answers"), element("p", {}, seed), ranking, rankingNote,
          element("p", {}, ...page.cells.flatMap(each => [element("a", { href: cellPage(each.cell) }, each.cell), " "]))),
        panel("evidence", true, element("h2", {}, "Kinematic evidence"), element("p", {}, against), evidence))));
  const shown = list(), named = page.clips.findIndex(each => each.name === asked.clip);
  const chosen = named >= 0 ? named : shown[0];
  // The list is there at once; the first clip does not hold the page up.
  if (chosen !== undefined) window.addEventListener("load", () => setTimeout(() => open(chosen)));
  window.addEventListener("hashchange", () => location.reload());
})();
