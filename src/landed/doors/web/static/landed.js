// Sends what people do to the server (data-do) and puts the panels it answers into place; tooltips, keys, drawer and search live here.
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const kept = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  if (kept) root.dataset.theme = kept;
  let from = null; // what had the focus before the drawer opened

  function send(what) {
    document.body.dataset.sent = performance.now();
    if (typeof emitEvent === "function" && window.landedReady) emitEvent("landed", what);
    else if (what.href) location.href = what.href;
    else (window.landedQueue ||= []).push(what);
  }
  function toast(text) { const t = $("toast"); t.textContent = text; clearTimeout(toast.timer); toast.timer = setTimeout(() => (t.textContent = ""), 2600); }
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); }
    catch { const a = document.createElement("textarea"); a.value = text; document.body.append(a); a.select(); document.execCommand("copy"); a.remove(); }
    toast("Copied");
  }
  function close() {
    if ($("drawer").hidden) return;
    $("drawer").hidden = $("shade").hidden = true;
    from?.isConnected && from.focus();
  }

  window.landed = {
    ready() { window.landedReady = true; document.body.dataset.ready = "1"; (window.landedQueue || []).splice(0).forEach(send); send({ do: "ready" }); },
    put(parts, url, push) {
      const focus = document.activeElement?.id || document.activeElement?.dataset?.name;
      for (const [id, html] of Object.entries(parts)) {
        const place = $(id);
        if (!place) continue;
        const open = [...place.querySelectorAll("details[open][id]")].map((d) => d.id);
        place.innerHTML = html;
        open.forEach((d) => $(d) && ($(d).open = true));
      }
      if (url && url !== location.pathname + location.search) history[push ? "pushState" : "replaceState"]({}, "", url);
      if (focus && document.activeElement === document.body) ($(focus) || document.querySelector(`[data-name="${CSS.escape(focus)}"]`))?.focus({ preventScroll: true });
      hideTip();
      document.body.dataset.took = Math.round((performance.now() - Number(document.body.dataset.sent || performance.now())) * 10) / 10;
      document.body.dataset.round = Number(document.body.dataset.round || 0) + 1;
    },
    drawer(html) {
      from = document.activeElement;
      $("drawer-body").innerHTML = html;
      $("drawer").hidden = $("shade").hidden = false;
      $("drawer").querySelector(".close").focus();
    },
    toast,
  };

  if (!document.body.hasAttribute("data-plain")) {
    const wait = setInterval(() => { if (window.did_handshake && typeof emitEvent === "function" && typeof getElement === "function" && getElement(0)) { clearInterval(wait); landed.ready(); } }, 15);
  }

  document.addEventListener("click", (e) => {
    const c = e.target.closest("[data-copy]");
    if (c) return void copy(c.dataset.copy);
    if (e.target.closest("#theme")) {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private mode */ }
      return;
    }
    const t = e.target.closest("[data-do]");
    if (!t || t.tagName === "FORM") return;
    if (t.tagName === "A") e.preventDefault();
    const what = { ...t.dataset };
    if (what.do === "close") return close();
    if (what.do === "share") return void copy(location.href);
    if (what.do === "pick") return pick(t);
    delete what.tip;
    send(what);
    if (what.do === "origin" || what.do === "code") $("main").scrollIntoView({ block: "start" });
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.id === "ask") {
      if (!window.landedReady) return;
      e.preventDefault();
      shut();
      send({ do: "ask", ...Object.fromEntries(new FormData(form)) });
    } else if (form.dataset.do) {
      e.preventDefault();
      send({ ...form.dataset, ...Object.fromEntries(new FormData(form)) });
    }
  });
  document.addEventListener("change", (e) => {
    if (e.target.id === "currency") { document.querySelector(".f-rate").hidden = e.target.value === "USD"; document.querySelector(".f-rate label").textContent = `USD for one ${e.target.value}`; if (e.target.value !== "USD") $("rate").focus(); }
    if (e.target.dataset.change) send({ do: e.target.dataset.change, value: e.target.value });
    if (e.target.dataset.go) location.href = e.target.dataset.go + encodeURIComponent(e.target.value);
    if (e.target.closest("#ask") && ["origin", "on"].includes(e.target.id) && e.target.value && window.landedReady && $("code").value && $("value").value) send({ do: "ask", ...Object.fromEntries(new FormData($("ask"))) });
  });
  document.addEventListener("input", (e) => {
    if (e.target.id === "code") { clearTimeout(suggest.timer); suggest.timer = setTimeout(suggest, 110); }
    if (e.target.dataset.filter) {
      const words = e.target.value.toLowerCase();
      $(e.target.dataset.filter).querySelectorAll("tbody tr, [data-row]").forEach((r) => (r.hidden = !r.textContent.toLowerCase().includes(words)));
    }
  });
  window.addEventListener("popstate", () => send({ do: "address", query: location.search.slice(1), href: location.href }));

  // The one box: codes by words, and what was understood of a sentence.
  async function suggest() {
    const box = $("code"), q = box.value.trim();
    if (q.length < 2) return shut();
    let found;
    try { found = await (await fetch(`/suggest?q=${encodeURIComponent(q)}&on=${encodeURIComponent($("on").value)}`)).json(); } catch { return; }
    if (box.value.trim() !== q || document.activeElement !== box) return;
    const list = $("found");
    list.textContent = "";
    found.hits.forEach((h, n) => {
      const o = document.createElement("div"), b = document.createElement("b"), s = document.createElement("span");
      o.id = `hit-${n}`; o.setAttribute("role", "option"); o.setAttribute("aria-selected", "false"); o.dataset.do = "pick"; o.dataset.value = h.code;
      b.textContent = h.code; s.textContent = h.title; o.append(b, s); list.append(o);
    });
    list.hidden = !found.hits.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    const said = $("understood");
    said.textContent = found.understood ? `Understood: ${found.understood}` : "";
    said.hidden = !found.understood;
    window.landedUnderstood = found.fields;
  }
  function shut() { const l = $("found"); if (l) { l.hidden = true; $("code").setAttribute("aria-expanded", "false"); $("code").removeAttribute("aria-activedescendant"); } }
  function pick(option) {
    const fields = window.landedUnderstood || {};
    $("code").value = option.dataset.value;
    for (const name of ["origin", "value", "on"]) if (fields[name]) $(name).value = fields[name];
    shut();
    $("ask").requestSubmit();
  }
  function walk(step) {
    const all = [...$("found").children], now = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    all.forEach((o) => o.setAttribute("aria-selected", "false"));
    const to = all[(now + step + all.length) % all.length];
    to.setAttribute("aria-selected", "true"); to.scrollIntoView({ block: "nearest" }); $("code").setAttribute("aria-activedescendant", to.id);
  }

  document.addEventListener("keydown", (e) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
    if (e.key === "Escape") { shut(); hideTip(); close(); }
    else if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) { const box = $("code") || $("search"); if (box) { e.preventDefault(); box.focus(); box.select(); } }
    else if (e.target.id === "code" && !$("found").hidden && (e.key === "ArrowDown" || e.key === "ArrowUp")) { e.preventDefault(); walk(e.key === "ArrowDown" ? 1 : -1); }
    else if (e.target.id === "code" && e.key === "Enter" && !$("found").hidden) { const o = $("found").querySelector("[aria-selected=true]"); if (o) { e.preventDefault(); pick(o); } }
    else if (e.key === "Tab" && !$("drawer").hidden) {
      const all = [...$("drawer").querySelectorAll("a[href],button")], first = all[0], last = all[all.length - 1];
      if (e.shiftKey && document.activeElement === first) { e.preventDefault(); last.focus(); } else if (!e.shiftKey && document.activeElement === last) { e.preventDefault(); first.focus(); }
    }
    else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && e.target.closest("[data-arrows]")) {
      const all = [...e.target.closest("[data-arrows]").querySelectorAll("button.row, a.row")], to = all[all.indexOf(e.target) + (e.key === "ArrowDown" ? 1 : -1)];
      if (to) { e.preventDefault(); to.focus(); }
    }
    else if ((e.key === "ArrowLeft" || e.key === "ArrowRight") && e.target.id === "plot") {
      e.preventDefault();
      const all = steps(), next = Math.min(Math.max((spot.now ?? (e.key === "ArrowRight" ? -1 : all.length)) + (e.key === "ArrowRight" ? 1 : -1), 0), all.length - 1);
      const f = e.target.querySelector(".field").getBoundingClientRect();
      spot(next, f.left + (f.width * (all[next][0] + all[next][1] / 2)) / 100, f.top + 20);
    }
  });

  // Tooltips, and the step under the pointer.
  const tip = () => $("tip");
  function showTip(text, x, y) {
    const t = tip(); t.textContent = text; t.hidden = false;
    const r = t.getBoundingClientRect();
    t.style.left = Math.max(6, Math.min(x + 14, innerWidth - r.width - 6)) + "px";
    t.style.top = (y + 16 + r.height > innerHeight ? Math.max(6, y - r.height - 12) : y + 16) + "px";
  }
  function hideTip() { const t = tip(); if (t) t.hidden = true; spot.now = undefined; const s = $("spot"); if (s) s.setAttribute("width", 0); }
  const steps = () => JSON.parse(document.querySelector("#plot .steps").textContent);
  function spot(n, x, y) {
    const [left, width, text] = steps()[n];
    spot.now = n;
    $("spot").setAttribute("x", left); $("spot").setAttribute("width", Math.max(width, 0.4));
    showTip(text, x, y);
  }
  document.addEventListener("pointermove", (e) => {
    const field = e.target.closest?.("#plot .field");
    if (field) {
      const f = field.getBoundingClientRect(), at = ((e.clientX - f.left) * 100) / f.width, reach = 500 / f.width;
      // A step of a day or two is thinner than a pointer: the thinnest step within reach wins.
      const all = steps().map((s, n) => [n, s]).filter(([, s]) => at >= s[0] - (s[1] < reach ? reach : 0) && at <= s[0] + s[1] + (s[1] < reach ? reach : 0));
      all.sort((a, b) => Math.abs(a[1][0] + a[1][1] / 2 - at) * (a[1][1] < reach ? 0.01 : 1) - Math.abs(b[1][0] + b[1][1] / 2 - at) * (b[1][1] < reach ? 0.01 : 1));
      return all.length ? spot(all[0][0], e.clientX, e.clientY) : hideTip();
    }
    const t = e.target.closest?.("[data-tip]");
    if (t) showTip(t.dataset.tip, e.clientX, e.clientY); else if (!tip()?.hidden) hideTip();
  });
  document.addEventListener("focusin", (e) => { const t = e.target.closest("[data-tip]"); if (t && e.target.matches(":focus-visible")) { const r = t.getBoundingClientRect(); showTip(t.dataset.tip, r.left, r.bottom - 10); } });
  document.addEventListener("focusout", () => hideTip());
})();
