// The load, drawn as boxes from any side: blocks sorted by what hides what, turned by dragging or keys, loaded step by step.
(() => {
  const canvas = document.getElementById("load"), source = document.getElementById("load-data");
  document.addEventListener("change", (e) => { if (e.target.dataset.box !== undefined) location.href = e.target.dataset.box + (e.target.value ? "&box=" + encodeURIComponent(e.target.value) : ""); });
  document.addEventListener("change", async (e) => { if (e.target.dataset.into && e.target.files[0]) document.getElementById(e.target.dataset.into).value = await e.target.files[0].text(); });
  if (!canvas || !source) return;
  const plan = JSON.parse(source.textContent), $ = (id) => document.getElementById(id);
  const HUES = ["#2f8aa3", "#c08a3e", "#7a6bb0", "#5d9155", "#b0627e", "#5b7390", "#9a9440", "#3f9e8c", "#a3705a", "#6f8fc0"];
  const hue = (item) => HUES[item % HUES.length];
  let load = plan.loads[0], step = load.blocks.length, all = true, yaw = -1.13, pitch = 0.42, zoom = 1;

  const shade = (hex, f) => "rgb(" + [1, 3, 5].map((k) => Math.min(255, Math.round(parseInt(hex.slice(k, k + 2), 16) * f))).join(",") + ")";
  const look = () => ({ d: [Math.cos(pitch) * Math.cos(yaw), Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch)], r: [-Math.sin(yaw), Math.cos(yaw), 0], u: [-Math.sin(pitch) * Math.cos(yaw), -Math.sin(pitch) * Math.sin(yaw), Math.cos(pitch)] });

  // A box is drawn after those it may hide: along an axis that parts two boxes, the one toward the eye comes later. Where two axes disagree neither hides the other.
  function order(boxes, d) {
    const n = boxes.length, after = Array.from({ length: n }, () => []), waits = new Array(n).fill(0);
    for (let a = 0; a < n; a++) for (let b = a + 1; b < n; b++) {
      let says = 0;
      for (let k = 0; k < 3; k++) {
        const sign = d[k] >= 0 ? 1 : -1;
        if (boxes[a].hi[k] <= boxes[b].lo[k]) says |= sign > 0 ? 1 : 2;
        else if (boxes[b].hi[k] <= boxes[a].lo[k]) says |= sign > 0 ? 2 : 1;
      }
      if (says === 1) { after[a].push(b); waits[b]++; } else if (says === 2) { after[b].push(a); waits[a]++; }
    }
    const depth = boxes.map((x) => x.lo.reduce((s, v, k) => s + d[k] * (v + x.hi[k]), 0)), done = [], left = new Set(boxes.keys());
    while (left.size) {
      let next = -1;
      for (const k of left) if (!waits[k] && (next < 0 || depth[k] < depth[next])) next = k;
      if (next < 0) for (const k of left) if (next < 0 || depth[k] < depth[next]) next = k; // a ring of boxes: the farthest first
      left.delete(next); done.push(boxes[next]); after[next].forEach((k) => waits[k]--);
    }
    return done;
  }

  function draw() {
    const ratio = devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight;
    canvas.width = wide * ratio; canvas.height = high * ratio;
    const g = canvas.getContext("2d"), css = getComputedStyle(document.documentElement), ink = css.getPropertyValue("--dim").trim(), accent = css.getPropertyValue("--accent").trim(), card = css.getPropertyValue("--card").trim();
    g.setTransform(ratio, 0, 0, ratio, 0, 0); g.clearRect(0, 0, wide, high); g.lineJoin = "round";
    const { d, r, u } = look(), [L, W, H] = load.box, mid = [L / 2, W / 2, H / 2];
    const flat = (p) => [r.reduce((s, v, k) => s + v * (p[k] - mid[k]), 0), -u.reduce((s, v, k) => s + v * (p[k] - mid[k]), 0)];
    const corners = []; for (const x of [0, L]) for (const y of [0, W]) for (const z of [0, H]) corners.push(flat([x, y, z]));
    const spanX = Math.max(...corners.map((c) => Math.abs(c[0]))), spanY = Math.max(...corners.map((c) => Math.abs(c[1])));
    const scale = zoom * Math.min((wide / 2 - 16) / spanX, (high / 2 - 20) / spanY);
    const at = (p) => { const [x, y] = flat(p); return [wide / 2 + x * scale, high / 2 + y * scale]; };
    const trace = (points) => { g.beginPath(); points.forEach((p, n) => { const [x, y] = at(p); n ? g.lineTo(x, y) : g.moveTo(x, y); }); g.closePath(); };
    const side = (lo, hi, k, near) => { const v = near === d[k] >= 0 ? hi[k] : lo[k], [a, b] = [0, 1, 2].filter((m) => m !== k), put = (p, q) => { const o = [0, 0, 0]; o[k] = v; o[a] = p; o[b] = q; return o; }; return { a, b, put, ring: [put(lo[a], lo[b]), put(hi[a], lo[b]), put(hi[a], hi[b]), put(lo[a], hi[b])] }; };
    // Floor and far walls first.
    for (let k = 0; k < 3; k++) { trace(side([0, 0, 0], [L, W, H], k, false).ring); g.fillStyle = card; g.globalAlpha = k === 2 ? 0.9 : 0.55; g.fill(); g.globalAlpha = 1; g.strokeStyle = ink; g.lineWidth = 1; g.stroke(); }
    const boxes = load.blocks.slice(0, all ? load.blocks.length : step).map((b, n) => ({ n, b, lo: [b[1], b[2], b[3]], hi: [b[1] + b[4] * b[7], b[2] + b[5] * b[8], b[3] + b[6] * b[9]] }));
    const light = [0.86, 0.74, 1.12];
    for (const box of order(boxes, d)) {
      const now = !all && box.n === step - 1, base = hue(box.b[0]);
      for (let k = 0; k < 3; k++) {
        if (Math.abs(d[k]) < 0.02) continue;
        const f = side(box.lo, box.hi, k, true), count = [box.b[7], box.b[8], box.b[9]];
        trace(f.ring); g.fillStyle = shade(base, light[k] * (all || now ? 1 : 0.82)); g.fill();
        g.strokeStyle = "rgba(0,0,0,.38)"; g.lineWidth = 0.6; g.beginPath();
        for (const [m, o] of [[f.a, f.b], [f.b, f.a]]) for (let c = 1; c < count[m]; c++) {
          const v = box.lo[m] + ((box.hi[m] - box.lo[m]) * c) / count[m], p = m === f.a ? [f.put(v, box.lo[o]), f.put(v, box.hi[o])] : [f.put(box.lo[o], v), f.put(box.hi[o], v)];
          g.moveTo(...at(p[0])); g.lineTo(...at(p[1]));
        }
        g.stroke();
        trace(f.ring); g.strokeStyle = now ? accent : "rgba(0,0,0,.62)"; g.lineWidth = now ? 2.6 : 1.1; g.stroke();
      }
    }
    g.setLineDash([3, 4]); g.strokeStyle = ink; g.lineWidth = 1; for (let k = 0; k < 3; k++) { trace(side([0, 0, 0], [L, W, H], k, true).ring); g.stroke(); } g.setLineDash([]);
    g.fillStyle = css.getPropertyValue("--ink").trim(); g.font = "12px system-ui,sans-serif"; g.textAlign = "center";
    for (const [p, text] of [[[L, W / 2, 0], "door"], [[0, W / 2, 0], "back"]]) { const [x, y] = at(p); g.fillText(text, Math.max(18, Math.min(wide - 18, x)), Math.min(high - 6, y + 16)); }
  }

  function tell() {
    const n = load.blocks.length;
    $("step-count").textContent = all ? `all ${n} steps` : `step ${step} of ${n}`;
    $("load-say").textContent = all ? "The whole load. Step through it as it is loaded, from the back wall to the door." : step ? load.steps[step - 1].words : "Empty. The first pieces go to the back wall.";
    [...$("step-list").querySelectorAll("button")].forEach((b, k) => { const here = !all && k === step - 1; b.toggleAttribute("aria-current", here); if (here) b.parentElement.scrollIntoView({ block: "nearest" }); });
    $("step-back").ariaDisabled = String(!all && step === 0);
    $("step-on").ariaDisabled = String(!all && step === n);
  }
  const show = () => { tell(); draw(); };
  function go(to) { const n = load.blocks.length; all = false; step = Math.max(0, Math.min(n, to)); show(); }
  function list() {
    $("step-list").textContent = "";
    load.steps.forEach((s, n) => {
      const li = document.createElement("li"), b = document.createElement("button"), i = document.createElement("i");
      b.type = "button"; i.style.background = hue(load.blocks[n][0]); i.setAttribute("aria-hidden", "true"); b.append(i, `${n + 1}. ${s.pieces} × ${s.name}`); b.addEventListener("click", () => go(n + 1));
      li.append(b); $("step-list").append(li);
    });
    show();
  }
  $("step-back").addEventListener("click", () => go(all ? load.blocks.length - 1 : step - 1));
  $("step-on").addEventListener("click", () => go(all ? 1 : step + 1));
  $("step-all").addEventListener("click", () => { all = true; step = load.blocks.length; show(); });
  $("f-which")?.addEventListener("change", (e) => { load = plan.loads[+e.target.value]; all = true; document.querySelectorAll("[data-load]").forEach((p) => (p.hidden = p.dataset.load !== e.target.value)); list(); });

  let held = null;
  const turn = (x, y) => { yaw += x; pitch = Math.max(-0.1, Math.min(1.5, pitch + y)); draw(); };
  canvas.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => { if (!held) return; turn((held[0] - e.clientX) * 0.009, e.pointerType === "touch" ? 0 : (e.clientY - held[1]) * 0.009); held = [e.clientX, e.clientY]; });
  ["pointerup", "pointercancel"].forEach((kind) => canvas.addEventListener(kind, () => (held = null)));
  canvas.addEventListener("keydown", (e) => {
    const does = { ArrowLeft: () => turn(0.12, 0), ArrowRight: () => turn(-0.12, 0), ArrowUp: () => turn(0, 0.1), ArrowDown: () => turn(0, -0.1), "+": () => ((zoom = Math.min(6, zoom * 1.2)), draw()), "=": () => ((zoom = Math.min(6, zoom * 1.2)), draw()), "-": () => ((zoom = Math.max(0.5, zoom / 1.2)), draw()), PageDown: () => go(all ? 1 : step + 1), PageUp: () => go(all ? load.blocks.length - 1 : step - 1), Home: () => go(0), End: () => $("step-all").click() }[e.key];
    if (does) { e.preventDefault(); does(); }
  });
  new ResizeObserver(draw).observe(canvas);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  canvas.dataset.ready = "1";
  list();
})();
