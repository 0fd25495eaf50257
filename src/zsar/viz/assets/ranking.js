"use strict";
// zsar.ranking(place, items, truth): candidate classes, best first, as bars. Items are [{ name, score, confidence }];
// confidence is a share of 1, or null where nobody knows, and the score may be null where all confidences are known: bars
// are confidences then. `truth` is the clip's own class, or null.
window.zsar = window.zsar || {};

zsar.ranking = (place, items, truth) => {
  const { element } = zsar, scores = items.map(each => each.score);
  const known = value => value !== null && value !== undefined, shares = items.every(each => known(each.confidence));
  const low = Math.min(...scores), high = Math.max(...scores);
  const width = each => shares ? 100 * each.confidence : high > low ? 100 * (each.score - low) / (high - low) : 100;
  const percent = share => share > 0 && share < 0.005 ? "< 1 %" : `${(100 * share).toFixed(0)} %`;
  const row = (each, rank) => element("li", { class: rank ? null : "best" },
    element("span", { class: "name" }, each.name),
    each.name === truth ? element("span", { class: "badge truth" }, "true class") : null,
    rank ? null : element("span", { class: "badge" }, "answer"),
    element("span", { class: "number" }, [known(each.score) ? each.score.toFixed(3) : "", known(each.confidence) ? percent(each.confidence) : ""].filter(Boolean).join(" · ")),
    element("span", { class: "bar", "aria-hidden": "true" },
      element("i", { style: `width:${Math.max(1, width(each))}%` })));
  place.replaceChildren(element("ol", { class: "ranking" }, ...items.map(row)));
};
