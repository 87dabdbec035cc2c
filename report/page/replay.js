// A replay shows a trial's nodes as lanes over time: who was what in which term, who asked
// whom for a vote, what was done to whom, how far logs reached, and what the client saw.
// It draws what its data hold (report/replay says what they are) and makes up nothing.
// raftbenchReplay.mount(element, data) shows one; raftbenchReplay.stateAt(data, ns) is what
// everybody was at an instant, and depends on nothing else.
globalThis.raftbenchReplay = (() => {
  'use strict';

  const ROLES = ['down', 'follower', 'pre-candidate', 'candidate', 'leader'];
  const WORDS = ['does not run', 'follower', 'pre-candidate', 'candidate', 'leader'];
  const MS = 1e6, S = 1e9;

  // ---- what was when ----

  // last is the place of the last of a list that began by t: -1 where none did.
  function last(list, t, at = x => x[0]) {
    let low = 0, high = list.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (at(list[mid]) <= t) low = mid + 1; else high = mid;
    }
    return low - 1;
  }

  // standing faults at an instant.
  const standing = (data, t) => data.faults.filter(f => f.from <= t && t < f.to);

  // cutAt are the links that are cut, as "from>to".
  function cutAt(data, t) {
    const cut = new Set();
    for (const f of standing(data, t)) for (const [a, b] of f.cut || []) cut.add(a + '>' + b);
    return cut;
  }

  // unreached are the members with which one cannot talk both ways.
  function unreached(data, cut, i) {
    const out = [];
    data.nodes.forEach((_, j) => { if (j !== i && (cut.has(i + '>' + j) || cut.has(j + '>' + i))) out.push(j); });
    return out;
  }

  const name = (data, i) => (i >= 0 ? data.nodes[i].id : '');

  function stateAt(data, t) {
    const cut = cutAt(data, t);
    let leader = -1, term = -1;
    const nodes = data.nodes.map((n, i) => {
      const s = n.states[Math.max(0, last(n.states, t))], running = s[1] !== 0;
      const log = running && n.log && n.log[last(n.log, t)];
      const lost = unreached(data, cut, i);
      if (s[1] === 4 && s[2] > term) { leader = i; term = s[2]; }
      // What a process told before it was killed is not what the next one has.
      const told = log && log[0] >= beganAt(n, t) ? log : null;
      return {
        id: n.id, role: ROLES[s[1]], running, paused: (n.paused || []).some(p => p[0] <= t && t < p[1]), term: s[2], leader: name(data, s[3]),
        log: told ? told[1] : null, commit: told ? told[2] : null,
        unreached: lost.map(j => data.nodes[j].id), cutOff: data.nodes.length - lost.length < data.quorum,
      };
    });
    return { nodes, leader: name(data, leader), step: last(data.steps, t, s => s.at) };
  }

  // beganAt is when the process that runs at t began.
  function beganAt(n, t) {
    for (let i = last(n.states, t); i >= 0; i--) if (n.states[i][1] === 0) return n.states[i][0];
    return 0;
  }

  // ---- time in words ----

  function clock(ns) {
    return (ns / S).toFixed(3) + ' s';
  }

  function span(ns) {
    return ns >= S ? +(ns / S).toPrecision(3) + ' s' : +(ns / MS).toPrecision(3) + ' ms';
  }

  // ---- pace ----

  // PACES are how fast it plays: paced by what happens, times a factor, or by the clock.
  const PACES = [
    { text: 'paced, ×¼', by: 0.25 }, { text: 'paced, ×½', by: 0.5 }, { text: 'paced', by: 1 }, { text: 'paced, ×2', by: 2 }, { text: 'paced, ×4', by: 4 },
    { text: '1/100 of real time', real: 0.01 }, { text: '1/10 of real time', real: 0.1 }, { text: 'real time', real: 1 },
  ];

  // seconds that a pause of so many ns between two steps takes where it is paced: long
  // enough to read what just happened, and no longer for a long pause.
  const paced = ns => 0.15 + 0.3 * Math.log10(1 + ns / MS);

  // advance an instant by some seconds of a viewer's.
  function advance(data, t, seconds, pace) {
    if (pace.real) return Math.min(data.length, t + seconds * pace.real * S);
    let left = seconds * pace.by;
    while (left > 0 && t < data.length) {
      const i = last(data.steps, t, s => s.at);
      const from = i >= 0 ? data.steps[i].at : 0;
      const to = i + 1 < data.steps.length ? data.steps[i + 1].at : data.length;
      const takes = paced(to - from), rate = (to - from) / takes;
      const need = (to - t) / rate;
      if (need > left) return t + left * rate;
      left -= need;
      t = to;
    }
    return Math.min(t, data.length);
  }

  // ---- the elements ----

  function make(tag, cls, text) {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  function button(text, label, act) {
    const b = make('button', '', text);
    b.type = 'button';
    if (label) { b.setAttribute('aria-label', text + ': ' + label); b.title = label; }
    b.addEventListener('click', act);
    return b;
  }

  function mount(element, data) {
    const p = new Player(element, data);
    element.raftbenchPlayer = p; // for whoever drives it, as tests do
    return p;
  }

  class Player {
    constructor(element, data) {
      this.data = data;
      this.root = element;
      this.t = 0;
      this.playing = false;
      this.pace = 2;
      this.fits = true; // the view follows the scenes
      this.view = { from: 0, to: Math.max(data.length, 1) };
      this.motion = matchMedia('(prefers-reduced-motion: reduce)');
      this.sent = sentAt(data);
      this.build();
      this.listen();
      this.theme();
      const first = data.faults.length ? last(data.scenes, data.faults[0].from, s => s.from) : -1;
      this.go(first >= 0 ? data.scenes[first].from : 0, true);
    }

    build() {
      const { data, root } = this;
      root.textContent = '';
      root.classList.add('replay');
      root.setAttribute('role', 'group');
      root.setAttribute('aria-label', 'Replay of ' + data.title);
      this.scenes = make('ol', 'rp-scenes');
      this.sceneButtons = data.scenes.map((s, i) => {
        const b = button('', '', () => this.scene(i));
        b.append(make('b', '', (s.from / S).toFixed(1) + ' s'), document.createTextNode(s.title));
        const li = make('li');
        li.append(b);
        this.scenes.append(li);
        return b;
      });
      root.append(this.scenes, this.bar());
      const says = make('div', 'rp-says');
      this.now = make('p', 'rp-now');
      this.now.setAttribute('aria-live', 'polite');
      this.before = [0, 1, 2].map(() => make('p', 'rp-before'));
      says.append(this.now, ...this.before);
      this.over = make('canvas', 'rp-over');
      this.over.setAttribute('aria-hidden', 'true');
      this.main = make('canvas', 'rp-main');
      for (const [k, v] of Object.entries({ role: 'slider', tabindex: '0', 'aria-label': 'Instant of the replay', 'aria-valuemin': 0, 'aria-valuemax': Math.round(data.length / MS) })) this.main.setAttribute(k, v);
      root.append(says, this.over, this.main, this.keys(), this.notes(), this.list());
    }

    bar() {
      const bar = make('div', 'rp-bar');
      this.play = button('▶ Play', 'Play or pause (space)', () => this.toggle());
      this.play.className = 'rp-play';
      this.speed = make('select');
      this.speed.setAttribute('aria-label', 'Speed (+ and −)');
      PACES.forEach((p, i) => { const o = make('option', '', p.text); o.value = i; this.speed.append(o); });
      this.speed.value = this.pace;
      this.speed.addEventListener('change', () => { this.pace = +this.speed.value; });
      this.time = make('span', 'rp-time');
      bar.append(
        button('← Event', 'To the previous event (left)', () => this.step(-1)), this.play, button('Event →', 'To the next event (right)', () => this.step(1)),
        this.speed, button('Wider', 'Show more time (down)', () => this.zoom(2)), button('Closer', 'Show less time (up)', () => this.zoom(0.5)),
        button('Fit', 'Show what belongs together (f)', () => { this.fits = true; this.aim(); this.draw(); }), this.time);
      return bar;
    }

    keys() {
      const ul = make('ul', 'rp-keys');
      this.swatches = [];
      const add = (text, paint) => {
        const c = make('canvas'), li = make('li');
        c.setAttribute('aria-hidden', 'true');
        li.append(c, make('span', '', text));
        ul.append(li);
        this.swatches.push([c, paint]);
      };
      const band = role => (g, w, h) => this.band(g, 0, w, 1, h - 2, role);
      add('follower', band(1));
      add('pre-candidate: asks whether it would get votes', band(2));
      add('candidate: asks for votes', band(3));
      add('leader', band(4));
      add('does not run', band(0));
      if (this.data.nodes.some(n => n.paused)) add('paused', (g, w, h) => { this.band(g, 0, w, 1, h - 2, 1); this.stripes(g, 0, w, 1, h - 2); });
      if (this.data.faults.some(f => f.cut)) add('cut off from a quorum', (g, w, h) => { this.band(g, 0, w, 1, h - 2, 1); this.fence(g, 0, w, 1, h - 2, true); });
      const arrow = (answer, pre, granted) => (g, w, h) => this.arrow(g, 2, h - 4, w - 3, 4, answer, pre, granted);
      if (this.data.arrows.length) {
        add('asks for a vote', arrow(0, 0, 0));
        add('grants it', arrow(1, 0, 1));
        add('refuses it', arrow(1, 0, 0));
        add('dashed: a pre-vote', arrow(0, 1, 0));
      }
      if (this.data.nodes.some(n => n.log)) add('log; filled: committed', (g, w, h) => this.logKey(g, w, h));
      if (this.data.writes) {
        add('a write, where it was sent: how long it took', (g, w, h) => this.dot(g, w / 2, h / 2, 'a'));
        add('failed', (g, w, h) => this.dot(g, w / 2, h / 2, 'f'));
        add('nobody knows', (g, w, h) => this.dot(g, w / 2, h / 2, 'u'));
      }
      return ul;
    }

    notes() {
      const div = make('div', 'rp-notes'), ul = make('ul');
      const all = [...this.data.notes];
      if (this.data.arrows.length) {
        all.push('An answer’s arrow begins when the request was heard and ends when its answer was. When a request was sent is not recorded: its arrow begins when its sender began to stand, or, where that says nothing, at its arrival.');
      }
      if (this.data.nodes.some(n => n.log)) all.push('How far logs reach was told a few times a second: between two reports the older one is drawn. Their scale is that of what is in view.');
      for (const n of all) ul.append(make('li', '', n));
      const help = make('details', 'rp-help');
      help.append(make('summary', '', 'Keys'), make('p', '', 'Space: play, pause. Left, right: previous, next event. Page up, page down: previous, next scene. + and −: speed. Up, down: show less, more time; f: fit. Home, end: the beginning, the end. Drag the picture to move through time.'));
      div.append(ul, help);
      return div;
    }

    list() {
      const d = make('details', 'rp-list');
      d.append(make('summary', '', 'All that happened, as a list (' + this.data.steps.length + ')'));
      d.addEventListener('toggle', () => {
        if (!d.open || d.querySelector('ol')) return;
        const ol = make('ol');
        for (const s of this.data.steps) {
          const b = button('', '', () => this.go(s.at, true));
          b.append(make('b', '', clock(s.at)), document.createTextNode(s.text));
          const li = make('li');
          li.append(b);
          ol.append(li);
        }
        d.append(ol);
      });
      return d;
    }

    // ---- what a viewer does ----

    listen() {
      this.root.addEventListener('keydown', e => this.key(e));
      this.scrub(this.main, x => this.timeAt(x));
      this.scrub(this.over, (x, w) => this.data.length * Math.min(1, Math.max(0, x / w)));
      this.main.addEventListener('wheel', e => {
        if (!e.ctrlKey) return;
        e.preventDefault();
        this.zoom(e.deltaY > 0 ? 1.25 : 0.8);
      }, { passive: false });
      new ResizeObserver(() => { this.size(); this.draw(); }).observe(this.root);
      for (const q of ['(prefers-color-scheme: dark)', 'print']) matchMedia(q).addEventListener('change', () => { this.theme(); this.draw(); });
    }

    scrub(canvas, timeAt) {
      let held = false;
      const move = e => {
        const r = canvas.getBoundingClientRect();
        this.go(timeAt(e.clientX - r.left, r.width), canvas === this.over);
      };
      canvas.addEventListener('pointerdown', e => {
        if (e.button !== 0) return;
        held = true;
        canvas.setPointerCapture(e.pointerId);
        this.stop();
        this.main.focus({ preventScroll: true });
        move(e);
      });
      canvas.addEventListener('pointermove', e => { if (held) move(e); });
      for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) canvas.addEventListener(end, () => { held = false; });
    }

    key(e) {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      const on = e.target.tagName;
      if (on === 'SELECT' && e.key !== '+' && e.key !== '-') return;
      if ((on === 'BUTTON' || on === 'SUMMARY') && (e.key === ' ' || e.key === 'Enter')) return;
      const act = {
        ' ': () => this.toggle(), ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), ArrowUp: () => this.zoom(0.5), ArrowDown: () => this.zoom(2),
        '+': () => this.faster(1), '=': () => this.faster(1), '-': () => this.faster(-1), Home: () => this.go(0, true), End: () => this.go(this.data.length, true),
        PageDown: () => this.scene(this.sceneAt() + 1), PageUp: () => this.scene(this.sceneAt() - 1), f: () => { this.fits = true; this.aim(); this.draw(); },
      }[e.key];
      if (!act) return;
      e.preventDefault();
      act();
    }

    faster(by) {
      this.pace = Math.min(PACES.length - 1, Math.max(0, this.pace + by));
      this.speed.value = this.pace;
    }

    toggle() { if (this.playing) this.stop(); else this.start(); }

    start() {
      if (this.t >= this.data.length) this.go(0, true);
      this.playing = true;
      this.play.textContent = 'Pause';
      this.now.setAttribute('aria-live', 'off'); // it would not be heard to its end
      this.then = undefined;
      requestAnimationFrame(now => this.frame(now));
    }

    stop() {
      this.playing = false;
      this.play.textContent = '▶ Play';
      this.now.setAttribute('aria-live', 'polite');
    }

    frame(now) {
      if (!this.playing) return;
      const seconds = Math.min(0.25, (now - (this.then ?? now)) / 1000);
      this.then = now;
      let t = advance(this.data, this.t, seconds, PACES[this.pace]);
      if (this.motion.matches) t = this.jump(t);
      if (t >= this.data.length) this.stop();
      this.go(t, false, true);
      requestAnimationFrame(next => this.frame(next));
    }

    // jump shows, where motion is to be reduced, one event after another.
    jump(t) {
      this.hidden = Math.max(t, this.hidden ?? 0);
      if (this.hidden < this.t || this.hidden > this.t + this.data.length) this.hidden = this.t;
      const reached = advance(this.data, this.hidden, 1 / 60, PACES[this.pace]);
      this.hidden = reached;
      const i = last(this.data.steps, reached, s => s.at);
      return reached >= this.data.length ? reached : Math.max(this.t, i >= 0 ? this.data.steps[i].at : 0);
    }

    step(by) {
      this.stop();
      const steps = this.data.steps;
      let i = last(steps, this.t, s => s.at);
      if (by > 0) i++; else if (i >= 0 && steps[i].at === this.t) i = last(steps, this.t - 1, s => s.at);
      if (i < 0) return this.go(0, true);
      this.go(i < steps.length ? steps[i].at : this.data.length, true);
    }

    scene(i) {
      this.stop();
      const all = this.data.scenes;
      if (!all.length) return;
      this.fits = true;
      this.go(all[Math.min(all.length - 1, Math.max(0, i))].from, true);
    }

    // sceneAt is the scene that the instant is in, or the last one before it.
    sceneAt() { return last(this.data.scenes, this.t, s => s.from); }

    zoom(by) {
      this.fits = false;
      const v = this.view, wide = Math.min(this.data.length, Math.max(MS, (v.to - v.from) * by));
      const share = Math.min(1, Math.max(0, (this.t - v.from) / (v.to - v.from)));
      this.view = this.within(this.t - share * wide, wide);
      this.draw();
    }

    // go to an instant. Aimed, the view follows where it fits scenes; playing, it glides.
    go(t, aimed, playing) {
      this.t = Math.round(Math.min(this.data.length, Math.max(0, t)));
      if (!playing) this.hidden = this.t;
      if (aimed || playing) this.aim(playing && !this.motion.matches);
      this.tell();
      this.draw();
    }

    // aim the view at what belongs together.
    aim(glides) {
      const to = this.fits ? this.fitting() : this.following();
      const v = this.view;
      if (!glides) { this.view = to; return; }
      const k = 0.12;
      this.view = { from: v.from + (to.from - v.from) * k, to: v.to + (to.to - v.to) * k };
      if (this.t < this.view.from || this.t > this.view.to) this.view = to;
    }

    fitting() {
      const s = this.data.scenes[this.sceneAt()], most = (this.lay.narrow ? 0.8 : 2.5) * S;
      if (s) {
        const room = Math.max(0.08 * (s.to - s.from), 30 * MS);
        const from = s.from - room, to = s.to + room;
        if (this.t <= to) return to - from <= most ? this.within(from, to - from) : this.within(Math.max(from, Math.min(this.t - 0.6 * most, to - most)), most);
      }
      return this.within(this.t - most, 2 * most);
    }

    following() {
      const v = this.view, wide = v.to - v.from;
      if (this.t >= v.from + 0.02 * wide && this.t <= v.from + 0.85 * wide) return v;
      return this.within(this.t - 0.5 * wide, wide);
    }

    within(from, wide) {
      wide = Math.min(wide, this.data.length);
      from = Math.min(Math.max(0, from), this.data.length - wide);
      return { from, to: from + Math.max(wide, 1) };
    }

    // tell what happens, in words.
    tell() {
      const { steps, length } = this.data, i = last(steps, this.t, s => s.at);
      this.time.textContent = clock(this.t) + ' of ' + clock(length);
      const text = i >= 0 ? steps[i].text : 'Nothing has happened yet.';
      if (this.now.textContent !== text) this.now.textContent = text;
      this.before.forEach((p, k) => {
        const s = steps[i - 1 - k];
        p.textContent = s ? span(this.t - s.at) + ' before: ' + s.text : '\u00a0';
      });
      this.main.setAttribute('aria-valuenow', Math.round(this.t / MS));
      this.main.setAttribute('aria-valuetext', clock(this.t) + '. ' + text);
      const at = this.sceneAt();
      this.sceneButtons.forEach((b, k) => { if (k === at) b.setAttribute('aria-current', 'true'); else b.removeAttribute('aria-current'); });
    }

    // ---- drawing ----

    theme() {
      const css = getComputedStyle(this.root);
      this.c = {};
      for (const n of ['paper', 'ink', 'soft', 'rule', 'band', 'leader', 'leader-ink', 'candidate', 'pre', 'follower', 'follower-rule', 'granted', 'refused', 'ask', 'cut', 'log', 'commit', 'write']) {
        this.c[n] = css.getPropertyValue('--rp-' + n).trim();
      }
      this.font = css.fontFamily || 'sans-serif';
      this.size();
      for (const [c, paint] of this.swatches) {
        const g = pixels(c, 34, 18);
        g.clearRect(0, 0, 34, 18);
        paint(g, 34, 18);
      }
    }

    // size lays out the lanes.
    size() {
      const w = Math.max(200, Math.floor(this.root.clientWidth)), n = this.data.nodes.length;
      const narrow = w < 640, f = w >= 1500 ? 16 : w >= 1000 ? 14 : 12;
      const l = this.lay = { w, narrow, f, left: narrow ? 4 : Math.round(f * 14.5), right: w - 6 };
      l.rows = railsOf(this.data);
      l.rail = f + 8;
      l.top = 4 + l.rail * l.rows.count + (l.rows.count ? 8 : 0);
      l.label = narrow ? f + 6 : 0;
      l.bandH = Math.round(f * 1.9);
      l.logH = this.data.nodes.some(x => x.log) ? Math.round(f * 1.5) : 0;
      l.lane = Math.max(l.label + l.bandH + l.logH + Math.round(f * 1.1), narrow ? 0 : Math.round(f * 5.7));
      l.lanes = l.top + n * l.lane;
      l.axis = l.lanes + f + 10;
      l.plotTop = l.axis + f + 12;
      l.plotH = this.data.writes ? (narrow ? 84 : Math.round(f * 8)) : 0;
      l.h = Math.ceil(l.plotH ? l.plotTop + l.plotH + 14 : l.axis + 6);
      this.main.style.height = l.h + 'px';
      this.g = pixels(this.main, w, l.h);
      l.overH = 34;
      this.o = pixels(this.over, w, l.overH);
    }

    x(t) { const { view, lay } = this; return lay.left + (t - view.from) / (view.to - view.from) * (lay.right - lay.left); }

    timeAt(x) { const { view, lay } = this; return view.from + (x - lay.left) / (lay.right - lay.left) * (view.to - view.from); }

    y(i) { return this.lay.top + i * this.lay.lane + this.lay.label; }

    text(g, s, x, y, color, most, weight = '') {
      g.font = (weight && weight + ' ') + this.lay.f + 'px ' + this.font;
      g.fillStyle = color;
      g.textBaseline = 'middle';
      if (most !== undefined && g.measureText(s).width > most) {
        while (s.length > 1 && g.measureText(s + '…').width > most) s = s.slice(0, -1);
        s += '…';
      }
      g.fillText(s, x, y);
    }

    draw() {
      const { g, lay, c } = this;
      if (!g) return;
      g.clearRect(0, 0, lay.w, lay.h);
      const now = stateAt(this.data, this.t);
      g.save();
      g.beginPath();
      g.rect(lay.left, 0, lay.right - lay.left + 2, lay.h);
      g.clip();
      this.grid();
      this.drawFaults();
      this.data.nodes.forEach((_, i) => this.drawLane(i));
      this.drawLogs();
      if (lay.plotH) this.drawWrites();
      const step = this.data.steps[now.step], said = [];
      for (const a of this.data.arrows) if (step && a[1] === step.at) said.push(a); else this.drawArrow(a);
      this.data.nodes.forEach((_, i) => this.drawWords(i)); // above the arrows
      for (const a of said) this.drawArrow(a, true);
      const x = this.x(this.t);
      g.globalAlpha = 0.55; // what is still to come
      g.fillStyle = c.paper;
      g.fillRect(x, lay.top - 2, lay.right - x + 2, lay.h);
      g.globalAlpha = 1;
      g.restore();
      this.ticks();
      now.nodes.forEach((n, i) => this.drawLabel(n, i, now));
      this.drawCursor(x);
      this.drawOver();
    }

    drawCursor(x) {
      const { g, lay, c } = this;
      g.strokeStyle = c.ink;
      g.lineWidth = 2;
      line(g, x, lay.top - 6, x, lay.h);
      g.fillStyle = c.ink;
      g.beginPath();
      g.moveTo(x - 6, lay.top - 12);
      g.lineTo(x + 6, lay.top - 12);
      g.lineTo(x, lay.top - 3);
      g.fill();
    }

    grid() {
      const { g, lay, c } = this;
      g.strokeStyle = c.rule;
      g.lineWidth = 1;
      for (const t of this.tickTimes()) line(g, this.x(t), lay.top, this.x(t), lay.h);
    }

    tickTimes() {
      const { view, lay } = this, room = lay.narrow ? 90 : 120;
      const step = nice((view.to - view.from) / Math.max(1, (lay.right - lay.left) / room));
      const out = [];
      for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) out.push(t);
      out.step = step;
      return out;
    }

    ticks() {
      const { g, lay, c } = this, all = this.tickTimes();
      const digits = Math.max(0, -Math.floor(Math.log10(all.step / S) + 1e-9));
      g.textAlign = 'center';
      for (const t of all) {
        const s = (t / S).toFixed(digits) + ' s', half = g.measureText(s).width / 2 + 4;
        const x = Math.min(lay.w - half, Math.max(half, this.x(t)));
        this.text(g, s, x, lay.axis - 4, c.soft);
      }
      g.textAlign = 'left';
    }

    drawFaults() {
      const { g, lay, c, data } = this;
      data.faults.forEach((f, i) => {
        const x0 = this.x(f.from), x1 = Math.max(this.x(f.to), x0 + 4), y = 2 + lay.rows.of[i] * lay.rail, h = lay.rail - 4;
        if (x1 < lay.left || x0 > lay.right) return;
        g.globalAlpha = 0.09;
        g.fillStyle = c.cut;
        for (const n of touched(f)) g.fillRect(x0, this.y(n) - lay.label - 2, x1 - x0, lay.lane - 4);
        g.globalAlpha = 1;
        g.fillStyle = c.paper;
        g.fillRect(x0, y, x1 - x0, h);
        g.strokeStyle = c.cut;
        g.lineWidth = 1.5;
        g.strokeRect(x0 + 0.75, y + 0.75, x1 - x0 - 1.5, h - 1.5);
        const from = Math.max(x0, lay.left) + 5, room = Math.min(lay.right, lay.rows.next[i] === undefined ? lay.right : this.x(lay.rows.next[i])) - from - 5;
        if (room > 20) this.text(g, f.text, from, y + h / 2 + 1, c.cut, room, '600');
      });
    }

    drawLane(i) {
      const { g, lay, data } = this, n = data.nodes[i], y = this.y(i);
      n.states.forEach((s, k) => {
        const end = k + 1 < n.states.length ? n.states[k + 1][0] : data.length;
        const x0 = this.x(s[0]), x1 = this.x(end);
        if (x1 < lay.left || x0 > lay.right) return;
        this.band(g, x0, x1, y, lay.bandH, s[1]);
      });
      for (const p of n.paused || []) this.stripes(g, this.x(p[0]), this.x(p[1]), y, lay.bandH, 'paused');
      for (const [from, to, off] of this.apart(i)) this.fence(g, this.x(from), this.x(to), y, lay.bandH, off);
    }

    // drawWords writes into a lane what its member is.
    drawWords(i) {
      const { lay, data } = this, n = data.nodes[i];
      n.states.forEach((s, k) => {
        const x0 = Math.max(lay.left, this.x(s[0])), x1 = Math.min(lay.right, this.x(k + 1 < n.states.length ? n.states[k + 1][0] : data.length));
        if (x1 > x0) this.bandText(s, x0, x1, this.y(i));
      });
    }

    // apart are the stretches in which a member was cut from others.
    apart(i) {
      this.aparts ??= this.data.nodes.map((_, k) => {
        const at = [...new Set(this.data.faults.filter(f => f.cut).flatMap(f => [f.from, f.to]))].sort((a, b) => a - b), out = [];
        at.forEach((t, j) => {
          const lost = unreached(this.data, cutAt(this.data, t), k).length;
          if (lost && j + 1 < at.length) out.push([t, at[j + 1], this.data.nodes.length - lost < this.data.quorum]);
        });
        return out;
      });
      return this.aparts[i];
    }

    // band of a role: its height and its pattern tell it, and its colour too.
    band(g, x0, x1, y, h, role) {
      const { c } = this, w = Math.max(1, x1 - x0);
      const share = [0, 0.5, 0.72, 0.86, 1][role], top = y + h * (1 - share) / 2, tall = h * share;
      g.lineWidth = 1.5;
      if (role === 0) {
        g.strokeStyle = c.soft;
        g.setLineDash([3, 4]);
        line(g, x0, y + h / 2, x1, y + h / 2);
        g.setLineDash([]);
        return;
      }
      g.fillStyle = [, c.follower, c.paper, c.paper, c.leader][role];
      g.fillRect(x0, top, w, tall);
      const color = [, c['follower-rule'], c.pre, c.candidate, c.leader][role];
      if (role === 2 || role === 3) this.hatch(g, x0, x0 + w, top, tall, color, role === 3 ? 5 : 9);
      g.strokeStyle = color;
      g.setLineDash(role === 2 ? [4, 3] : []);
      if (w > 3) g.strokeRect(x0 + 0.75, top + 0.75, w - 1.5, tall - 1.5);
      g.setLineDash([]);
    }

    hatch(g, x0, x1, y, h, color, gap) {
      const from = Math.max(x0, -50), to = Math.min(x1, this.lay ? this.lay.w + 50 : x1);
      g.save();
      g.beginPath();
      g.rect(from, y, Math.max(1, to - from), h);
      g.clip();
      g.strokeStyle = color;
      g.globalAlpha = 0.55;
      g.lineWidth = 1.5;
      for (let x = Math.floor((from - h) / gap) * gap; x < to; x += gap) line(g, x, y + h, x + h, y);
      g.restore();
    }

    // stripes lie over a member whose process is stopped.
    stripes(g, x0, x1, y, h, word) {
      const { c, lay } = this, from = Math.max(x0, -10), to = Math.min(x1, lay.w + 10);
      g.strokeStyle = c.ink;
      g.lineWidth = 2;
      for (let x = from + 3; x < to; x += 9) line(g, x, y + 3, x, y + h - 3);
      if (word && to - from > 60) this.tag(word, Math.max(from, lay.left) + 8, y + h / 2, c.ink);
    }

    // fence lies around a member that is cut from others; doubled, it has no quorum.
    fence(g, x0, x1, y, h, off) {
      const { c } = this;
      g.strokeStyle = c.cut;
      g.lineWidth = off ? 3 : 1.5;
      g.setLineDash(off ? [7, 4] : [2, 4]);
      for (const at of off ? [y - 1, y + h + 1] : [y - 1]) line(g, x0, at, x1, at);
      g.setLineDash([]);
    }

    tag(word, x, y, color) {
      const { g, lay, c } = this;
      g.font = '600 ' + lay.f + 'px ' + this.font;
      const w = g.measureText(word).width + 8;
      g.fillStyle = c.paper;
      g.fillRect(x, y - lay.f / 2 - 3, w, lay.f + 6);
      this.text(g, word, x + 4, y + 1, color, undefined, '600');
    }

    bandText(s, x0, x1, y) {
      const { g, lay, c } = this, room = x1 - x0 - 12, full = WORDS[s[1]] + (s[2] && s[1] ? ', term ' + s[2] : '');
      g.font = (s[1] === 1 ? '' : '600 ') + lay.f + 'px ' + this.font;
      const word = [full, s[1] === 0 ? '✕' : s[2] ? 't' + s[2] : ''].find(t => g.measureText(t).width <= room);
      if (!word) return; // none fits, or there is none
      const middle = y + lay.bandH / 2 + 1;
      if (s[1] === 4) this.text(g, word, x0 + 5, middle, c['leader-ink'], room, '600');
      else if (s[1] === 1) this.text(g, word, x0 + 5, middle, c.ink, room);
      else this.tag(word, x0 + 3, middle - 1, s[1] === 0 ? c.soft : s[1] === 2 ? c.pre : c.candidate);
    }

    drawLabel(n, i, now) {
      const { g, lay, c, data } = this, f = lay.f, top = this.y(i);
      const site = data.nodes[i].site, sign = { leader: '▲', candidate: '◆', 'pre-candidate': '◇', follower: '●', down: '✕' }[n.role];
      const color = { leader: c.leader, candidate: c.candidate, 'pre-candidate': c.pre, follower: c.ink, down: c.soft }[n.role];
      let what = n.running ? n.role + (n.term ? ', term ' + n.term : '') : WORDS[0];
      if (n.paused) what = 'paused ' + what;
      const known = Math.max(0, ...now.nodes.map(o => o.commit || 0)), behind = n.commit === null ? 0 : known - n.commit;
      const log = n.commit === null ? '' : 'log ' + n.log + ', committed ' + n.commit;
      const lack = n.cutOff ? 'cut off: no quorum' : n.unreached.length ? 'cannot reach ' + n.unreached.join(' ') : behind > 20 ? behind + ' entries behind' : '';
      if (lay.narrow) {
        const y = top - lay.label / 2;
        g.globalAlpha = 0.8;
        g.fillStyle = c.paper;
        g.fillRect(0, y - f / 2 - 2, lay.w, f + 4);
        g.globalAlpha = 1;
        this.text(g, sign + ' ' + n.id, 4, y, color, 70, '600');
        const at = 10 + Math.min(70, g.measureText(sign + ' ' + n.id).width);
        this.text(g, [what, lack || log].filter(Boolean).join('; '), at, y, n.cutOff ? c.cut : c.soft, lay.w - at - 4);
        return;
      }
      const room = lay.left - 14, y = top + f * 0.55;
      this.text(g, sign + ' ' + n.id + (site ? ' (' + site + ')' : ''), 2, y, color, room, '600');
      this.text(g, what, 2, y + f * 1.25, color, room);
      [[lack, n.cutOff ? c.cut : c.soft, n.cutOff ? '600' : ''], [log, c.soft, '']].filter(l => l[0]).forEach((l, k) => this.text(g, l[0], 2, y + f * (2.45 + 1.2 * k), l[1], room, l[2]));
    }

    drawLogs() {
      const { g, lay, c, data, view } = this;
      if (!lay.logH) return;
      let low = Infinity, high = -Infinity;
      const parts = data.nodes.map(n => {
        const out = [];
        (n.log || []).forEach((p, k) => {
          const end = k + 1 < n.log.length ? n.log[k + 1][0] : data.length;
          if (end < view.from || p[0] > view.to) return;
          low = Math.min(low, p[2]);
          high = Math.max(high, p[1]);
          out.push([p[0], this.runsUntil(n, p[0], end), p[1], p[2]]);
        });
        return out;
      });
      if (high <= low) high = low + 1;
      parts.forEach((all, i) => {
        const bottom = this.y(i) + lay.bandH + 4 + lay.logH, at = v => bottom - (v - low) / (high - low) * (lay.logH - 2);
        g.strokeStyle = c.rule;
        g.lineWidth = 1;
        line(g, lay.left, bottom, lay.right, bottom);
        for (const [from, to, log, commit] of all) {
          const x0 = this.x(from), x1 = this.x(to);
          g.fillStyle = c.commit;
          g.fillRect(x0, at(commit), Math.max(0.5, x1 - x0), bottom - at(commit));
          g.strokeStyle = c.log;
          g.lineWidth = 1.5;
          line(g, x0, at(log), x1, at(log));
        }
      });
    }

    // runsUntil is when the process that told something at an instant ended, or another
    // instant before.
    runsUntil(n, t, end) {
      for (let i = last(n.states, t) + 1; i < n.states.length && n.states[i][0] < end; i++) if (n.states[i][1] === 0) return n.states[i][0];
      return end;
    }

    logKey(g, w, h) {
      const { c } = this;
      g.fillStyle = c.commit;
      g.fillRect(0, h - 6, w / 2, 5);
      g.fillRect(w / 2, h - 11, w / 2, 10);
      g.strokeStyle = c.log;
      g.lineWidth = 1.5;
      line(g, 0, h - 9, w / 2, h - 9);
      line(g, w / 2, h - 14, w, h - 14);
    }

    // drawArrow draws a message; that which the words above are about stands out.
    drawArrow(a, said) {
      const { lay, g } = this, x0 = this.x(a[0]), x1 = this.x(a[1]);
      if (Math.max(x0, x1) < lay.left - 10 || Math.min(x0, x1) > lay.right + 10) return;
      const half = lay.bandH / 2, y0 = this.y(a[2]) + half, y1 = this.y(a[3]) + half, down = y1 > y0 ? 1 : -1;
      const ends = [x0, y0 + down * half * 0.8, x1, y1 - down * half * 0.55];
      if (said) {
        g.strokeStyle = this.c.paper;
        g.lineWidth = 9;
        line(g, ...ends);
      }
      this.arrow(g, ...ends, a[4], a[5], a[6], said ? 2 : 1);
      if (a[0] <= this.t && this.t < a[1]) { // on its way
        const k = (this.t - a[0]) / (a[1] - a[0]);
        g.fillStyle = this.c.ink;
        g.beginPath();
        g.arc(x0 + (x1 - x0) * k, y0 + (y1 - y0) * k, 5, 0, 7);
        g.fill();
      }
    }

    arrow(g, x0, y0, x1, y1, answer, pre, granted, times = 1) {
      const { c } = this, color = !answer ? c.ask : granted ? c.granted : c.refused;
      const long = Math.hypot(x1 - x0, y1 - y0) || 1, ux = (x1 - x0) / long, uy = (y1 - y0) / long, head = 7;
      g.strokeStyle = g.fillStyle = color;
      g.lineWidth = (answer && granted ? 2 : 1.2) * times;
      g.setLineDash(pre ? [4, 3] : []);
      line(g, x0, y0, x1 - ux * 3, y1 - uy * 3);
      g.setLineDash([]);
      const bx = x1 - ux * head, by = y1 - uy * head;
      g.lineWidth = 1.6;
      if (answer && !granted) { // a cross
        line(g, x1 - 4, y1 - 4, x1 + 4, y1 + 4);
        line(g, x1 - 4, y1 + 4, x1 + 4, y1 - 4);
        return;
      }
      g.beginPath();
      g.moveTo(bx - uy * 4, by + ux * 4);
      g.lineTo(x1, y1);
      g.lineTo(bx + uy * 4, by - ux * 4);
      if (answer) g.fill(); else g.stroke();
    }

    drawWrites() {
      const { g, lay, c, data, view } = this, w = data.writes, top = lay.plotTop, foot = top + lay.plotH;
      this.range ??= tookRange(w);
      const [low, high] = this.range, room = lay.f + 4; // for those that failed
      const y = us => foot - (Math.log(Math.max(us, low)) - Math.log(low)) / (Math.log(high) - Math.log(low)) * (lay.plotH - room);
      g.strokeStyle = c.rule;
      for (let us = low; us <= high; us *= 10) line(g, lay.left, y(us), lay.right, y(us));
      line(g, lay.left, top + 2, lay.right, top + 2);
      for (let i = Math.max(0, last(this.sent, view.from, t => t)); i < this.sent.length && this.sent[i] <= view.to; i++) {
        const o = w.outcomes[i];
        this.dot(g, this.x(this.sent[i]), o === 'a' ? y(w.took[i]) : top + room / 2 - 1, o);
      }
      g.restore(); // the labels stand outside
      g.save();
      const label = us => us >= 1e6 ? us / 1e6 + ' s' : us >= 1e3 ? us / 1e3 + ' ms' : us + ' µs';
      if (lay.narrow) {
        this.text(g, 'client’s writes, time to answer', 6, top - 8, c.soft, lay.w - 10);
        for (let us = low; us <= high / 5; us *= 10) this.text(g, label(us), 6, y(us) - 6, c.soft);
      } else {
        this.text(g, 'client’s writes', 2, top + 6, c.ink, lay.left - 60, '600');
        this.text(g, 'time to answer', 2, top + 6 + lay.f * 1.3, c.soft, lay.left - 60);
        g.textAlign = 'right';
        for (let us = low; us <= high; us *= 10) this.text(g, label(us), lay.left - 6, y(us), c.soft);
        g.textAlign = 'left';
      }
      g.beginPath();
      g.rect(lay.left, 0, lay.right - lay.left + 2, lay.h);
      g.clip();
    }

    // dot is a write: a disc where it was acknowledged, a cross where it failed, a ring
    // where nobody knows.
    dot(g, x, y, outcome) {
      const { c } = this;
      g.lineWidth = 1.6;
      if (outcome === 'f') {
        g.strokeStyle = c.refused;
        line(g, x - 3.5, y - 3.5, x + 3.5, y + 3.5);
        line(g, x - 3.5, y + 3.5, x + 3.5, y - 3.5);
        return;
      }
      g.beginPath();
      g.arc(x, y, outcome === 'a' ? 2 : 3.5, 0, 7);
      g.fillStyle = c.write;
      g.strokeStyle = c.cut;
      if (outcome === 'a') g.fill(); else g.stroke();
    }

    // drawOver is the whole trial in little.
    drawOver() {
      const { o: g, lay, c, data, view } = this, w = lay.w, h = lay.overH, x = t => t / data.length * w;
      g.clearRect(0, 0, w, h);
      g.fillStyle = c.band;
      g.fillRect(0, 0, w, h);
      const row = (h - 8) / data.nodes.length;
      data.nodes.forEach((n, i) => n.states.forEach((s, k) => {
        const x0 = x(s[0]), x1 = x(k + 1 < n.states.length ? n.states[k + 1][0] : data.length), thin = [0.12, 0.4, 0.7, 0.8, 1][s[1]];
        g.fillStyle = [c.soft, c['follower-rule'], c.pre, c.candidate, c.leader][s[1]];
        g.fillRect(x0, 4 + i * row + row * (1 - thin) / 2, Math.max(1, x1 - x0), Math.max(0.8, (row - 1) * thin));
      }));
      g.fillStyle = c.cut;
      for (const f of data.faults) g.fillRect(x(f.from), 0, Math.max(2, x(f.to) - x(f.from)), 3);
      g.strokeStyle = c.ink;
      g.lineWidth = 1.5;
      g.strokeRect(x(view.from) + 0.75, 1, Math.max(4, x(view.to) - x(view.from) - 1.5), h - 2);
      g.lineWidth = 2;
      line(g, x(this.t), 0, x(this.t), h);
    }
  }

  // ---- small help ----

  function line(g, x0, y0, x1, y1) {
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
  }

  // pixels readies a canvas of so many CSS pixels.
  function pixels(canvas, w, h) {
    const d = globalThis.devicePixelRatio || 1;
    if (canvas.width !== Math.round(w * d) || canvas.height !== Math.round(h * d)) {
      canvas.width = Math.round(w * d);
      canvas.height = Math.round(h * d);
    }
    const g = canvas.getContext('2d');
    g.setTransform(d, 0, 0, d, 0, 0);
    return g;
  }

  // nice is 1, 2 or 5 times a power of ten, at least as much as asked for.
  function nice(ns) {
    const p = 10 ** Math.floor(Math.log10(ns));
    return [1, 2, 5, 10].find(k => k * p >= ns) * p;
  }

  // touched are the members that a fault was done to.
  function touched(f) { return new Set(f.nodes); }

  // railsOf gives faults that overlap rows of their own.
  function railsOf(data) {
    const ends = [], of = [], next = [];
    data.faults.forEach((f, i) => {
      let r = ends.findIndex(e => e <= f.from);
      if (r < 0) r = ends.length;
      ends[r] = f.to;
      of[i] = r;
      for (let k = i - 1; k >= 0; k--) if (of[k] === r) { next[k] ??= f.from; break; }
    });
    return { of, next, count: ends.length };
  }

  // sentAt are when writes were sent, in ns.
  function sentAt(data) {
    let at = 0;
    return data.writes ? data.writes.sent.map(us => (at += us) * 1000) : [];
  }

  // tookRange is from one power of ten to another around the times of all writes.
  function tookRange(w) {
    let low = Infinity, high = 0;
    w.took.forEach((us, i) => { if (w.outcomes[i] === 'a') { low = Math.min(low, us); high = Math.max(high, us); } });
    low = 10 ** Math.floor(Math.log10(Math.max(low === Infinity ? 1000 : low, 1)));
    return [low, Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(high, 1))))];
  }

  return { mount, stateAt, advance };
})();
