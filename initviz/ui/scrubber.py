"""A slider that moves charts in the browser alone: a training's recorded steps, a walk through a control's values.

Plotly's own slider has no keyboard and no role; an `input` of the page has both, so these small charts are drawn in SVG
(`figures/scrub`). On a narrow screen they stand below one another, and the slider stays in sight.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

_HTML = """
<div class="scrubber">
  <div class="panels"></div>
  <div class="row">
    <button type="button" class="play" aria-label="Play">▶</button>
    <div class="track">
      <input type="range" min="0" value="0" step="1" aria-label="Position"><span class="mark" aria-hidden="true"></span>
    </div>
    <button type="button" class="take" hidden></button>
    <output></output>
  </div>
</div>
"""

_CSS = """
.scrubber { font-size: 15px; }
.panels { display: flex; flex-wrap: wrap; gap: 8px; }
.panels svg { flex: 1 1 300px; min-width: 0; max-width: 480px; height: auto; }
.row { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
.row { position: sticky; bottom: 0; padding: 4px 0; }
.track { flex: 1 1 160px; min-width: 0; position: relative; padding-bottom: 18px; }
.track input { width: 100%; margin: 0; min-height: 28px; cursor: grab; }
.mark { position: absolute; bottom: 0; transform: translateX(-7px); white-space: nowrap; }
output { flex: 1 1 100%; min-height: 1.5em; }
button { min-width: 44px; min-height: 40px; font: inherit; color: inherit; background: none; cursor: pointer; }
button { border: 1px solid; border-radius: 8px; padding: 0 12px; }
"""

_JS = """
const NS = 'http://www.w3.org/2000/svg';
const put = (parent, name, attributes, text) => {
  const node = parent.appendChild(document.createElementNS(NS, name));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const at = (lists, step) => lists[lists.length > 1 ? step : 0];
const draw = (place, panel, { size, axes, colours }) => {
  const svg = put(place, 'svg', { viewBox: `0 0 ${size[0]} ${size[1]}`, role: 'img', 'aria-label': panel.alt });
  const [left, right, top, bottom] = axes, words = { fill: colours.text, 'font-size': 15 };
  put(svg, 'text', { ...words, x: left, y: 20, 'font-weight': 600 }, panel.title);
  for (const [y, word] of panel.y_ticks) {
    put(svg, 'line', { x1: left, x2: right, y1: y, y2: y, stroke: colours.grid });
    put(svg, 'text', { ...words, x: left - 6, y: y + 5, 'text-anchor': 'end' }, word);
  }
  for (const [x, word] of panel.x_ticks) {
    put(svg, 'line', { x1: x, x2: x, y1: bottom, y2: bottom + 5, stroke: colours.text });
    put(svg, 'text', { ...words, x, y: bottom + 24, 'text-anchor': 'middle' }, word);
  }
  const moves = panel.traces.map(trace => {
    const line = put(svg, 'path', { fill: trace.fill, stroke: trace.colour, 'stroke-width': trace.width,
      opacity: trace.opacity, 'stroke-linejoin': 'round' });
    const dots = trace.dot ? Array.from({ length: Math.max(...trace.y.map(list => list.length)) },
      () => put(svg, 'circle', { r: trace.dot, fill: trace.colour })) : [];
    return step => {
      const x = at(trace.x, step), y = at(trace.y, step);
      let path = '', pen = 'M';
      y.forEach((height, index) => {
        const gap = height === null || x[index] === null || x[index] === undefined;
        if (!gap) path += `${pen}${x[index]},${height}`;
        pen = gap ? 'M' : 'L';
      });
      line.setAttribute('d', path);
      dots.forEach((dot, index) => {
        const seen = index < y.length && y[index] !== null && x[index] !== null;
        dot.setAttribute('visibility', seen ? 'visible' : 'hidden');
        if (seen) { dot.setAttribute('cx', x[index]); dot.setAttribute('cy', y[index]); }
      });
    };
  });
  for (const word of panel.words)
    put(svg, 'text', { 'font-size': 15, x: word.x, y: word.y, fill: word.colour, 'text-anchor': word.anchor,
      stroke: colours.background, 'stroke-width': 4, 'paint-order': 'stroke' }, word.text);
  return step => moves.forEach(move => move(step));
};
export default function ({ data, parentElement, setTriggerValue }) {
  const drawn = JSON.parse(data), last = drawn.said.length - 1;
  const find = name => parentElement.querySelector(name);
  const [panels, slider, play, take, said] = ['.panels', 'input', '.play', '.take', 'output'].map(find);
  find('.row').style.background = drawn.colours.background;
  find('.row').style.color = drawn.colours.text;
  const [marked, word] = drawn.mark ?? [0, ''], mark = find('.mark');
  mark.textContent = word;
  mark.style.left = `calc(8px + (100% - 16px) * ${marked / last})`;
  panels.replaceChildren();
  const moves = drawn.panels.map(panel => draw(panels, panel, drawn));
  const show = () => {
    moves.forEach(move => move(+slider.value));
    said.textContent = slider.ariaValueText = drawn.said[slider.value];
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = '▶'; play.ariaLabel = 'Play'; };
  play.onclick = () => {
    if (timer) return stop();
    if (+slider.value === last) slider.value = 0;
    play.textContent = '❚❚'; play.ariaLabel = 'Pause';
    timer = setInterval(() => { slider.value = +slider.value + 1; show(); if (+slider.value === last) stop(); }, 60);
  };
  take.hidden = !drawn.take;
  take.textContent = drawn.take;
  take.onclick = () => { stop(); setTriggerValue('taken', +slider.value); };
  slider.max = last;
  slider.ariaLabel = drawn.name;
  slider.oninput = () => { stop(); show(); };
  slider.value = drawn.start;
  show();
  return stop;
}
"""

_component = st.components.v2.component("initviz_scrubber", html=_HTML, css=_CSS, js=_JS)


def scrubber(drawing: Mapping[str, Any], key: str, on_take: Callable[[], None] = lambda: None) -> None:
    """Draw what `figures.scrub.drawing` made; moving it asks nothing of the server.

    on_take: callback for the button, where there is one; `taken(key)` is the step then.
    """
    _component(data=json.dumps(drawing, allow_nan=False), key=key, on_taken_change=on_take)


def taken(key: str) -> int:
    """The step that the visitor took, within the callback."""
    return int(st.session_state[key].taken)
