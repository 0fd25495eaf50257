"use strict";
// zsar.chart(place, spec, words): a Vega-Lite chart in the colours of the page, again when these change. `words` says the
// same for who cannot see it.
zsar.theme = () => {
  const style = getComputedStyle(document.documentElement), colour = name => style.getPropertyValue(name).trim();
  const ink = colour("--ink"), quiet = colour("--quiet"), rule = colour("--rule");
  return {
    accent: colour("--accent"), soft: colour("--accent-soft"), contra: colour("--contra"), ink, quiet, rule,
    config: {
      background: "transparent", font: "system-ui, sans-serif", view: { stroke: rule },
      axis: { labelColor: quiet, titleColor: quiet, gridColor: rule, domainColor: rule, tickColor: rule, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelLimit: 220 },
      legend: { labelColor: ink, titleColor: quiet, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", orient: "bottom", columns: 2, labelLimit: 260 },
      title: { color: ink, fontSize: 13, fontWeight: "normal", anchor: "start" },
      range: { category: zsar.dark.matches
        ? ["#79b8e6", "#f2a65a", "#7fd1ae", "#f08a74", "#c6a5e8", "#e6d36a", "#e58fb5", "#9fd3e8", "#b7c47a", "#c9b29b"]
        : ["#1f6fa8", "#c96a12", "#2b8a63", "#b5341f", "#7a4fb0", "#8a7600", "#b13f77", "#2f7f99", "#5f7418", "#7b5a3a"] },
    },
  };
};

zsar.charts = new Map(); // how to draw what stands in each element

zsar.chart = (place, make, words) => {
  place.classList.add("chart");
  zsar.charts.set(place, () => {
    const theme = zsar.theme();
    const spec = { width: "container", autosize: { type: "fit-x", contains: "padding" }, description: words, ...make(theme) };
    const tooltip = { theme: zsar.dark.matches ? "dark" : "light" };
    return vegaEmbed(place, spec, { actions: false, renderer: "svg", logLevel: vega.Error, config: theme.config, tooltip });
  });
  if (window.vegaEmbed) zsar.charts.get(place)();
};

// The libraries come last on a page, so that its table and its numbers do not wait for them.
for (const [what, event] of [[window, "load"], [zsar.dark, "change"]]) {
  what.addEventListener(event, () => zsar.charts.forEach(draw => draw()));
}

zsar.bandRows = band => band.x.map((x, k) => ({ x, mean: band.mean[k], low: band.low[k], high: band.high[k] }));

zsar.missing = entries => entries.map(each => zsar.element("p", { class: "missing" },
  `No ${each.what}: ${each.why}. `, zsar.element("code", {}, each.command), " makes it."));
