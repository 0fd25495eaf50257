"use strict";
// The page of all results: a table to sort and to filter, and how optimistic published protocols are.
(() => {
  const { element } = zsar;
  const page = JSON.parse(document.getElementById("data").textContent);
  const two = value => value === null || value === undefined ? "" : value.toFixed(2);
  const signed = value => value === null || value === undefined ? "" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  const gap = row => row.as_published === null || row.ours === null ? null : row.as_published - row.ours;
  const printed = row => row.printed.map(each => each.value.toFixed(2) + (each.caveat ? "*" : "")).join(", ");
  const about = row => row.printed.map(each => `${each.system}: ${each.value.toFixed(2)}${each.caveat ? ` (${each.caveat})` : ""}`).join("; ");
  const first = row => row.printed.length ? row.printed[0] : { value: null, difference: null };

  const columns = [
    { id: "dataset", head: "data set", get: row => row.dataset, optional: true },
    { id: "split", head: "split", get: row => row.split, optional: true },
    { id: "method", head: "method", get: row => row.method || first(row).system || row.encoder, show: name },
    { id: "encoder", head: "encoder", get: row => row.encoder, optional: true },
    { id: "kind", head: "kind", get: row => row.kind, optional: true },
    { id: "ours", head: "ours", get: row => row.ours, show: row => row.ours === null ? "" : `${two(row.ours)}${row.deviation ? ` ± ${two(row.deviation)}` : ""}`, number: true, title: "per cent, the epoch chosen in the validation phase; mean over seeds ± deviation" },
    { id: "interval", head: "95 %", get: row => row.low, show: row => row.low === null ? "" : `${row.low.toFixed(1)} to ${row.high.toFixed(1)}`, number: true, title: "bootstrap interval: seeds, classes and clips are resampled together" },
    { id: "as_published", head: "as published", get: row => row.as_published, show: row => two(row.as_published), number: true, title: "ours with the epoch that is best on the test clips, as papers report it; never a result" },
    { id: "theirs", head: "theirs", get: row => first(row).value, show: row => element("span", { title: about(row) || null }, printed(row)), number: true, title: "as printed by its authors; * has a caveat, which is in the tip and in the list below" },
    { id: "difference", head: "difference", get: row => first(row).difference, show: row => row.printed.map(each => signed(each.difference)).join(", "), number: true, title: "ours, as published, minus theirs, in points" },
    { id: "chance", head: "chance", get: row => row.chance, show: row => two(row.chance), number: true, optional: true },
    { id: "clips", head: "clips", get: row => row.clips, show: row => row.clips ?? "", number: true, optional: true },
  ];

  function name(row) {
    return element("span", {}, linked(row), element("small", { class: "narrow" }, [row.dataset, row.split, row.encoder].filter(Boolean).join(" / ")));
  }

  function linked(row) {
    const words = row.method || (row.printed.length ? first(row).system : row.encoder);
    if (row.page) return element("a", { href: row.page }, words);
    return row.ours === null ? element("span", { class: "quiet" }, `${first(row).system} (printed only)`) : words;
  }

  const distinct = key => [...new Set(page.rows.map(row => row[key]).filter(Boolean))];
  const filters = { measure: page.rows[0].measure };
  const choice = (key, words, anything) => element("label", {}, words, element("select", {
    id: `filter-${key}`, onchange: event => { filters[key] = event.target.value; refresh(); },
  }, ...(anything ? [element("option", { value: "" }, "all")] : []), ...distinct(key).map(each => element("option", { value: each }, each))));
  const search = element("label", {}, "search", element("input", { type: "search", id: "filter-words", oninput: event => { filters.words = event.target.value.toLowerCase(); refresh(); } }));

  const text = row => [row.dataset, row.split, row.method, row.encoder, row.kind, ...row.printed.map(each => each.system)].join(" ").toLowerCase();
  const wanted = row => ["measure", "dataset", "split", "method", "kind"].every(key => !filters[key] || row[key] === filters[key])
    && (!filters.words || text(row).includes(filters.words));

  let state = { sorting: [], globalFilter: 0, columnPinning: {}, columnVisibility: {} };
  const table = TableCore.createTable({
    data: page.rows, state, renderFallbackValue: null, sortDescFirst: false,
    columns: columns.map(each => ({ id: each.id, accessorFn: row => each.get(row) ?? undefined, sortUndefined: "last", sortDescFirst: Boolean(each.number), sortingFn: each.number ? "basic" : "alphanumeric" })),
    getCoreRowModel: TableCore.getCoreRowModel(), getSortedRowModel: TableCore.getSortedRowModel(), getFilteredRowModel: TableCore.getFilteredRowModel(),
    globalFilterFn: row => wanted(row.original), getColumnCanGlobalFilter: () => true,
    onStateChange: update => {
      state = typeof update === "function" ? update(state) : update;
      table.setOptions(old => ({ ...old, state }));
      show();
    },
  });
  state = { ...table.initialState, ...state };
  table.setOptions(old => ({ ...old, state }));

  const body = element("tbody", {}), count = element("p", { class: "quiet", role: "status", id: "count" });
  const meaning = element("p", { class: "quiet" }), caveats = element("ul", { class: "quiet" });
  const heads = columns.map(each => element("th", { scope: "col", class: `${each.number ? "number" : ""} ${each.optional ? "optional" : ""}` },
    element("button", { type: "button", title: each.title, onclick: () => table.getColumn(each.id).toggleSorting() }, each.head)));
  const chart = element("div", {}), chartCount = element("p", { class: "quiet" });

  function refresh() { table.setGlobalFilter(old => (old || 0) + 1); }

  function show() {
    const rows = table.getRowModel().rows.map(each => each.original), sorted = state.sorting[0];
    columns.forEach((each, k) => heads[k].setAttribute("aria-sort", sorted && sorted.id === each.id ? (sorted.desc ? "descending" : "ascending") : "none"));
    body.replaceChildren(...rows.map(row => element("tr", {}, ...columns.map(each =>
      element("td", { class: `${each.number ? "number" : ""} ${each.optional ? "optional" : ""}` }, (each.show || each.get)(row))))));
    count.textContent = `${rows.length} of ${page.rows.length} rows`;
    meaning.textContent = filters.measure ? `${filters.measure}: ${page.meaning[filters.measure]}.` : "";
    const notes = [...new Set(rows.flatMap(row => row.printed.filter(each => each.caveat).map(each => `${each.system}: ${each.caveat}`)))];
    caveats.replaceChildren(...notes.map(each => element("li", {}, each)));
    draw(rows);
  }

  function draw(rows) {
    const values = rows.filter(row => gap(row) !== null).map(row => ({
      method: row.method || row.encoder, gap: gap(row), place: `${row.dataset}/${row.split}`, cell: `${row.dataset}/${row.split}/${row.encoder}/${row.method}`,
      ours: row.ours, as_published: row.as_published, dataset: row.dataset, href: row.page || null,
    }));
    chartCount.textContent = values.length
      ? "Points by which the epoch that is best on the test clips is above the epoch that the validation phase chose: one dot for each cell of the table above, a bar for their mean. A click leads to the cell."
      : "No row above has a number as published.";
    chart.hidden = !values.length;
    if (!values.length) return;
    zsar.chart(chart, theme => ({
      data: { values }, height: { step: 26 },
      encoding: { y: { field: "method", type: "nominal", title: null, sort: { field: "gap", op: "mean", order: "descending" } } },
      layer: [
        { mark: { type: "bar", height: 14, color: theme.soft, opacity: 0.7 }, encoding: { x: { aggregate: "mean", field: "gap", type: "quantitative", title: "optimism, points" } } },
        { mark: { type: "point", filled: true, size: 55, opacity: 0.85, cursor: "pointer" }, encoding: {
          x: { field: "gap", type: "quantitative" }, color: { field: "dataset", type: "nominal", title: "data set" }, href: { field: "href" },
          tooltip: [{ field: "cell" }, { field: "ours", format: ".2f" }, { field: "as_published", title: "as published", format: ".2f" }, { field: "gap", title: "optimism", format: "+.2f" }] } },
      ],
    }), `Optimism of published protocols by method, ${values.length} cells`);
  }

  document.getElementById("page").replaceChildren(
    element("form", { class: "filters", onsubmit: event => event.preventDefault(), "aria-label": "filters" },
      choice("measure", "measure", false), choice("dataset", "data set", true), choice("split", "split", true),
      choice("method", "method", true), choice("kind", "inductive or not", true), search),
    meaning, count,
    element("div", { class: "panel scroll tall", tabindex: 0, role: "region", "aria-label": "results" },
      element("table", { class: "plain", id: "results" }, element("thead", {}, element("tr", {}, ...heads)), body)),
    caveats,
    element("section", { class: "panel", style: "margin-top:1rem", "aria-label": "optimism" }, element("h2", {}, "Optimism of the published protocols"), chartCount, chart),
    element("p", { class: "quiet" }, "Charts: Vega, table: TanStack Table, clips: three.js; their licences are in assets/."));
  refresh();
})();
