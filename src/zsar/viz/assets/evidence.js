"use strict";
// zsar.evidence(place, explanation): why one class rather than another, attribute by attribute. The explanation is
// { answer, against, nats, reasons: [{ attribute, nats, measured, expected, against, unit, meaning }], others }; `others`
// are the nats of the attributes that are not listed.
window.zsar = window.zsar || {};

zsar.evidence = (place, explanation) => {
  const { element } = zsar, { answer, against, reasons } = explanation;
  const signed = value => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
  const number = value => value === null || value === undefined ? "–" : value.toFixed(2);
  const most = Math.max(1e-9, ...reasons.map(each => Math.abs(each.nats)));
  const bar = nats => element("span", { class: "balance", "aria-hidden": "true" },
    element("i", { class: nats < 0 ? "contra" : "pro", style: `width:${50 * Math.abs(nats) / most}%` }));
  const row = each => element("tr", {},
    element("th", { scope: "row" }, each.attribute.replaceAll("_", " "), element("small", {}, each.meaning)),
    element("td", { class: "number" }, signed(each.nats), bar(each.nats)),
    element("td", { class: "number" }, number(each.measured)),
    element("td", { class: "number" }, number(each.expected)),
    element("td", { class: "number" }, number(each.against)),
    element("td", {}, each.unit));
  const head = words => element("th", { scope: "col", class: words.startsWith("expected") ? "named" : null }, words);
  place.replaceChildren(element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "evidence" },
    element("table", { class: "evidence" },
      element("caption", {}, element("span", {}, `${answer}, not ${against}: ${signed(explanation.nats)} nats`)),
      element("thead", {}, element("tr", {}, ...["attribute", "nats", "measured", `expected of ${answer}`, `expected of ${against}`, "unit"].map(head))),
      element("tbody", {}, ...reasons.map(row),
        explanation.others === undefined ? null : element("tr", {},
          element("th", { scope: "row" }, "all others"), element("td", { class: "number" }, signed(explanation.others)))))),
  element("p", { class: "quiet" }, `To the right: what speaks for ${answer}. T is the length of the trunk, W the working hand, O the other one.`));
};
