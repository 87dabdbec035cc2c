'use strict';
(() => {
  // Everything that is drawn comes packed in the page: gzip in base64.
  const unpack = async id => {
    const letters = atob(document.getElementById(id).textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  };

  const OPEN = 1, BEYOND = 2, PLAIN = 4, STRUCK = 8;
  const COLORS = 7;
  const FONT = getComputedStyle(document.documentElement).fontFamily;

  // look are the page's colours, as the style sheet has them for light, dark and print.
  const look = () => {
    const style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue('--' + name).trim();
    const out = {paper: color('paper'), ink: color('ink'), soft: color('soft'), rule: color('rule'), band: color('band'), deep: color('deep'), link: color('link'), all: color('of-all'), of: []};
    for (let i = 0; i < COLORS; i++) out.of.push(color('of-' + i));
    return out;
  };
  const LIGHT = {paper: '#fff', ink: '#22262b', soft: '#555d68', rule: '#d5dae1', band: '#f3f5f8', deep: '#002f5c', link: '#0b5cad', all: '#555d68',
    of: ['#0072b2', '#d55e00', '#009e73', '#b95e92', '#b97a00', '#2b8cc4', '#000']};
  const hue = (look, l) => l[0] < 0 ? look.all : look.of[l[0] % COLORS];

  // Outlines of marks around the origin, of radius 1; null is a circle.
  const OUTLINES = [null, [[0, -1.25], [1.1, 0.75], [-1.1, 0.75]], [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]],
    [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]], [[0, 1.25], [-1.1, -0.75], [1.1, -0.75]]];
  const mark = (look, l, x, y, r) => {
    const outline = OUTLINES[Math.max(l[0], 0) % OUTLINES.length];
    const style = l[1] ? {fill: look.paper, stroke: hue(look, l), lineWidth: 2} : {fill: hue(look, l), stroke: look.paper, lineWidth: 1};
    return outline ? {type: 'polygon', shape: {points: outline.map(p => [x + r * p[0], y + r * p[1]])}, style}
      : {type: 'circle', shape: {cx: x, cy: y, r}, style};
  };
  const stroke = (color, width, ...ends) => ({type: 'line', shape: {x1: ends[0], y1: ends[1], x2: ends[2], y2: ends[3]}, style: {stroke: color, lineWidth: width}});
  // stripes lie over the areas of the second round through the colours: from the lower left to
  // the upper right.
  const striped = l => Math.floor(Math.max(l[0], 0) / COLORS) % 2 === 1;
  const stripes = (look, l, x, y, w, h) => {
    const out = [];
    if (striped(l)) for (let at = x - h + 7; at < x + w; at += 7) {
      const from = Math.max(at, x), to = Math.min(at + h, x + w);
      out.push(stroke(look.paper, 2, from, y + h - (from - at), to, y + h - (to - at)));
    }
    return out;
  };
  const cross = (color, x, y, r) => [stroke(color, 2.5, x - r, y - r, x + r, y + r), stroke(color, 2.5, x - r, y + r, x + r, y - r)];

  const measure = (() => {
    const pen = document.createElement('canvas').getContext('2d');
    return (text, font) => { pen.font = font; return pen.measureText(text).width; };
  })();

  // Scale of an axis: logarithmic ones are drawn on linear ones of the logarithm.
  const onAxis = (a, v) => a.log ? Math.log10(Math.max(v, a.a)) : v;
  const clamped = (a, v) => Math.min(Math.max(onAxis(a, v), onAxis(a, a.a)), onAxis(a, a.z));

  const roundStep = v => {
    const power = 10 ** Math.floor(Math.log10(v));
    return power * ([1, 2, 2.5, 5].find(m => v <= m * power * 1.0001) ?? 10);
  };
  // ticksOf an axis from low to high, as drawn: its own, or closer ones where it was
  // zoomed so far that few of them are left and its labels are numbers.
  const ticksOf = (a, low, high) => {
    const own = a.k.map(t => ({at: onAxis(a, t[0]), label: t[1], under: t[2]})).filter(t => t.at >= low - 1e-9 && t.at <= high + 1e-9);
    if (own.length > 2 || !a.m) return own;
    const from = a.log ? 10 ** low : low, to = a.log ? 10 ** high : high, step = roundStep((to - from) / 5), out = [];
    for (let v = Math.ceil(from / step) * step; v <= to; v += step) out.push({at: onAxis(a, v), label: String(+(v * a.m).toPrecision(6)), under: ''});
    return out;
  };

  const axisOption = (a, range, look, size, room, across) => {
    const places = a.places && across, own = ticksOf(a, range[0], range[1]), share = room / Math.max(own.length, 1);
    // Where the words of neighbours would meet, the second line goes first, then the word that
    // all labels have, and only then are no more than every so many places named.
    const widest = some => Math.max(0, ...some.flatMap(t => (t.label + ' ' + t.under).split(' ')).map(w => measure(w, size + 'px ' + FONT)));
    const bare = own.map(t => ({...t, under: ''})), counts = bare.map(t => ({...t, label: t.label.replace(/^(\d+) nodes?$/, '$1')}));
    const all = places ? [own, bare, counts].find(some => widest(some) + 6 <= share) ?? counts : own, word = widest(all);
    const each = places ? Math.max(1, Math.ceil((Math.min(word, room / 3) + 6) / share)) : 1, ticks = all.filter((_, i) => i % each === 0), names = new Map(ticks.map(t => [t.at.toFixed(9), t]));
    const text = v => { const t = names.get(v.toFixed(9)); return t ? t.label + (across && t.under ? '\n' + t.under : '') : ''; };
    const slot = places ? share * each - 6 : 0;
    const most = Math.max(room * 0.36, 60), long = !across && ticks.some(t => measure(t.label, size + 'px ' + FONT) > most);
    const wrap = slot ? {width: slot, overflow: 'break'} : long ? {width: most, overflow: 'break'} : {};
    return {type: 'value', min: range[0], max: range[1], containShape: false, axisLine: {show: across, onZero: false, lineStyle: {color: look.soft}},
      axisTick: {show: across && !a.places, customValues: ticks.map(t => t.at), lineStyle: {color: look.soft}}, splitLine: {show: false},
      axisLabel: {customValues: ticks.map(t => t.at), formatter: text, color: look.ink, fontSize: size, fontFamily: FONT, lineHeight: size * 1.25, hideOverlap: !slot, ...wrap}};
  };

  // ground is what lies under the data: the stretches of places in turn, and lines at the ticks.
  const ground = (p, view, look) => ({type: 'custom', silent: true, z: 0, clip: true, data: [[0]], renderItem: (params, api) => {
    const children = [], box = params.coordSys;
    if (p.x.places) p.x.k.forEach((t, i) => {
      const left = api.coord([t[0] - 0.5, view.y[0]])[0], right = api.coord([t[0] + 0.5, view.y[0]])[0];
      if (i % 2 === 0) children.push({type: 'rect', shape: {x: left, y: box.y, width: right - left, height: box.height}, style: {fill: look.band}});
    });
    if (!p.s.some(s => s.f === 'tiles')) for (const t of ticksOf(p.y, view.y[0], view.y[1])) {
      const y = api.coord([view.x[0], t.at])[1];
      children.push(stroke(t.at === 0 ? look.soft : look.rule, 1, box.x, y, box.x + box.width, y));
    }
    return {type: 'group', $mergeChildren: false, children};
  }});

  // placed is where a point is drawn: one without a value stands at the foot, or at the
  // top where it is above every number.
  const placed = (p, pt) => [onAxis(p.x, pt[0]), pt[1] === null ? null : clamped(p.y, pt[1])];
  const custom = (name, data, z, renderItem, more) => ({type: 'custom', name, data, z, clip: true, encode: {x: 0, y: 1}, renderItem, ...more});
  const spot = (p, view, api, box, pt, r) => {
    const [x, y] = placed(p, pt), at = api.coord([x, y === null ? view.y[0] : y]);
    if (y === null) at[1] = pt[4] & BEYOND ? box.y + 2 * r : box.y + box.height - 2 * r;
    return at;
  };

  const whisker = (p, api, box, pt, color, x, cap) => {
    if (pt[2] === null || pt[3] === null && !(pt[4] & OPEN)) return [];
    const low = api.coord([0, clamped(p.y, pt[2])])[1], high = pt[4] & OPEN ? box.y : api.coord([0, clamped(p.y, pt[3])])[1];
    const out = [stroke(color, 2, x, low, x, high), stroke(color, 2, x - cap, low, x + cap, low)];
    out.push(pt[4] & OPEN ? {type: 'polygon', shape: {points: [[x, high], [x - cap, high + 1.5 * cap], [x + cap, high + 1.5 * cap]]}, style: {fill: color}}
      : stroke(color, 2, x - cap, high, x + cap, high));
    return out;
  };

  // sizes of marks and of their whiskers' caps: smaller where marks stand close, so that
  // no whisker reaches into its neighbour.
  const sizes = (p, view, inner) => {
    const at = p.s.filter(s => s.f === 'points').flatMap(s => s.p.map(pt => onAxis(p.x, pt[0]))).sort((a, b) => a - b);
    let gap = Infinity;
    for (let i = 1; i < at.length; i++) if (at[i] - at[i - 1] > 1e-6) gap = Math.min(gap, (at[i] - at[i - 1]) / (view.x[1] - view.x[0]) * inner);
    return {r: Math.max(2.5, Math.min(7, gap / 2 - 0.5)), cap: Math.max(1, Math.min(6, (gap - 3) / 2))};
  };

  // Each form makes the series that draw it.
  const FORMS = {
    bands: (p, s, view, look) => [custom(s.n, s.p.map(pt => placed(p, pt)), 1, (params, api) => {
      const pt = s.p[params.dataIndexInside], box = params.coordSys, color = hue(look, s.l);
      const from = api.coord([onAxis(p.x, pt[9]), view.y[0]])[0], to = api.coord([onAxis(p.x, pt[0]), view.y[0]])[0], foot = box.y + box.height;
      return {type: 'group', children: [{type: 'rect', shape: {x: from, y: box.y, width: to - from, height: box.height}, style: {fill: color, opacity: 0.15}},
        stroke(color, 1.4, from, box.y, from, foot), stroke(color, 1.4, to, box.y, to, foot)]};
    })],
    points: (p, s, view, look) => [custom(s.n, s.p.map(pt => placed(p, pt)), 4, (params, api) => {
      const pt = s.p[params.dataIndexInside], box = params.coordSys, {r, cap} = sizes(p, view, box.width), [x, y] = spot(p, view, api, box, pt, 7), color = hue(look, s.l);
      return {type: 'group', children: pt[1] === null ? cross(color, x, y, 7) : [...whisker(p, api, box, pt, color, x, cap), mark(look, s.l, x, y, r)]};
    })],
    dots: (p, s, view, look) => [custom(s.n, s.p.map(pt => placed(p, pt)), 3, (params, api) => {
      const pt = s.p[params.dataIndexInside], [x, y] = spot(p, view, api, params.coordSys, pt, 5), color = hue(look, s.l);
      return pt[1] === null ? {type: 'group', children: cross(color, x, y, 5)} : mark(look, s.l, x, y, 3.5);
    })],
    line: (p, s, view, look, wide) => {
      const color = hue(look, s.l), through = s.p.filter(pt => pt[1] !== null), marked = s.p.filter(pt => pt[1] === null ? pt[5] && pt[6] : !(pt[4] & PLAIN));
      return [
        {type: 'line', name: s.n, data: through.map(pt => placed(p, pt)), symbol: 'none', z: 2, clip: true, silent: true,
          lineStyle: {color, width: 2.5, type: s.l[2] ? [8, 5] : 'solid'}, itemStyle: {color}},
        custom(s.n, marked.map(pt => placed(p, pt)), 3, (params, api) => {
          const pt = marked[params.dataIndexInside], [x, y] = spot(p, view, api, params.coordSys, pt, 6);
          if (pt[1] === null) return {type: 'group', children: cross(color, x, y, 6)};
          return {type: 'group', children: [mark(look, s.l, x, y, 5.5), ...(pt[4] & STRUCK ? cross(look.ink, x, y, 6) : [])]};
        })];
    },
    bars: (p, s, view, look, wide, panel) => {
      const color = hue(look, s.l), known = s.p.filter(pt => pt[1] !== null);
      const slot = panel.inner * s.w / (view.x[1] - view.x[0]), font = '600 14px ' + FONT;
      const fits = p.s.every(o => o.f !== 'bars' || o.p.every(pt => measure(pt[8], font) < (p.s.length > 1 ? slot : panel.inner / (view.x[1] - view.x[0])) - 4));
      return [
        {type: 'bar', name: s.n, data: known.map(pt => placed(p, pt)), barWidth: Math.max(slot, 1), barGap: '-100%', z: 2, clip: true, silent: true, itemStyle: {color}},
        custom(s.n, s.p.map(pt => placed(p, pt)), 3, (params, api) => {
          const pt = s.p[params.dataIndexInside], box = params.coordSys, [x, y] = spot(p, view, api, box, pt, 7);
          const children = pt[1] === null ? cross(color, x, y, 7) : whisker(p, api, box, pt, look.ink, x, Math.min(7, slot / 3));
          if (pt[1] !== null) children.unshift(...stripes(look, s.l, x - slot / 2, y, slot, box.y + box.height - y));
          const top = Math.min(y, pt[3] === null || pt[1] === null ? y : api.coord([0, clamped(p.y, pt[3])])[1]);
          if (pt[1] !== null && p.s.filter(o => o.f === 'bars').length > 1 && slot > 9 && box.y + box.height - y > 16) children.push(mark(look, [s.l[0], 1, 0], x, box.y + box.height - 8, Math.min(4, slot / 3)));
          if (fits && pt[8]) children.push({type: 'text', style: {text: pt[8], x, y: top - 6, align: 'center', verticalAlign: 'bottom', fill: look.ink, font}});
          return {type: 'group', children};
        })];
    },
    stacks: (p, s, view, look, wide, panel) => [custom(s.n, s.p.map(pt => placed(p, pt)), 2, (params, api) => {
      const pt = s.p[params.dataIndexInside], half = panel.inner * s.w / (view.x[1] - view.x[0]) / 2;
      const [x, top] = api.coord([pt[0], pt[1]]), foot = api.coord([pt[0], pt[9]])[1];
      const children = [{type: 'rect', shape: {x: x - half, y: top, width: 2 * half, height: foot - top}, style: {fill: hue(look, s.l), stroke: look.paper, lineWidth: 1}}];
      children.push(...stripes(look, s.l, x - half, top, 2 * half, foot - top));
      if (foot - top > 15) children.push(mark(look, [s.l[0], 1, 0], x, (top + foot) / 2, 4));
      return {type: 'group', children};
    })],
    tiles: (p, s, view, look) => [custom(s.n, s.p.map(pt => placed(p, pt)), 2, (params, api) => {
      const pt = s.p[params.dataIndexInside];
      if (pt[1] === null) return;
      const [left, top] = api.coord([pt[0] - 0.5, pt[1] + 0.5]), [right, foot] = api.coord([pt[0] + 0.5, pt[1] - 0.5]);
      const w = right - left - 4, fill = mix(look.band, look.deep, pt[9]), ink = inkOn(fill), size = Math.max(9, Math.min(17, w / Math.max(pt[6].length, 1) * 1.6));
      if (pt[4] & STRUCK) return {type: 'group', children: hatched(look, left + 2, top + 2, w, foot - top - 4, pt[6])};
      const children = [{type: 'rect', shape: {x: left + 2, y: top + 2, width: w, height: foot - top - 4}, style: {fill: 'rgb(' + fill + ')'}},
        {type: 'text', style: {text: pt[6], x: (left + right) / 2, y: (top + foot) / 2 - (pt[7] ? 5 : -size / 2), align: 'center', verticalAlign: 'bottom', fill: ink, font: '600 ' + size + 'px ' + FONT}}];
      if (pt[7] && w > 60) children.push({type: 'text', style: {text: pt[7], x: (left + right) / 2, y: (top + foot) / 2 + 5, align: 'center', verticalAlign: 'top', fill: ink, font: Math.max(9, size - 3) + 'px ' + FONT, width: w, overflow: 'truncate'}});
      return {type: 'group', children};
    })],
  };
  // hatched is a tile without a value, with the reason: no shade is taken for one.
  const hatched = (look, x, y, w, h, text) => {
    const out = [{type: 'rect', shape: {x, y, width: w, height: h}, style: {fill: look.paper, stroke: look.rule, lineWidth: 1}}];
    for (let at = x - h + 9; at < x + w; at += 9) {
      const from = Math.max(at, x), to = Math.min(at + h, x + w);
      out.push(stroke(look.rule, 1, from, y + h - (from - at), to, y + h - (to - at)));
    }
    out.push({type: 'rect', shape: {x: x + 1, y: y + h / 2 - 10, width: w - 2, height: 20}, style: {fill: look.paper}},
      {type: 'text', style: {text, x: x + w / 2, y: y + h / 2, align: 'center', verticalAlign: 'middle', fill: look.soft, font: Math.max(9, Math.min(13, w / Math.max(text.length, 1) * 1.7)) + 'px ' + FONT, width: w - 4, overflow: 'truncate'}});
    return out;
  };
  const mix = (from, to, share) => {
    const hex = c => { const t = c.slice(1); return t.length === 3 ? [...t].map(d => parseInt(d + d, 16)) : [0, 2, 4].map(i => parseInt(t.slice(i, i + 2), 16)); };
    const a = hex(from), b = hex(to);
    return a.map((v, i) => Math.round(v + share * (b[i] - v)));
  };
  // inkOn a colour is black or white, whichever stands out more: at least 4.5 to 1, as
  // WCAG wants of text, on whichever colour.
  const inkOn = rgb => {
    const [r, g, b] = rgb.map(v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000' : '#fff';
  };

  // areas that labels keep off: marks, whiskers, bars, and lines that would strike them through.
  const areas = (p, view, api, box) => {
    const out = [], {r, cap} = sizes(p, view, box.width), high = v => api.coord([view.x[0], clamped(p.y, v)])[1];
    for (const s of p.s) {
      const known = s.p.filter(pt => pt[1] !== null), at = known.map(pt => api.coord(placed(p, pt)));
      if (s.f === 'bands') for (const pt of s.p) for (const x of [pt[9], pt[0]].map(v => api.coord([onAxis(p.x, v), view.y[0]])[0])) out.push([x - 2, box.y, x + 2, box.y + box.height]);
      if (s.f === 'line' && at.length <= 12) for (let i = 1; i < at.length; i++) { // round a line of many points they would find no place
        const [[x0, y0], [x1, y1]] = [at[i - 1], at[i]], n = Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 8) || 1;
        for (let k = 0; k <= n; k++) { const x = x0 + (x1 - x0) * k / n, y = y0 + (y1 - y0) * k / n; out.push([x - 3, y - 4, x + 3, y + 4]); }
      }
      if (s.f !== 'bands') s.p.forEach(pt => {
        const [x, y] = spot(p, view, api, box, pt, 7), half = s.f === 'line' ? 3 : s.f === 'dots' ? 4 : r + 1;
        if (s.f === 'line' && pt[4] & PLAIN) return;
        if (s.f === 'bars') { const wide = s.w / (view.x[1] - view.x[0]) * box.width / 2; return out.push([x - wide, y, x + wide, box.y + box.height]); }
        out.push([x - half, y - half, x + half, y + half]);
        if (pt[2] !== null && (pt[3] !== null || pt[4] & OPEN)) out.push([x - cap - 1, pt[4] & OPEN ? box.y : high(pt[3]), x + cap + 1, high(pt[2])]);
      });
    }
    return out;
  };

  // SIDES of a mark at which a label can stand, as steps to the right and down.
  const [EAST, WEST, NORTH, SOUTH] = [[1, 0], [-1, 0], [0, -1], [0, 1]], SIDES = [EAST, WEST, NORTH, SOUTH, [1, -1], [1, 1], [-1, -1], [-1, 1]];
  const REACH = 110; // pixels, beyond which nobody sees what a label names
  // free is the place nearest to a mark for a label of that size, in which it neither leaves
  // the room nor covers what is taken; null where there is none. Tall is from where to
  // where the mark's interval goes, above or below which a label can stand.
  const free = (room, taken, m, tall, w, h, sides, most) => {
    for (let away = 4; away < most; away += 6) for (const [dx, dy] of [...sides, ...SIDES]) {
      const far = dx && dy ? away / Math.SQRT2 : away, more = dx ? 0 : dy < 0 ? Math.max(m[1] - tall[0], 0) : Math.max(tall[1] - m[3], 0);
      const x = (m[0] + m[2]) / 2 + dx * ((m[2] - m[0]) / 2 + far + w / 2) - w / 2, y = (m[1] + m[3]) / 2 + dy * ((m[3] - m[1]) / 2 + far + more + h / 2) - h / 2;
      if (x < room[0] || y < room[1] || x + w > room[2] || y + h > room[3]) continue;
      if (!taken.some(t => x < t[2] && t[0] < x + w && y < t[3] && t[1] < y + h)) return [x, y, x + w, y + h];
    }
    return null;
  };

  // labels name marks. Each stands beside its own, within the panel, where it covers neither
  // a mark nor another label; one without such a place is left to the pointer and the table.
  const labels = (p, view, look, size) => {
    if (!p.l) return [];
    const plain = size + 'px ' + FONT, bold = '600 ' + plain, height = size * 1.3;
    return [{type: 'custom', name: 'labels', silent: true, z: 5, clip: false, data: [[0]], renderItem: (params, api) => {
      const box = params.coordSys, room = [box.x, box.y, box.x + box.width, box.y + box.height], taken = areas(p, view, api, box), children = [];
      for (const l of p.l) {
        const all = l.o.map(o => p.s[o[0]].p[o[1]]), known = all.filter(pt => pt[1] !== null), band = p.s[l.o[0][0]].f === 'bands';
        const at = (known.length ? known : all).map(pt => band ? api.coord([onAxis(p.x, pt[9]), pt[1]]) : spot(p, view, api, box, pt, 7));
        const m = [Math.min(...at.map(a => a[0])) - 4, Math.min(...at.map(a => a[1])) - 4, Math.max(...at.map(a => a[0])) + 4, Math.max(...at.map(a => a[1])) + 4];
        if (m[2] < room[0] || m[0] > room[2] || m[3] < room[1] || m[1] > room[3]) continue; // zoomed away
        const lines = [[l.n, bold, look.ink], [l.v, plain, l.n ? look.soft : look.ink]].filter(t => t[0]);
        const beside = p.l.some(o => { const d = p.s[o.o[0][0]].p[o.o[0][1]][0] - all[0][0]; return d > 0 && d < 0.5; });
        const sides = l.o.length > 1 ? [SOUTH, NORTH] : p.x.places && beside ? [WEST, SOUTH, NORTH] : [EAST, SOUTH, NORTH];
        const ends = (known.length ? known : all).flatMap(pt => [pt[2], pt[3]]).filter(v => v !== null).map(v => api.coord([view.x[0], clamped(p.y, v)])[1]);
        const tall = [Math.min(m[1], ...ends), Math.max(m[3], ...ends)];
        // At home, in the stretch of its own place, where it can.
        const at0 = Math.round(all[0][0]), home = p.x.places ? [...room] : null;
        if (home) for (const [i, by] of [[0, -0.5], [2, 0.5]]) home[i] = Math.min(Math.max(api.coord([at0 + by, view.y[0]])[0], room[0]), room[2]);
        // Where there is no room for the value too, the name alone stands there.
        let written, place = null;
        for (const [within, most] of [[home, 40], [room, REACH]]) for (const some of [lines, lines.slice(0, 1)]) if (within && !place) {
          written = some;
          place = free(within, taken, m, tall, Math.max(...some.map(t => measure(t[0], t[1]))), some.length * height, sides, most);
        }
        if (!place) continue;
        taken.push([place[0] - 3, place[1] - 2, place[2] + 3, place[3] + 2]);
        const x = (m[0] + m[2]) / 2, y = (m[1] + m[3]) / 2, to = [Math.min(Math.max(x, place[0]), place[2]), Math.min(Math.max(y, place[1]), place[3])];
        if (Math.hypot(to[0] - x, to[1] - y) > 34) children.push(stroke(look.soft, 1, x, y, ...to));
        written.forEach(([text, font, fill], i) => children.push({type: 'text', style: {text, x: (place[0] + place[2]) / 2, y: place[1] + height * (i + 0.5), align: 'center', verticalAlign: 'middle', fill, font, stroke: look.paper, lineWidth: 3}}));
      }
      return {type: 'group', $mergeChildren: false, children}; // as many as have room now
    }}];
  };

  // names of lines stand beside their ends, in a column in which none covers another;
  // each is joined to its line.
  const names = (p, look, room) => {
    const height = 18, ends = p.s.filter(s => s.e).map(s => ({s, pt: s.p.findLast(pt => pt[1] !== null)})).filter(e => e.pt);
    return {type: 'custom', silent: true, z: 5, clip: false, data: [[0]], renderItem: (params, api) => {
      const box = params.coordSys, left = box.x + box.width;
      const at = ends.map(e => ({...e, from: api.coord(placed(p, e.pt))})).filter(e => e.from[0] <= left + 1 && e.from[1] >= box.y - 1).sort((a, b) => a.from[1] - b.from[1]);
      at.forEach((e, i) => { e.y = Math.max(e.from[1], i ? at[i - 1].y + height : box.y); });
      for (let i = at.length - 1, foot = box.y + box.height; i >= 0; i--, foot -= height) at[i].y = Math.min(at[i].y, foot);
      return {type: 'group', $mergeChildren: false, children: at.flatMap(e => [stroke(hue(look, e.s.l), 1, e.from[0] + 4, e.from[1], left + 14, e.y),
        {type: 'text', style: {text: e.s.n, x: left + 18, y: e.y, verticalAlign: 'middle', fill: look.ink, font: '600 14px ' + FONT, width: room - 20, overflow: 'truncate'}}])};
    }};
  };

  // frameOf a panel among those of its chart. Stacked ones begin and end at the same x, and
  // the last has the axis of all.
  const frameOf = (chart, i, width) => {
    if (!chart.d) return {left: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel'};
    const size = sizeAt(width), bare = i < chart.p.length - 1, under = chart.p[i].x.k.some(t => t[2]);
    const left = Math.max(...chart.p.flatMap(p => p.y.k.map(t => measure(t[1], size + 'px ' + FONT)))) + 14;
    return {left, bottom: bare ? 8 : size * (under ? 2.5 : 1.25) + 12, outerBoundsMode: 'none', bare};
  };
  const sizeAt = width => width < 420 ? 12 : 14;

  // optionOf a panel, for a place of so many pixels; view is the stretch that is shown.
  const optionOf = (p, view, look, width, about, {bare, ...frame}) => {
    const wide = width >= 560, size = sizeAt(width);
    const ends = wide ? p.s.filter(s => s.e).map(s => measure(s.n, '600 14px ' + FONT)) : [];
    const right = ends.length ? Math.min(Math.max(...ends) + 26, width / 3) : 16;
    const panel = {size, inner: width - right - 60};
    const series = [ground(p, view, look)];
    for (const s of p.s) series.push(...(FORMS[s.f] || FORMS.points)(p, s, view, look, wide, panel));
    if (ends.length) series.push(names(p, look, right));
    series.push(...labels(p, view, look, size));
    const xAxis = axisOption(p.x, view.x, look, size, width - right - 50, true);
    if (bare) xAxis.axisLabel.show = false;
    return {animation: false, backgroundColor: 'transparent', aria: {enabled: true, label: {description: about}, decal: {show: true}},
      grid: {right, top: 22, ...frame}, xAxis, yAxis: axisOption(p.y, view.y, look, size, width, false), series};
  };
  const whole = p => ({x: [onAxis(p.x, p.x.a), onAxis(p.x, p.x.z)], y: [onAxis(p.y, p.y.a), onAxis(p.y, p.y.z)]});

  // Plot is one panel on the page: drawn, zoomed, and asked for its values.
  class Plot {
    constructor(place, chart, number, echarts) {
      const panel = chart.p[number];
      Object.assign(this, {place, chart, panel, number: +number, view: whole(panel), at: -1});
      this.drawing = echarts.init(place, null, {renderer: 'canvas', devicePixelRatio: Math.max(devicePixelRatio || 1, 1.5)});
      this.about = place.getAttribute('aria-label');
      place.tabIndex = 0;
      this.tip = Object.assign(document.createElement('div'), {className: 'tip', hidden: true});
      this.tip.setAttribute('role', 'status');
      place.append(this.tip);
      this.points = panel.s.flatMap(s => s.p.map(pt => ({s, pt}))).filter(q => q.pt[6]);
      // Keys walk from left to right, past what only makes a line smooth.
      this.walk = this.points.filter(q => !(q.pt[4] & PLAIN && q.s.e)).sort((a, b) => a.pt[0] - b.pt[0]);
      this.draw();
      this.listen();
      // Drawn again wherever the place becomes wider or narrower, be it the window or not.
      new ResizeObserver(() => { if (this.place.clientWidth !== this.width && !this.printing) this.draw(); }).observe(place);
    }
    draw(colors, width, height) {
      const size = this.width = width || this.place.clientWidth;
      this.printing = !!width;
      this.place.closest('figure').classList.toggle('narrow', size < 560);
      this.drawing.resize({width: width || 'auto', height: height || 'auto'});
      this.drawing.setOption(optionOf(this.panel, this.view, colors || look(), size, this.about, frameOf(this.chart, this.number, size)), true);
    }
    pixel(pt) {
      const [x, y] = placed(this.panel, pt), at = this.drawing.convertToPixel({gridIndex: 0}, [x, y === null ? this.view.y[0] : y]);
      const box = this.drawing.getModel().getComponent('grid').coordinateSystem.getRect();
      if (y === null) at[1] = pt[4] & BEYOND ? box.y + 14 : box.y + box.height - 14;
      return at;
    }
    // nearest is the point that the pointer means: the closest mark, or of lines the
    // closest one at that place.
    nearest(x, y) {
      const box = this.drawing.getModel().getComponent('grid').coordinateSystem.getRect();
      let best = null, least = Infinity;
      for (const q of this.points) {
        const [px, py] = this.pixel(q.pt);
        if (px < box.x - 1 || px > box.x + box.width + 1 || py < box.y - 1 || py > box.y + box.height + 1) continue;
        const dx = Math.abs(px - x), dy = Math.abs(py - y);
        const filled = q.s.f === 'bars' ? dx < box.width * q.s.w / (this.view.x[1] - this.view.x[0]) / 2 && y > py - 20
          : q.s.f === 'stacks' ? dx < box.width * q.s.w / (this.view.x[1] - this.view.x[0]) / 2 && y >= py && y <= this.drawing.convertToPixel({gridIndex: 0}, [q.pt[0], q.pt[9]])[1]
          : q.s.f === 'bands' ? x <= px && x >= this.drawing.convertToPixel({gridIndex: 0}, [onAxis(this.panel.x, q.pt[9]), q.pt[1]])[0]
          : q.s.f === 'tiles' && Math.abs(this.drawing.convertFromPixel({gridIndex: 0}, [x, y])[0] - q.pt[0]) < 0.5 && Math.abs(this.drawing.convertFromPixel({gridIndex: 0}, [x, y])[1] - q.pt[1]) < 0.5;
        const far = q.s.f === 'bands' ? filled ? 43 : Infinity : filled ? dx / 100 : Math.hypot(dx, dy) + (q.pt[4] & PLAIN ? 4 : 0);
        if (far < least && (filled || far < 44)) { least = far; best = q; }
      }
      return best;
    }
    show(q) {
      this.tip.hidden = !q;
      if (!q) return;
      const [, , , , , where, main, interval] = q.pt, line = (tag, text) => { const e = document.createElement(tag); e.textContent = text; return e; };
      this.tip.replaceChildren(line('div', [q.s.n, where].filter(Boolean).join(' · ')), line('b', main));
      if (interval) this.tip.append(line('div', q.s.f === 'tiles' ? interval : '95 % interval ' + interval));
      const [x, y] = this.pixel(q.pt), w = this.tip.offsetWidth, h = this.tip.offsetHeight;
      this.tip.style.left = Math.min(Math.max(x - w / 2, 0), this.place.clientWidth - w) + 'px';
      this.tip.style.top = (y - h - 14 < -40 ? y + 14 : y - h - 14) + 'px';
    }
    zoom(x, y) {
      const all = whole(this.panel), within = (r, a) => r[1] - r[0] >= (a[1] - a[0]) * (1 - 1e-9) ? a : [Math.max(r[0], a[0]), Math.min(r[1], a[1])];
      this.view = {x: within(x, all.x), y: within(y, all.y)};
      this.show(null);
      this.draw();
      if (this.chart.d) for (const o of this.place.closest('figure').plots) if (o !== this) { o.view = {x: this.view.x, y: o.view.y}; o.draw(); }
    }
    scale(by, upright) {
      const scaled = r => { const m = (r[0] + r[1]) / 2, half = (r[1] - r[0]) / 2 * by; return [m - half, m + half]; };
      this.zoom(upright ? this.view.x : scaled(this.view.x), scaled(this.view.y));
    }
    reset() { const all = whole(this.panel); this.zoom(all.x, all.y); }
    listen() {
      let from = null, box = null;
      const place = this.place, at = e => { const r = place.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
      place.addEventListener('pointermove', e => {
        const [x, y] = at(e);
        if (!from) return this.show(this.nearest(x, y));
        if (!box) place.append(box = Object.assign(document.createElement('div'), {className: 'box'}));
        Object.assign(box.style, {left: Math.min(x, from[0]) + 'px', top: Math.min(y, from[1]) + 'px', width: Math.abs(x - from[0]) + 'px', height: Math.abs(y - from[1]) + 'px'});
      });
      place.addEventListener('pointerleave', () => { if (!from) this.show(null); });
      place.addEventListener('pointerdown', e => {
        if (e.pointerType === 'touch') return this.show(this.nearest(...at(e)));
        if (e.button === 0) { from = at(e); place.setPointerCapture(e.pointerId); }
      });
      const done = e => {
        if (from && box && e.type === 'pointerup') {
          const to = at(e), a = this.drawing.convertFromPixel({gridIndex: 0}, from), b = this.drawing.convertFromPixel({gridIndex: 0}, to);
          if (Math.abs(to[0] - from[0]) > 8 && Math.abs(to[1] - from[1]) > 8) this.zoom([Math.min(a[0], b[0]), Math.max(a[0], b[0])], [Math.min(a[1], b[1]), Math.max(a[1], b[1])]);
        }
        box?.remove();
        from = box = null;
      };
      place.addEventListener('pointerup', done);
      place.addEventListener('pointercancel', done);
      place.addEventListener('dblclick', () => this.reset());
      place.addEventListener('wheel', e => { if (e.ctrlKey) { e.preventDefault(); this.scale(e.deltaY < 0 ? 0.8 : 1.25); } }, {passive: false});
      place.addEventListener('blur', () => this.show(null));
      place.addEventListener('keydown', e => {
        const step = {ArrowRight: 1, ArrowLeft: -1}[e.key];
        if (step && this.walk.length) { this.at = (this.at + step + this.walk.length) % this.walk.length; this.show(this.walk[this.at]); }
        else if (e.key === '+') this.scale(0.7);
        else if (e.key === '-') this.scale(1 / 0.7);
        else if (e.key === '0') this.reset();
        else if (e.key === 'Escape') this.show(null);
        else return;
        e.preventDefault();
      });
    }
  }

  // picture is a chart for a slide, of 1600 by 900 pixels, always on white: the page's
  // words of it are written round its panels.
  const picture = (chart, plots, echarts) => {
    const width = 1600, margin = 40, canvas = Object.assign(document.createElement('canvas'), {width, height: 900}), pen = canvas.getContext('2d');
    const wrap = (text, font, most) => {
      const lines = [''];
      for (const word of text.replace(/(\d) (%|[nµm]?s|min|h|[KMGT]iB|B)(?![\p{L}\d])/gu, '$1\u00a0$2').split(' ')) {
        const longer = (lines.at(-1) + ' ' + word).trim();
        if (lines.at(-1) && measure(longer, font) > most) lines.push(word); else lines[lines.length - 1] = longer;
      }
      return lines;
    };
    const bold = '600 34px ' + FONT, plain = '21px ' + FONT, small = '17px ' + FONT, inside = width - 2 * margin;
    pen.fillStyle = LIGHT.paper;
    pen.fillRect(0, 0, width, 900);
    let y = margin;
    const write = (lines, font, color, height, x) => { for (const l of lines) { pen.font = font; pen.fillStyle = color; pen.textBaseline = 'top'; pen.fillText(l, x ?? margin, y); y += height; } };
    write(wrap(chart.t, bold, inside), bold, LIGHT.ink, 42);
    for (const s of chart.s || []) write(wrap(s, plain, inside), plain, LIGHT.soft, 28);
    y += 8;
    keysInto(pen, chart.k || [], plain, margin, y + 12, inside, used => { y += used; });
    const foot = (chart.c || []).flatMap(c => wrap(c, small, inside)), end = 900 - margin - 22 * foot.length;
    const n = plots.length, beside = chart.d ? 1 : n, each = (inside - 30 * (beside - 1)) / beside;
    const heads = chart.p.map(p => wrap(p.y.t, plain, each)), tops = 28 * Math.max(...heads.map(h => h.length));
    const first = y + 6, axis = 44, high = chart.d ? (end - first - axis) / n : end - first - axis;
    chart.p.forEach((p, i) => {
      const left = margin + (chart.d ? 0 : i * (each + 30)), top = first + (chart.d ? i * high : 0), height = high - tops, place = document.createElement('div');
      y = top;
      write(heads[i], plain, LIGHT.soft, 28, left);
      Object.assign(place.style, {width: each / 1.5 + 'px', height: height / 1.5 + 'px'});
      const drawing = echarts.init(place, null, {renderer: 'canvas', devicePixelRatio: 1.5, width: each / 1.5, height: height / 1.5});
      drawing.setOption(optionOf(p, plots[i].view, LIGHT, each / 1.5, '', frameOf(chart, i, each / 1.5)));
      pen.drawImage(drawing.renderToCanvas({pixelRatio: 1.5, backgroundColor: LIGHT.paper}), left, top + tops, each, height);
      drawing.dispose();
      pen.font = plain;
      pen.fillStyle = LIGHT.soft;
      if (!chart.d || i === n - 1) pen.fillText(p.x.t, left + Math.max((each - measure(p.x.t, plain)) / 2, 0), end - 38, each);
    });
    y = end + 6;
    write(foot, small, LIGHT.soft, 22);
    return canvas;
  };
  // keysInto draws the keys of a picture in lines, and tells how high they are.
  const keysInto = (pen, keys, font, left, y, room, used) => {
    let x = left, lines = 0;
    for (const k of keys) {
      const wide = 34 + measure(k.t, font) + 30;
      if (x > left && x + wide > left + room) { x = left; lines++; }
      const color = hue(LIGHT, k.l), at = y + 28 * lines, cx = x + 12;
      pen.strokeStyle = pen.fillStyle = color;
      pen.lineWidth = 3;
      pen.beginPath();
      if (k.s === 'struck') { pen.moveTo(cx - 8, at - 8); pen.lineTo(cx + 8, at + 8); pen.moveTo(cx - 8, at + 8); pen.lineTo(cx + 8, at - 8); pen.stroke(); }
      else {
        if (k.s === 'line') { pen.setLineDash(k.l[2] ? [6, 4] : []); pen.moveTo(cx - 13, at); pen.lineTo(cx + 13, at); pen.stroke(); pen.setLineDash([]); pen.beginPath(); }
        if (k.s === 'interval') { pen.moveTo(cx, at - 12); pen.lineTo(cx, at + 12); pen.stroke(); pen.beginPath(); }
        const outline = OUTLINES[Math.max(k.l[0], 0) % OUTLINES.length], r = k.s === 'dot' ? 4 : k.s === 'bar' ? 5 : 7;
        if (k.s === 'bar') {
          pen.fillRect(cx - 10, at - 10, 20, 20);
          pen.strokeStyle = pen.fillStyle = LIGHT.paper;
          pen.lineWidth = 2;
          for (const {shape: e} of stripes(LIGHT, k.l, cx - 10, at - 10, 20, 20)) { pen.beginPath(); pen.moveTo(e.x1, e.y1); pen.lineTo(e.x2, e.y2); pen.stroke(); }
          pen.lineWidth = 3;
          pen.beginPath();
        }
        if (k.s === 'band') { pen.globalAlpha = 0.15; pen.fillRect(cx - 12, at - 9, 24, 18); pen.globalAlpha = 1; pen.rect(cx - 12, at - 9, 1.5, 18); pen.rect(cx + 10.5, at - 9, 1.5, 18); }
        else if (outline) { outline.forEach(([px, py], i) => i ? pen.lineTo(cx + r * px, at + r * py) : pen.moveTo(cx + r * px, at + r * py)); pen.closePath(); }
        else pen.arc(cx, at, r, 0, 7);
        if (k.l[1]) { pen.fillStyle = LIGHT.paper; pen.fill(); pen.stroke(); } else pen.fill();
      }
      Object.assign(pen, {font, fillStyle: LIGHT.soft, textBaseline: 'middle'});
      pen.fillText(k.t, x + 34, at);
      x += wide;
    }
    used(keys.length ? 28 * (lines + 1) + 6 : 0);
  };

  const save = (chart, plots, echarts) => picture(chart, plots, echarts).toBlob(blob => {
    const link = Object.assign(document.createElement('a'), {href: URL.createObjectURL(blob), download: chart.n + '.png'});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });

  const tools = (figure, chart, plots, echarts) => {
    const bar = figure.querySelector('.tools');
    const add = (text, label, act) => { const b = Object.assign(document.createElement('button'), {type: 'button', textContent: text, onclick: act}); if (label) b.setAttribute('aria-label', label); bar.append(b); };
    add('Zoom in', '', () => plots.forEach((p, i) => p.scale(0.7, chart.d && i))); // stacked panels have one x
    add('Zoom out', '', () => plots.forEach((p, i) => p.scale(1 / 0.7, chart.d && i)));
    add('Show all', '', () => plots.forEach(p => p.reset()));
    add('Save as image', '', () => save(chart, plots, echarts));
    if (matchMedia('(pointer: fine)').matches) bar.append(Object.assign(document.createElement('span'), {textContent: 'Point for values, drag to zoom.'}));
    bar.hidden = false;
  };

  const drawn = [];
  const start = async () => {
    const figures = [...document.querySelectorAll('figure.chart')];
    const [text, library] = await Promise.all([unpack('packed-data'), figures.length && unpack('packed-library')]);
    const data = JSON.parse(text);
    if (library) {
      // The library runs as a script of its own, which the page's policy knows by its hash.
      document.head.append(Object.assign(document.createElement('script'), {textContent: library}));
    }
    const echarts = globalThis.echarts;
    const draw = figure => {
      if (figure.plots) return;
      const places = [...figure.querySelectorAll('.plot')], chart = data.charts[places[0].dataset.chart];
      figure.plots = places.map(place => new Plot(place, chart, place.dataset.panel, echarts));
      figure.picture = () => picture(chart, figure.plots, echarts);
      tools(figure, chart, figure.plots, echarts);
      drawn.push(...figure.plots);
    };
    // What is far below is drawn when it comes near.
    const watch = new IntersectionObserver(seen => { for (const s of seen) if (s.isIntersecting) { watch.unobserve(s.target); draw(s.target); } }, {rootMargin: '400px'});
    figures.forEach((f, i) => i ? watch.observe(f) : draw(f));
    const redraw = () => { for (const p of drawn) p.draw(); };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
    // Paper is light, and as wide as it is.
    addEventListener('beforeprint', () => { figures.forEach(draw); for (const f of figures) for (const p of f.plots) { const n = f.plots.length, beside = p.chart.d ? 1 : n; p.reset(); p.draw(LIGHT, (680 - 16 * (beside - 1)) / beside, p.chart.d ? 200 : n > 1 ? 260 : 320); } });
    addEventListener('afterprint', redraw);
    document.documentElement.dataset.ready = 'yes';
    // The page can be used from here on. Replays stand far below and take as long as a chart
    // or two: they are made one by one, as the browser finds time.
    const replays = [...document.querySelectorAll('.replay')];
    const mount = () => { const e = replays.shift(); if (e) globalThis.raftbenchReplay?.mount(e, data.replays[e.dataset.replay]); return e; };
    const later = () => requestIdleCallback(() => { if (mount()) later(); }, {timeout: 1000});
    later();
    addEventListener('beforeprint', () => { while (mount()); });
  };

  // A number leads to the trials that it was made of: their list shows those alone, each
  // with what it says of the number, until all of them are wanted.
  let figures = null;
  const made = () => figures ??= unpack('packed-figures').then(JSON.parse);
  const button = (text, act) => Object.assign(document.createElement('button'), {type: 'button', textContent: text, onclick: act});
  const wholeList = list => {
    list.querySelector('.made')?.remove();
    list.querySelectorAll('.own').forEach(e => e.remove());
    list.querySelectorAll('tr[hidden]').forEach(e => { e.hidden = false; });
  };
  const madeOf = (list, figure, number) => {
    wholeList(list);
    const said = Object.assign(document.createElement('div'), {className: 'made', tabIndex: -1}), text = document.createElement('p');
    text.setAttribute('role', 'status');
    text.append(Object.assign(document.createElement('b'), {textContent: number.textContent}), ' – ' + figure.h);
    said.append(text, button('All trials of the setup', () => { wholeList(list); list.querySelector('summary')?.focus(); }), ' ',
      button('Back to the number', () => { unfold(number); number.scrollIntoView({block: 'center'}); number.focus({preventScroll: true}); }));
    const table = list.querySelector('table'), rows = table.tBodies[0].rows, at = new Map(figure.r.map((row, i) => [row, i]));
    table.closest('.table').before(said);
    [...rows].forEach((row, i) => { row.hidden = !at.has(i); });
    if (figure.w) {
      const head = Object.assign(document.createElement('th'), {scope: 'col', className: 'own', textContent: figure.t, rowSpan: table.tHead.rows.length});
      table.tHead.rows[0].cells[0].after(head);
      for (const [row, i] of at) rows[row].cells[0].after(Object.assign(document.createElement('td'), {className: 'own', textContent: figure.w[i]}));
      [...rows].forEach((row, i) => { if (!at.has(i)) row.cells[0].after(Object.assign(document.createElement('td'), {className: 'own'})); });
    }
    return said;
  };
  document.addEventListener('click', async e => {
    const number = e.target.closest?.('a[data-figure]');
    if (!number || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    const all = await made(), list = document.getElementById(number.getAttribute('href').slice(1)), said = madeOf(list, all[number.dataset.figure], number);
    location.hash = number.getAttribute('href');
    unfold(list);
    said.focus({preventScroll: true});
    list.scrollIntoView();
  });

  // A link into something folded opens it.
  const unfold = target => { for (let e = target; e; e = e.parentElement) if (e instanceof HTMLDetailsElement) e.open = true; };
  const arrive = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    unfold(target);
    target.scrollIntoView();
  };
  addEventListener('hashchange', arrive);
  arrive();
  start();
})();
