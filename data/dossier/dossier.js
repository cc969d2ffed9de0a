"use strict";
/* The time line: the marks that stand there already are moved when somebody goes closer or further. Nothing is loaded, nothing is sent. */
(function () {
  var line = document.getElementById("timeline");
  if (!line) return;
  var whole = [Number(line.dataset.a), Number(line.dataset.b)];
  var from = whole[0], to = whole[1];
  var box = line.querySelector(".lanes-box"), said = line.querySelector("output");
  var bars = Array.from(box.querySelectorAll("rect[data-a]")).map(function (e) {
    return { e: e, a: Number(e.dataset.a), b: Number(e.dataset.b) };
  });
  var grids = Array.from(box.querySelectorAll("g.grid")), labels = Array.from(box.querySelectorAll("g.labels"));
  var S = 1000, M = 60 * S, H = 60 * M, D = 24 * H, SVG = "http://www.w3.org/2000/svg";
  var steps = [1, 5, 10, 50, 100, 500, S, 5 * S, 15 * S, 30 * S, M, 5 * M, 15 * M, 30 * M, H, 3 * H, 6 * H, 12 * H, D, 2 * D, 7 * D, 14 * D];
  var months = [1, 3, 6, 12, 24, 60, 120, 240, 600];

  function room() { return Math.max(3, Math.floor(grids[0].ownerSVGElement.clientWidth / 96)); }
  function text(t, step) {
    var s = new Date(t).toISOString();
    if (step >= 360 * D) return s.slice(0, 4);
    if (step >= 28 * D) return s.slice(0, 7);
    if (step >= D) return s.slice(0, 10);
    if (t % D === 0) return s.slice(0, 10);
    if (step >= M) return s.slice(11, 16);
    return step >= S ? s.slice(11, 19) : s.slice(11, 23);
  }
  function ticks() {
    var out = [], n = room(), span = to - from, i, t;
    for (i = 0; i < steps.length; i++)
      if (span / steps[i] <= n) {
        for (t = Math.ceil(from / steps[i]) * steps[i]; t <= to && out.length < 64; t += steps[i]) out.push([t, text(t, steps[i])]);
        return out;
      }
    for (i = 0; i + 1 < months.length && span / (30.4 * D * months[i]) > n; i++);
    var step = months[i], month = Math.floor(new Date(from).getUTCFullYear() * 12 / step) * step;
    for (; out.length < 64; month += step) {
      t = Date.UTC(Math.floor(month / 12), month % 12, 1);
      if (t > to) return out;
      if (t >= from) out.push([t, text(t, step * 30.5 * D)]);
    }
    return out;
  }
  function at(t) { return 100 * (t - from) / (to - from); }
  function made(name, attributes) {
    var e = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (k) { e.setAttribute(k, attributes[k]); });
    return e;
  }
  function draw() {
    bars.forEach(function (v) {
      var x = at(v.a), y = at(v.b), out = y < -1 || x > 101;
      v.e.style.display = out ? "none" : "";
      if (out) return;
      x = Math.max(-1, x);
      v.e.setAttribute("x", x + "%");
      v.e.setAttribute("width", Math.max(0.15, Math.min(101, y) - x) + "%");
    });
    var list = ticks();
    grids.forEach(function (g) {
      g.replaceChildren.apply(g, list.map(function (t) {
        return made("line", { x1: at(t[0]) + "%", x2: at(t[0]) + "%", y1: 0, y2: "100%" });
      }));
    });
    labels.forEach(function (g) {
      g.replaceChildren.apply(g, list.map(function (t) {
        var e = made("text", { x: at(t[0]) + "%", y: 15 });
        if (at(t[0]) > 94) e.setAttribute("class", "last");
        e.textContent = t[1];
        return e;
      }));
    });
    said.textContent = told(from) + " to " + told(to) + " UTC";
  }
  function told(t) {
    var s = new Date(t).toISOString();
    return s.slice(0, 10) + (to - from < 400 * D ? " " + s.slice(11, 19) : "");
  }
  function show(a, b) {
    var span = Math.min(Math.max(b - a, 2 * S), whole[1] - whole[0]), middle = (a + b) / 2;
    from = Math.max(whole[0], Math.min(middle - span / 2, whole[1] - span));
    to = from + span;
    draw();
  }
  function zoom(by, where) {
    var t = from + (to - from) * where;
    show(t - (t - from) * by, t + (to - t) * by);
  }
  function move(part) { show(from + (to - from) * part, to + (to - from) * part); }
  function part(x) {
    var r = grids[0].ownerSVGElement.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - r.left) / r.width));
  }
  var what = {
    in: function () { zoom(0.5, 0.5); }, out: function () { zoom(2, 0.5); }, left: function () { move(-0.3); },
    right: function () { move(0.3); }, all: function () { show(whole[0], whole[1]); }
  };
  var keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", "0": "all" };

  line.classList.add("live");
  line.querySelector(".tools").hidden = false;
  line.querySelector(".hint").hidden = false;
  box.tabIndex = 0;
  line.querySelector(".tools").addEventListener("click", function (v) {
    var wish = v.target.closest("button");
    if (wish) what[wish.dataset.do]();
  });
  line.addEventListener("keydown", function (v) {
    if (v.ctrlKey || v.metaKey || v.altKey || !keys[v.key]) return;
    v.preventDefault();
    what[keys[v.key]]();
  });
  box.addEventListener("wheel", function (v) {
    if (!v.ctrlKey && !v.metaKey && document.activeElement !== box) return;
    v.preventDefault();
    zoom(v.deltaY > 0 ? 1.25 : 0.8, part(v.clientX));
  }, { passive: false });
  var held = null;
  box.addEventListener("pointerdown", function (v) {
    if (v.button === 0 && !v.target.closest("a")) held = { x: v.clientX, a: from, b: to };
  });
  addEventListener("pointermove", function (v) {
    if (!held) return;
    var by = (held.x - v.clientX) / grids[0].ownerSVGElement.clientWidth * (held.b - held.a);
    line.classList.add("drag");
    show(held.a + by, held.b + by);
  });
  addEventListener("pointerup", function () { held = null; line.classList.remove("drag"); });
  addEventListener("pointercancel", function () { held = null; line.classList.remove("drag"); });
  addEventListener("resize", draw);
  draw();
})();
addEventListener("beforeprint", function () {
  document.querySelectorAll("details").forEach(function (e) { e.open = true; });
});
