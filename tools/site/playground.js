// The playground: a filter on a graph of twelve nodes. The numbers that the page needs, the graphs
// with their eigenvalues among them, stand in `data-playground`; nbs/74_playground.ipynb puts them
// there, and runs the first half of this file with node to compare it with the package.
(() => {
  const ORDER = 4, LAYERS = 16;
  const JACOBI = { jacobi: [1, 1], chebyshev: [-0.5, -0.5], legendre: [0, 0] };

  // P_k = (A x + B) P_{k-1} - C P_{k-2}, for degrees 1 to ORDER
  function recurrence(basis) {
    if (basis === "monomial") return Array(ORDER).fill([1, 0, 0]);
    const [a, b] = JACOBI[basis], steps = [[(a + b + 2) / 2, (a - b) / 2, 0]];
    for (let k = 2; k <= ORDER; k++) {
      const c = 2 * k + a + b, n = 2 * k * (k + a + b);
      steps.push([c * (c - 1) / n, (c - 1) * (a * a - b * b) / (n * (c - 2)), 2 * (k + a - 1) * (k + b - 1) * c / (n * (c - 2))]);
    }
    return steps;
  }

  const times = (M, x) => M.map(row => row.reduce((sum, m, j) => sum + m * x[j], 0));
  const across = (M, x) => M[0].map((_, j) => M.reduce((sum, row, i) => sum + row[j] * x[i], 0));
  const mul = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
  const div = ([a, b], [c, d]) => { const n = c * c + d * d; return [(a * c + b * d) / n, (b * c - a * d) / n]; };

  // Σ θ_k P_k(z), `step` multiplies by z: numbers, complex numbers and vectors alike
  function series(theta, basis, one, step) {
    let before = one.map(() => 0), p = one, sum = one.map(v => theta[0] * v);
    recurrence(basis).forEach(([A, B, C], k) => {
      const shifted = step(p), next = p.map((v, i) => A * shifted[i] + B * v - C * before[i]);
      [before, p] = [p, next];
      sum = sum.map((v, i) => v + theta[k + 1] * next[i]);
    });
    return sum;
  }

  // the response at a complex number z, or of a singular value
  function response(s, z) {
    if (s.kind === "softmax") return z;
    if (s.kind !== "resolvent") return series(s.theta, s.basis, [1, 0], p => mul(p, z));
    const walk = div(z, [1 - s.alpha * z[0], -s.alpha * z[1]]), c = s.theta[1] * (1 - s.alpha);
    return [s.theta[0] + c * walk[0], c * walk[1]];
  }

  // Gaussian elimination with pivots
  function solve(M, y) {
    const rows = M.map((row, i) => [...row, y[i]]), n = rows.length;
    for (let k = 0; k < n; k++) {
      let top = k;
      for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[top][k])) top = i;
      [rows[k], rows[top]] = [rows[top], rows[k]];
      for (let i = k + 1; i < n; i++) {
        const f = rows[i][k] / rows[k][k];
        for (let j = k; j <= n; j++) rows[i][j] -= f * rows[k][j];
      }
    }
    const x = Array(n);
    for (let k = n - 1; k >= 0; k--)
      x[k] = (rows[k][n] - x.slice(k + 1).reduce((sum, v, j) => sum + rows[k][k + 1 + j] * v, 0)) / rows[k][k];
    return x;
  }

  // f(A) x
  function apply(s, { A, U, sigma, V }, x) {
    if (s.kind === "softmax") return times(A, x);
    if (s.kind === "polynomial") return series(s.theta, s.basis, x, p => times(A, p));
    if (s.kind === "singular") {
      const parts = across(V, x);
      return times(U, parts.map((v, i) => v * response(s, [sigma[i], 0])[0]));
    }
    const shifted = times(A, x), c = s.theta[1] * (1 - s.alpha);
    const walk = solve(A.map((row, i) => row.map((v, j) => (i === j) - s.alpha * v)), shifted);
    return x.map((v, i) => s.theta[0] * v + c * walk[i]);
  }

  // share of a signal that differs between nodes: 1 without a mean, 0 for a constant
  function difference(x) {
    const mean = x.reduce((a, b) => a + b) / x.length, all = x.reduce((a, b) => a + b * b, 0);
    return all ? x.reduce((a, b) => a + (b - mean) ** 2, 0) / all : 0;
  }

  function start(s, data) {
    if (s.signal === "one") return data.noise.map((_, i) => +(i === s.node));
    return s.signal === "alternating" ? data.noise.map((_, i) => 1 - i % 2) : data.noise;
  }

  const POINTS = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];

  function compute(data, s) {
    const graph = data.graphs[s.graph], softmax = { ...s, kind: "softmax" }, layers = [[], []];
    for (const [i, one] of [s, softmax].entries()) {
      layers[i].push(start(s, data));
      for (let k = 0; k < LAYERS; k++) layers[i].push(apply(one, graph, layers[i][k]));
    }
    const before = s.kind === "singular" ? graph.sigma.map(v => [v, 0]) : graph.eig;
    const points = s.kind === "singular" ? POINTS.filter(z => z >= 0) : POINTS;
    return {
      start: layers[0][0], filtered: layers[0][s.depth], softmax: layers[1][s.depth],
      before, after: before.map(z => response(s, z)),
      curve: layers.map(xs => xs.map(difference)),
      response: points.map(z => [z, response(s, [z, 0])[0]]),
    };
  }

  if (typeof module !== "undefined") { module.exports = { compute }; return; }

  // ---------------------------------------------------------------------------------- the page
  const box = document.querySelector("[data-playground]");
  if (!box) return;
  const data = JSON.parse(box.dataset.playground), n = data.noise.length;
  const colourOf = kind => data.colours[{ softmax: "softmax", singular: "agf" }[kind] || "exact"];
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  const KINDS = {
    polynomial: "polynomial of the graph, exact", resolvent: "resolvent (PageRank), exact",
    singular: "singular-value filter, AGF's model", softmax: "softmax attention, f(z) = z",
  };
  const GRAPHS = {
    pointers: "pointers: each listens to the one before", ring: "ring: each listens to itself and both neighbours",
    attention: "attention between random tokens",
  };
  const SIGNALS = { one: "1 at one node", noise: "random", alternating: "1 at every other node" };
  const BASES = { monomial: "powers", chebyshev: "Chebyshev", legendre: "Legendre", jacobi: "Jacobi (1, 1)" };
  const usual = { graph: "pointers", kind: "polynomial", basis: "monomial", theta: [0, 1, 0, 0, 0], alpha: 0.5, signal: "one", node: 0, hops: 2, depth: 1, view: "line" };
  const PRESETS = {
    "softmax attention": { kind: "softmax" },
    "two hops": { kind: "polynomial", basis: "monomial", theta: [0, 0, 1, 0, 0] },
    "high-pass": { kind: "polynomial", basis: "monomial", theta: [1, -1, 0, 0, 0] },
    "PageRank": { kind: "resolvent", theta: [0.1, 1, 0, 0, 0], alpha: 0.8 },
    "singular values": { kind: "singular", basis: "legendre", theta: [0, 0, 1, 0, 0] },
  };
  const state = { ...usual, theta: [...usual.theta] };

  const options = list => Object.entries(list).map(([v, text]) => `<option value="${v}">${text}</option>`).join("");
  const menu = (key, label, list) => `<label>${label}<select name="${key}">${options(list)}</select></label>`;
  const slider = (key, label, min, max, step) => `<label class="pg-${key}"><span>${label} <output name="${key}-value"></output></span><input type="range" name="${key}" min="${min}" max="${max}" step="${step}"></label>`;
  const numbers = k => Object.fromEntries([...Array(k).keys()].map(i => [i, i]));
  const picture = (name, title, w, h) => `<figure class="pg-${name}"><svg viewBox="0 0 ${w} ${h}" role="img"></svg><figcaption>${title}</figcaption></figure>`;

  box.innerHTML = `
    <div class="pg-presets" role="group" aria-label="Examples">${Object.keys(PRESETS).map(p => `<button type="button">${p}</button>`).join("")}</div>
    <form class="pg-controls" autocomplete="off">
      ${menu("kind", "Filter", KINDS)}${menu("basis", "Basis", BASES)}${menu("graph", "Graph", GRAPHS)}${menu("signal", "Signal", SIGNALS)}
      ${menu("node", "Start node", numbers(n))}${menu("hops", "Task: hops", { 1: 1, 2: 2, 3: 3, 4: 4 })}
      ${menu("view", "Response on", { line: "the real line", circle: "the unit circle" })}
      ${slider("alpha", "α", 0, 0.95, 0.05)}
      <fieldset class="pg-taps"><legend>Taps</legend>${[...Array(ORDER + 1).keys()].map(k => slider(`theta${k}`, "<b></b><br>", -1.5, 1.5, 0.05)).join("")}</fieldset>
      <div class="pg-layers">${slider("depth", "Layers", 0, LAYERS, 1)}<button type="button" name="play">Play the layers</button></div>
    </form>
    <div class="pg-panels">
      <div class="pg-words"><p class="pg-formula"></p><p class="pg-task" aria-live="polite"></p></div>
      ${picture("graph", "The signal on the graph: full is positive, a ring is negative", 300, 250)}
      ${picture("response", "The response (dotted: f(z) = z), and its value at each real eigenvalue", 300, 210)}
      ${picture("spectrum", "Eigenvalues in the unit disc: of the graph (rings), and after the filter (dots)", 300, 210)}
      ${picture("bars", "The signal: start (line), softmax attention, filter", 300, 210)}
      ${picture("depth", "Share of the signal’s energy in differences between nodes, by layers", 300, 210)}
    </div>
    <details class="pg-numbers"><summary>The numbers</summary><div></div></details>`;
  const form = box.querySelector("form"), get = name => form.elements[name];
  const svg = name => box.querySelector(`.pg-${name} svg`);

  // text and lines of the pictures
  const text = (x, y, what, anchor = "middle", more = "") => `<text x="${x}" y="${y}" text-anchor="${anchor}" ${more}>${what}</text>`;
  const line = (x1, y1, x2, y2, more = "") => `<line x1="${x1.toFixed(2)}" y1="${y1.toFixed(2)}" x2="${x2.toFixed(2)}" y2="${y2.toFixed(2)}" ${more}/>`;
  const dot = (x, y, r, more) => `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${r}" ${more}/>`;
  const path = (points, more) => `<polyline fill="none" points="${points.map(p => p.map(v => v.toFixed(2)).join()).join(" ")}" ${more}/>`;
  const grey = 'stroke="#999" stroke-width="1"';
  const round = v => +v.toPrecision(3);

  function axes(x0, x1, y0, y1, xlabel, marks = 1) {
    const X = v => 34 + (v - x0) / (x1 - x0) * 256, Y = v => 178 - (v - y0) / (y1 - y0) * 166;
    const ys = marks ? [y0, (y0 + y1) / 2, y1] : [];
    const frame = line(34, Y(Math.max(y0, 0)), 290, Y(Math.max(y0, 0)), grey) + line(34, 12, 34, 178, grey)
      + ys.map(v => text(30, Y(v) + 4, round(v), "end")).join("")
      + text(162, 206, xlabel) + text(34, 192, round(x0)) + text(290, 192, round(x1), "end");
    return { X, Y, frame };
  }

  function drawResponse(out, s, colour) {
    const singular = s.kind === "singular", circle = s.view === "circle" && !singular;
    const [x0, x1] = circle ? [0, 180] : [singular ? 0 : -1, Math.max(1, ...out.before.map(z => z[0]))];
    const f = x => circle ? Math.hypot(...response(s, [Math.cos(x * Math.PI / 180), Math.sin(x * Math.PI / 180)])) : response(s, [x, 0])[0];
    const xs = [...Array(121).keys()].map(i => x0 + (x1 - x0) * i / 120), ys = xs.map(f);
    const top = Math.max(1, ...ys.map(Math.abs)), { X, Y, frame } = axes(x0, x1, circle ? 0 : -top, top, circle ? "angle in degrees; the height is |f|" : singular ? "singular value σ" : "eigenvalue z");
    const own = circle ? [] : out.before.map((z, i) => [z, out.after[i]]).filter(([z]) => Math.abs(z[1]) < 1e-9);
    return frame + path(xs.map(x => [X(x), Y(circle ? 1 : x)]), 'stroke="#999" stroke-dasharray="3 3"')
      + path(xs.map((x, i) => [X(x), Y(ys[i])]), `stroke="${colour}" stroke-width="2.5"`)
      + own.map(([z, w]) => dot(X(z[0]), Y(w[0]), 3.5, `fill="${colour}"`)).join("");
  }

  function drawSpectrum(out, s, colour) {
    const far = Math.max(1, ...out.before.map(z => Math.hypot(...z)), ...out.after.map(z => Math.hypot(...z)));
    const R = 92 / far, X = z => 150 + R * z[0], Y = z => 105 - R * z[1];
    return dot(150, 105, R, `fill="none" ${grey}`) + line(46, 105, 254, 105, grey) + line(150, 6, 150, 204, grey)
      + text(153 + R, 118, "1", "start") + out.before.map((z, i) => {
        const w = out.after[i];
        return line(X(z), Y(z), X(w), Y(w), 'stroke="#bbb"') + dot(X(z), Y(z), 4, 'fill="none" stroke="#666" stroke-width="1.2"');
      }).join("") + out.after.map(w => dot(X(w), Y(w), 3.2, `fill="${colour}"`)).join("");
  }

  const place = i => [150 + 88 * Math.sin(2 * Math.PI * i / n), 125 - 88 * Math.cos(2 * Math.PI * i / n)];

  function drawGraph(out, s, colour) {
    const A = data.graphs[s.graph].A, top = Math.max(1, ...out.filtered.map(Math.abs));
    let marks = '<defs><marker id="pg-arrow" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="5" markerHeight="5" orient="auto"><path d="M0 0L6 3L0 6z" fill="#777"/></marker></defs>';
    A.forEach((row, i) => row.forEach((a, j) => {
      if (i === j || a < 0.11) return;
      const [x, y] = place(j), [u, v] = place(i), far = Math.hypot(u - x, v - y), e = [(u - x) / far, (v - y) / far];
      marks += line(x + 14 * e[0], y + 14 * e[1], u - 15 * e[0], v - 15 * e[1], `stroke="#777" stroke-width="${(0.6 + 1.6 * a).toFixed(2)}" opacity="${Math.min(1, 0.25 + a).toFixed(2)}" marker-end="url(#pg-arrow)"`);
    }));
    const goal = taskTarget(s);
    out.filtered.forEach((y, i) => {
      const [u, v] = place(i), r = 12 * Math.sqrt(Math.abs(y) / top), out_ = [150 + 110 * (u - 150) / 88, 129 + 110 * (v - 125) / 88];
      marks += dot(u, v, 13, `data-node="${i}" fill="#fff" fill-opacity="0.01" stroke="${i === goal ? "#117733" : "#999"}" stroke-width="${i === goal ? 3 : 1}"`);
      if (r > 0.4) marks += y > 0 ? dot(u, v, r.toFixed(2), `fill="${colour}" pointer-events="none"`) : dot(u, v, Math.max(0.5, r - 1.2).toFixed(2), `fill="none" stroke="${colour}" stroke-width="2.4" pointer-events="none"`);
      marks += text(...out_, i, "middle", out.start[i] && s.signal === "one" ? 'font-weight="700"' : "");
    });
    return marks;
  }

  function drawBars(out, s, colour) {
    const top = Math.max(1, ...[out.start, out.filtered, out.softmax].flat().map(Math.abs)), { X, Y, frame } = axes(0, n, -top, top, "node");
    const bar = (i, v, shift, fill) => `<rect x="${(X(i) + shift).toFixed(2)}" width="7" y="${Math.min(Y(0), Y(v)).toFixed(2)}" height="${Math.abs(Y(v) - Y(0)).toFixed(2)}" fill="${fill}"/>`;
    return frame.replace(/<text[^>]*y="192"[^>]*>[^<]*<\/text>/g, "") + out.start.map((v, i) => line(X(i) + 2, Y(v), X(i) + 19, Y(v), 'stroke="#999" stroke-width="1.5"')
      + bar(i, out.softmax[i], 3, colourOf("softmax")) + (s.kind === "softmax" ? "" : bar(i, out.filtered[i], 11, colour)) + text(X(i + 0.5), 192, i)).join("");
  }

  function drawDepth(out, s, colour) {
    const { X, Y, frame } = axes(0, LAYERS, 0, 1, "layers"), [own, softmax] = out.curve;
    const curve = (ys, c, w) => path(ys.map((y, k) => [X(k), Y(y)]), `stroke="${c}" stroke-width="${w}"`) + dot(X(s.depth), Y(ys[s.depth]), 4, `fill="${c}"`);
    return frame + line(X(s.depth), 12, X(s.depth), 178, 'stroke="#bbb" stroke-dasharray="2 3"') + curve(softmax, colourOf("softmax"), 1.6) + (s.kind === "softmax" ? "" : curve(own, colour, 2.5));
  }

  const taskTarget = s => s.signal === "one" && s.graph === "pointers" ? (s.node + s.hops) % n : -1;
  const brightest = x => x.reduce((best, v, i) => Math.abs(v) > Math.abs(x[best]) ? i : best, 0);
  const reached = x => x.map((v, i) => Math.abs(v) >= 0.1 ? i : -1).filter(i => i >= 0).join(", ") || "none";
  const percent = v => `${(100 * v).toFixed(v < 0.0995 ? 1 : 0)} %`;

  function words(out, s) {
    const layers = s.depth === 1 ? "one layer" : `${s.depth} layers`, [own, softmax] = out.curve;
    const goal = taskTarget(s), done = goal === brightest(out.filtered) && Math.abs(out.filtered[goal]) >= 0.1;
    const task = goal < 0 ? "" : done
      ? `<strong class="pg-done">✓ Solved: node ${goal}, ${s.hops} on from ${s.node}, is the brightest.</strong>`
      : `<strong>Task: make node ${goal}, ${s.hops} on from ${s.node}, the brightest.</strong>`;
    const near = s.signal === "one" ? `<br>Nodes reached, with at least 0.1: by softmax attention ${reached(out.softmax)}${s.kind === "softmax" ? "" : `; by the filter ${reached(out.filtered)}`}.` : "";
    const left = `<br>After ${layers}, differences between nodes make up ${percent(softmax[s.depth])} of the signal's energy with softmax attention${s.kind === "softmax" ? "" : `, ${percent(own[s.depth])} with the filter`}.`;
    return task + left + near;
  }

  const SUB = "₀₁₂₃₄";
  function formula(s) {
    if (s.kind === "softmax") return "f(z) = z";
    if (s.kind === "resolvent") return `f(z) = ${s.theta[0]} + ${s.theta[1]} (1 − α) z / (1 − α z),  α = ${s.alpha}`;
    const z = s.kind === "singular" ? "σ" : "z", names = s.basis === "monomial" ? ["", z, `${z}²`, `${z}³`, `${z}⁴`] : [...SUB].map((k, i) => i ? `P${k}(${z})` : "");
    const parts = s.theta.map((t, k) => t && `${Math.abs(t) === 1 && k ? (t < 0 ? "−" : "") : String(t).replace("-", "−")}${k ? (Math.abs(t) === 1 ? "" : " ") + names[k] : ""}`).filter(Boolean);
    return `${s.kind === "singular" ? "g(σ)" : "f(z)"} = ${parts.join(" + ").replaceAll("+ −", "− ") || 0}`;
  }

  const full = v => String(+v.toPrecision(10)).replace("-", "−");
  const rows = (name, heads, cells) => `<table data-name="${name}"><thead><tr>${heads.map(h => `<th>${h}</th>`).join("")}</tr></thead><tbody>${cells.map(r => `<tr>${r.map(v => `<td>${full(v)}</td>`).join("")}</tr>`).join("")}</tbody></table>`;

  function tables(out, s) {
    const value = s.kind === "singular" ? "singular value" : "eigenvalue";
    return rows("signal", ["node", "start", "softmax attention", "filter"], out.start.map((v, i) => [i, v, out.softmax[i], out.filtered[i]]))
      + rows("spectrum", [`${value}, real`, "imaginary", "filtered, real", "imaginary"], out.before.map((z, i) => [...z, ...out.after[i]]))
      + rows("response", ["z", "response"], out.response)
      + rows("differences", ["layers", "softmax attention", "filter"], out.curve[0].map((v, k) => [k, out.curve[1][k], v]));
  }

  function show() {
    const s = state, out = compute(data, s), colour = colourOf(s.kind), taps = s.kind === "polynomial" || s.kind === "singular";
    for (const key of ["kind", "basis", "graph", "signal", "node", "hops", "view", "alpha", "depth"]) get(key).value = s[key];
    s.theta.forEach((t, k) => {
      const input = get(`theta${k}`), name = taps ? (s.basis === "monomial" ? "w" : "θ") + SUB[k] : ["w₀", "c"][k];
      input.value = t;
      input.closest("label").hidden = !name || s.kind === "softmax";
      input.closest("label").querySelector("b").textContent = name;
      get(`theta${k}-value`).value = t.toFixed(2).replace("-", "−");
    });
    get("alpha-value").value = s.alpha.toFixed(2);
    get("depth-value").value = s.depth;
    get("basis").disabled = !taps;
    get("view").disabled = s.kind === "singular";
    get("node").disabled = s.signal !== "one";
    get("hops").disabled = taskTarget(s) < 0;
    form.querySelector(".pg-taps").hidden = s.kind === "softmax";
    form.querySelector(".pg-alpha").hidden = s.kind !== "resolvent";
    box.style.setProperty("--pg-colour", colour);
    box.querySelector(".pg-formula").textContent = formula(s);
    box.querySelector(".pg-task").innerHTML = words(out, s);
    box.querySelector(".pg-numbers div").innerHTML = tables(out, s);
    const draw = { response: drawResponse, spectrum: drawSpectrum, graph: drawGraph, bars: drawBars, depth: drawDepth };
    for (const [name, make] of Object.entries(draw)) {
      svg(name).innerHTML = make(out, s, colour);
      svg(name).setAttribute("aria-label", `${svg(name).nextElementSibling.textContent}; the values stand under “The numbers”`);
    }
  }

  form.addEventListener("input", ({ target: { name, value } }) => {
    if (name.startsWith("theta")) state.theta[name.slice(5)] = +value;
    else state[name] = ["node", "hops", "depth", "alpha"].includes(name) ? +value : value;
    show();
  });
  form.addEventListener("submit", e => e.preventDefault());
  svg("graph").addEventListener("click", e => {
    const node = e.target.dataset.node;
    if (node) { Object.assign(state, { node: +node, signal: "one" }); show(); }
  });
  box.querySelector(".pg-presets").addEventListener("click", e => {
    const chosen = PRESETS[e.target.textContent];
    if (chosen) { Object.assign(state, chosen, chosen.theta && { theta: [...chosen.theta] }); show(); }
  });
  let timer;
  function stop() { clearInterval(timer); timer = undefined; get("play").textContent = "Play the layers"; }
  get("play").onclick = () => {
    if (timer) return stop();
    state.depth = still.matches ? LAYERS : 0;
    show();
    if (still.matches) return;   // no animation is wanted: straight to the last layer
    get("play").textContent = "Stop";
    timer = setInterval(() => { state.depth += 1; show(); if (state.depth >= LAYERS) stop(); }, 450);
  };
  document.getElementById("fig-playground")?.closest(".cell, figure, .quarto-figure")?.setAttribute("hidden", "");
  show();
})();
