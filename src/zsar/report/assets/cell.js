"use strict";
// The page of one cell: its numbers, what it confuses, its curves and its features.
(() => {
  const { element } = zsar;
  const page = JSON.parse(document.getElementById("data").textContent);
  const method = page.name.split("/").pop(), encoder = page.name.split("/")[3], key = `${encoder}/${method}`;
  const number = Object.fromEntries(page.numbers.map(each => [each.key, each.value]));
  const two = value => typeof value === "number" ? value.toFixed(2) : "–";
  const link = parts => `${page.clips}#${new URLSearchParams({ cell: key, ...parts })}`;
  const panel = (head, wide, ...inside) => element("section", { class: wide ? "panel wide" : "panel", "aria-label": head }, element("h2", {}, head), ...inside);
  const fact = (words, value, note) => element("div", {}, element("dt", {}, words), element("dd", {}, value, note ? element("small", {}, ` ${note}`) : null));
  const parts = [], draws = [];
  const chart = (make, words) => {
    const place = element("div", {});
    draws.push(() => zsar.chart(place, make, words));
    return place;
  };

  parts.push(panel("Accuracy on unseen classes", true, element("dl", { class: "facts" },
    fact("ours", `${two(number.zsl)} %`, number.zsl_std === undefined ? null : `± ${two(number.zsl_std)}`),
    fact("95 % interval", `${two(number.zsl_low)} to ${two(number.zsl_high)}`),
    fact("last epoch", two(number.zsl_last)),
    fact("as published", two(number.zsl_as_published), `${number.zsl_as_published >= number.zsl ? "+" : "−"}${Math.abs(number.zsl_as_published - number.zsl).toFixed(2)} points`),
    fact("chance", two(page.chance)),
    number["gzsl.gate.harmonic"] === undefined ? null : fact("H by the gate", two(number["gzsl.gate.harmonic"])),
    number["gzsl.stacking.ausuc"] === undefined ? null : fact("AUSUC", two(number["gzsl.stacking.ausuc"])),
    fact("kind", page.kind)),
  page.clips ? element("p", {}, element("a", { href: link({}), id: "clips-link" }, "Browse the test clips")) : null, ...zsar.missing(page.missing)));

  const classes = Object.entries(page.classes).map(([name, accuracy]) => ({ name, accuracy }));
  if (classes.length) parts.push(panel("Accuracy of each class", false, element("p", { class: "quiet" }, "Mean over seeds."), chart(theme => ({
    data: { values: classes }, height: { step: 30 },
    layer: [
      { mark: { type: "bar", color: theme.accent, height: 18 }, encoding: {
        y: { field: "name", type: "nominal", title: null, sort: "-x" },
        x: { field: "accuracy", type: "quantitative", title: "per cent; dashed: chance", scale: { domain: [0, 100] } },
        tooltip: [{ field: "name", title: "class" }, { field: "accuracy", format: ".2f" }] } },
      { mark: { type: "rule", color: theme.contra, strokeDash: [4, 4] }, encoding: { x: { datum: page.chance } } },
    ],
  }), classes.map(each => `${each.name} ${two(each.accuracy)}`).join(", "))));

  if (page.confusion) {
    const { classes: names, counts } = page.confusion;
    const cell = (count, row, column) => {
      const share = count / Math.max(1, counts[row].reduce((sum, each) => sum + each, 0));
      const style = `background:color-mix(in srgb, var(${row === column ? "--accent" : "--contra"}) ${Math.round(60 * share)}%, transparent)`;
      const words = `${names[row]} called ${names[column]}: ${count}`;
      const inside = count ? element("a", { href: link({ true: names[row], answer: names[column] }), style, title: words, "aria-label": words }, count) : element("span", {}, "0");
      return element("td", { class: row === column ? "right" : null }, inside);
    };
    parts.push(panel("Confusion", false,
      element("p", { class: "quiet" }, "Rows: the true class; columns: the answer; answers of all seeds. A number leads to its clips."),
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "confusion matrix" }, element("table", { class: "confusion" },
        element("thead", {}, element("tr", {}, element("td", {}), ...names.map(each => element("th", { scope: "col" }, each)))),
        element("tbody", {}, ...counts.map((row, k) => element("tr", {}, element("th", { scope: "row" }, names[k]), ...row.map((count, column) => cell(count, k, column)))))))));
  }

  const band = (theme, x, y, more = [], zero = true, axis = {}) => ({ height: 240, layer: [
    { mark: { type: "area", color: theme.accent, opacity: 0.2 }, encoding: { x: { field: "x", type: "quantitative", title: x, axis }, y: { field: "low", type: "quantitative", title: y, scale: { zero } }, y2: { field: "high" } } },
    { mark: { type: "line", color: theme.accent, strokeWidth: 2.5 }, encoding: { x: { field: "x", type: "quantitative" }, y: { field: "mean", type: "quantitative" },
      tooltip: [{ field: "x", title: x }, { field: "mean", format: ".2f" }, { field: "low", format: ".2f" }, { field: "high", format: ".2f" }] } }, ...more] });

  if (page.curve) {
    const lines = page.curve.seeds.flatMap((points, seed) => points.map(([unseen, seen]) => ({ unseen, seen, seed })));
    parts.push(panel("Seen and unseen classes", false, element("p", { class: "quiet" }, "All penalties on the seen classes. Line: mean over seeds; band: least to greatest seed; grey: each seed."),
      chart(theme => ({ ...band(theme, "accuracy on unseen classes", "on seen classes", [
        { data: { values: lines }, mark: { type: "line", color: theme.quiet, strokeWidth: 1, opacity: 0.6 }, encoding: { x: { field: "unseen", type: "quantitative" }, y: { field: "seen", type: "quantitative" }, order: { field: "unseen" }, detail: { field: "seed" } } }]),
      data: { values: zsar.bandRows(page.curve.band) } }), `Curve of seen over unseen accuracy, area ${two(number["gzsl.stacking.ausuc"])}`)));
  }

  // Ticks at whole epochs.
  const epochs = each => ({ tickCount: Math.max(1, Math.min(8, each.x[each.x.length - 1] - each.x[0])) });
  if (page.learning) {
    const chosen = page.learning.chosen.map(([x, y]) => ({ x, y }));
    parts.push(panel("Accuracy after each epoch", false, element("p", { class: "quiet" }, "On the unseen test clips, which choose nothing. Band: least to greatest seed; dots: the epochs that the validation phase chose."),
      chart(theme => ({ ...band(theme, "epoch", "per cent", [
        { data: { values: chosen }, mark: { type: "point", filled: true, size: 80, color: theme.contra }, encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" }, tooltip: [{ field: "x", title: "chosen epoch" }, { field: "y", title: "accuracy", format: ".2f" }] } }], true, epochs(page.learning.accuracy)),
      data: { values: zsar.bandRows(page.learning.accuracy) } }), "Accuracy after each epoch, band over seeds")));
    if (page.learning.losses.length) {
      const choose = element("select", { "aria-label": "what is drawn" }, ...page.learning.losses.map((each, k) => element("option", { value: k }, each.name.replaceAll("_", " "))));
      const place = element("div", {});
      const draw = () => {
        const each = page.learning.losses[Number(choose.value)];
        return zsar.chart(place, theme => ({ ...band(theme, "epoch", each.name.replaceAll("_", " "), [], false, epochs(each)), data: { values: zsar.bandRows(each) } }), `${each.name} after each epoch, band over seeds`);
      };
      choose.addEventListener("change", draw);
      draws.push(draw);
      parts.push(panel("Training", false, element("p", {}, choose), place));
    }
  }

  if (page.map) {
    const { map } = page;
    const values = map.x.map((x, k) => ({ x, y: map.y[k], clip: map.clip[k], seen: map.label[k] < 0, class: map.label[k] < 0 ? "clips of seen classes" : map.classes[map.label[k]], href: link({ clip: map.clip[k] }) }));
    parts.push(panel("Feature map", false, element("p", { class: "quiet" }, "t-SNE of the encoder's features of the test clips, first seed. A click leads to the clip."),
      chart(theme => ({
        data: { values }, height: 320,
        mark: { type: "point", filled: true, cursor: "pointer" },
        encoding: {
          x: { field: "x", type: "quantitative", axis: null, scale: { domain: [-0.03, 1.03] } }, y: { field: "y", type: "quantitative", axis: null, scale: { domain: [-0.03, 1.03] } },
          color: { field: "class", type: "nominal", title: null, scale: { domain: [...map.classes, "clips of seen classes"], range: [...map.classes.map((_, k) => theme.config.range.category[k % 10]), theme.quiet] } },
          size: { condition: { test: "datum.seen", value: 18 }, value: 70 }, opacity: { condition: { test: "datum.seen", value: 0.35 }, value: 0.95 },
          href: { field: "href" }, tooltip: [{ field: "clip" }, { field: "class" }] },
      }), `Feature map of ${values.length} clips`)));
  }

  parts.push(panel("All numbers", true, element("p", { class: "quiet" }, page.file), element("details", {}, element("summary", {}, `${page.numbers.length} numbers and their meaning`), element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "all numbers" },
    element("table", { class: "plain" }, element("tbody", {}, ...page.numbers.map(each => element("tr", {},
      element("th", { scope: "row" }, each.key), element("td", { class: "number", "data-key": each.key }, typeof each.value === "number" && !Number.isInteger(each.value) ? each.value.toFixed(4) : String(each.value)), element("td", { class: "words quiet" }, each.meaning)))))))));
  document.getElementById("page").replaceChildren(element("div", { class: "grid" }, ...parts));
  for (const draw of draws) draw();
})();
