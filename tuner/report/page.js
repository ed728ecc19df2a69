"use strict";
(() => {
  const NARROW = 620;
  const HEAD = 30; // pixels above the axes, where the title of the figure on its own was
  const LABEL = 72; // half of a long parameter's name, which is centred under the last coordinate
  const PAPER = 690; // CSS pixels between the margins of a sheet of A4

  function fitted(spec, width) {
    const layout = structuredClone(spec.layout);
    delete layout.title;
    layout.width = Math.max(width, spec.least);
    layout.height = spec.layout.height - spec.layout.margin.t + HEAD;
    layout.margin = { ...layout.margin, t: HEAD, r: spec.least ? LABEL : 18 };
    if (layout.width < NARROW) {
      layout.font = { ...layout.font, size: 12 };
      layout.margin.l = 54;
      layout.margin.r = spec.least ? LABEL : 10;
      layout.legend = { ...layout.legend, font: { size: 11.5 } };
    }
    return layout;
  }

  const drawn = [];
  for (const place of document.querySelectorAll(".figure")) {
    const spec = JSON.parse(place.querySelector("script").textContent);
    const plot = document.createElement("div");
    place.append(plot);
    const draw = (width) => Plotly.react(plot, spec.data, fitted(spec, width), {
      displaylogo: false, displayModeBar: true, modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
    });
    const state = { draw, place, width: 0 };
    drawn.push(state);
    const refit = () => {
      const width = Math.floor(place.parentElement.clientWidth) - 8;
      if (width > 0 && width !== state.width) {
        state.width = width;
        draw(width);
      }
    };
    refit();
    new ResizeObserver(refit).observe(place.parentElement);
  }

  for (const details of document.querySelectorAll("details:not(.unprinted)")) {
    addEventListener("beforeprint", () => { details.dataset.open = details.open; details.open = true; });
    addEventListener("afterprint", () => { details.open = details.dataset.open === "true"; });
  }
  addEventListener("beforeprint", () => { for (const state of drawn) { state.draw(PAPER); } });
  addEventListener("afterprint", () => { for (const state of drawn) { state.draw(state.width); } });
})();
