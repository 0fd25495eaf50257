"use strict";
// zsar.ranking(place, items, truth): candidate classes, best first, as bars. Items are [{ name, score, confidence }];
// confidence is a share of 1, or null where nobody knows. `truth` is the clip's own class, or null.
window.zsar = window.zsar || {};

zsar.ranking = (place, items, truth) => {
  const { element } = zsar, scores = items.map(each => each.score);
  const low = Math.min(...scores), high = Math.max(...scores);
  const row = (each, rank) => element("li", { class: rank ? null : "best" },
    element("span", { class: "name" }, each.name),
    each.name === truth ? element("span", { class: "badge truth" }, "true class") : null,
    rank ? null : element("span", { class: "badge" }, "answer"),
    element("span", { class: "number" }, each.score.toFixed(3) +
      (each.confidence === null || each.confidence === undefined ? "" : ` · ${(100 * each.confidence).toFixed(0)} %`)),
    element("span", { class: "bar", "aria-hidden": "true" },
      element("i", { style: `width:${high > low ? Math.max(1, 100 * (each.score - low) / (high - low)) : 100}%` })));
  place.replaceChildren(element("ol", { class: "ranking" }, ...items.map(row)));
};
