// Draws the charts from their tables, and updates the page when the account changes. The pages also work without scripts.
"use strict";
(() => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const cells = (figure) =>
    [...figure.querySelectorAll(".data tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  const amount = (text) => Number(text.replace(/[^0-9.-]/g, "")) || 0;
  const drawn = new Map();

  function bars(figure) {
    const rows = cells(figure);
    const days = rows.map((row) => Date.parse(`${row[0]}T00:00:00Z`) / 1000);
    const approved = rows.map((row) => amount(row[1]));
    const both = rows.map((row) => amount(row[1]) + amount(row[2]));
    const series = (label, fill, values) => ({
      label, fill, stroke: fill, width: 0, points: { show: false },
      paths: uPlot.paths.bars({ size: [0.8, 24] }),
      value: (_plot, _value, _series, at) => (at == null ? "–" : values(at)),
    });
    return {
      data: [days, both, approved],
      series: [
        { label: "Day", value: (_plot, at) => (at == null ? "–" : new Date(at * 1000).toISOString().slice(0, 10)) },
        series("Declined", color("--bad"), (at) => both[at] - approved[at]),
        series("Approved", color("--fill"), (at) => approved[at]),
      ],
      range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)],
      beside: 43200,
    };
  }

  function lines(figure) {
    const heads = [...figure.querySelectorAll(".data thead th")].map((cell) => cell.textContent);
    const rows = cells(figure);
    const at = rows.map((row) => Date.parse(`${row[0].replace(" ", "T")}Z`) / 1000);
    const colors = [color("--fill"), color("--good"), color("--warn"), color("--bad"), color("--soft")];
    return {
      data: [at, ...heads.slice(1).map((_, place) => rows.map((row) => (row[place + 1] ? amount(row[place + 1]) : null)))],
      series: [
        { label: heads[0], value: (_plot, time) => (time == null ? "–" : new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ")) },
        ...heads.slice(1).map((label, place) => ({ label, stroke: colors[place % colors.length], width: 2, spanGaps: true })),
      ],
      range: (_plot, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1],
    };
  }

  function draw(figure) {
    const plot = figure.querySelector(".plot");
    const model = figure.dataset.chart === "days" ? bars(figure) : lines(figure);
    if (!plot || !plot.clientWidth || model.data[0].length < 2) return;
    drawn.get(plot)?.destroy();
    const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") } };
    drawn.set(plot, new uPlot({
      width: plot.clientWidth, height: 220, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      series: model.series, scales: { x: { range: (_plot, low, high) => [low - (model.beside || 0), high + (model.beside || 0)] }, y: { range: model.range } },
      axes: [{ ...axis, values: [[86400, "{MMM} {D}", null, null, null, null, null, null, 0], [3600, "{HH}:{mm}", null, null, null, null, null, null, 0]] }, { ...axis, size: 64 }],
      cursor: { drag: { x: false, y: false } },
    }, model.data, plot));
  }

  const drawAll = () => document.querySelectorAll("figure.chart").forEach(draw);
  addEventListener("DOMContentLoaded", drawAll);
  let waits;
  addEventListener("resize", () => { clearTimeout(waits); waits = setTimeout(drawAll, 100); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("DOMContentLoaded", () => document.body.addEventListener("htmx:afterSettle", drawAll));

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => { each.open = true; });
    drawAll();
  });
  addEventListener("afterprint", () => { opened.forEach((each) => { each.open = false; }); drawAll(); });

  addEventListener("keydown", (event) => {
    const search = document.querySelector("input[type=search]");
    if (event.key === "/" && search && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  function arrived(event) {
    const page = document.body.dataset.page;
    if (page === "message") { location.reload(); return; }
    const said = document.getElementById("arrived");
    if (["overview", "cards", "purchases", "accounts"].includes(page)) {
      htmx.ajax("GET", location.pathname + location.search, { target: "#results", select: "#results", swap: "outerHTML" });
      said.textContent = event.data;
    } else {
      said.textContent = `${event.data} Reload to see it.`;
    }
  }
  addEventListener("DOMContentLoaded", () => {
    if (document.body.dataset.live) new EventSource(document.body.dataset.live).addEventListener("changed", arrived);
  });
})();
