// Forms whose answer stands beside them: a change asks again, the address follows, long work is polled; files dropped on a page; what writes goes to /v1.
(() => {
  const $ = (id) => document.getElementById(id);
  const form = document.querySelector("form[data-live]");
  let round = 0, timer = 0;

  function said() {
    const all = new URLSearchParams(), seen = new FormData(form);
    const rows = new Set([...form.querySelectorAll("[data-r]")].filter((r) => ![...r.querySelectorAll("input")].some((i) => i.value.trim())));
    for (const i of form.elements) {
      if (!i.name || i.disabled || i.type === "file" || ([...rows].some((r) => r.contains(i)))) continue;
      if ((i.type === "radio" || i.type === "checkbox") && !i.checked) continue;
      if (i.type === "range" && idle(i)) continue;
      if (i.value !== "" || i.closest("[data-r]") || i.dataset.empty !== undefined) all.append(i.name, i.value);
    }
    void seen;
    return all.toString();
  }
  // A slider of a what-if says nothing while nothing is chosen beside it.
  const idle = (i) => (i.name === "cheaper" && !$("f-offer")?.value) || (i.name === "chance" && !$("f-law")?.value);

  function blame(wrong) {
    form.querySelectorAll("[data-live-error]").forEach((p) => p.remove());
    form.querySelectorAll("[aria-invalid]").forEach((i) => { i.removeAttribute("aria-invalid"); i.parentElement.querySelector(".error")?.remove(); });
    for (const [place, words] of Object.entries(wrong || {})) {
      const [name, row] = place.split(" "), table = row !== undefined && form.querySelector(`[data-rows="${CSS.escape(name)}"]`);
      const at = table ? table.querySelectorAll("[data-r]")[+row] : form.elements[place];
      if (!at) continue;
      const input = table ? at.querySelector("input") : at, p = document.createElement("p");
      input.setAttribute?.("aria-invalid", "true");
      p.className = "error"; p.dataset.liveError = ""; p.setAttribute("role", "alert"); p.textContent = words.join(" ");
      table ? at.append(p) : at.parentElement?.append(p);
    }
  }
  function sum(total) {
    const place = $("total");
    if (!place) return;
    const off = Math.abs(+total - 100) > 1e-6;
    place.querySelector("b").textContent = `${total}%`;
    place.classList.toggle("off", off);
  }
  const quick = () => [...form.querySelectorAll('[name="sc"]')].reduce((s, i) => s + (parseFloat(i.value) || 0), 0);
  function put(html) {
    const place = $("answer"), open = [...place.querySelectorAll("details[open][id]")].map((d) => d.id), at = document.activeElement?.id;
    place.innerHTML = html;
    open.forEach((id) => $(id) && ($(id).open = true));
    if (at && document.activeElement === document.body) $(at)?.focus({ preventScroll: true });
  }
  async function look(push) {
    const mine = ++round, query = said(), url = `${form.getAttribute("action")}?${query}`;
    clearTimeout(timer);
    if (push !== null) history[push ? "pushState" : "replaceState"]({}, "", url);
    form.closest("main")?.querySelectorAll("[data-follow]").forEach((a) => (a.href = `${a.dataset.follow}?${query}`));
    const place = $("answer");
    place.setAttribute("aria-busy", "true");
    let found;
    try {
      const got = await fetch(`${form.dataset.live}?${query}`);
      found = await got.json();
      if (!got.ok) throw found;
    } catch (problem) {
      if (mine !== round) return;
      place.setAttribute("aria-busy", "false");
      return window.landed.toast(problem.detail || "The server did not answer");
    }
    if (mine !== round) return;
    put(found.html);
    blame(found.wrong);
    place.dataset.state = found.state;
    place.setAttribute("aria-busy", String(found.state === "running"));
    place.dataset.round = Number(place.dataset.round || 0) + 1;
    if (found.state === "running") timer = setTimeout(() => mine === round && look(null), 350);
  }
  if (form) {
    const soon = (ms) => { clearTimeout(timer); round++; timer = setTimeout(() => look(false), ms); };
    form.addEventListener("input", (e) => {
      if (e.target.type === "file") return;
      if (e.target.type === "range") { const o = form.querySelector(`output[for="${e.target.id}"]`); if (o) o.textContent = e.target.value + (o.dataset.unit || ""); if (idle(e.target)) return; return soon(160); }
      if (e.target.name === "sc") sum(String(Math.round(quick() * 1e6) / 1e6));
      if (e.target.tagName === "SELECT") soon(30);
      else soon(500);
    });
    form.addEventListener("click", (e) => { if (e.target.closest("[data-row-away]")) { sum(String(Math.round(quick() * 1e6) / 1e6)); soon(30); } });
    form.addEventListener("submit", (e) => { e.preventDefault(); look(true); $("answer").scrollIntoView({ block: "start", behavior: "auto" }); });
    window.addEventListener("popstate", () => location.reload());
    document.addEventListener("click", async (e) => {
      if (!e.target.closest("[data-stop-now]")) return;
      try { await fetch(`${form.dataset.stop}?${said()}`); } catch { /* the page asks again anyway */ }
    });
    if ($("total")) sum($("total").querySelector("b").textContent.replace("%", ""));
    if ($("answer").dataset.state === "running") look(null);
  }

  // Files: the body is the file, its name in the address; what is wrong is listed by cell.
  async function send(label, file) {
    const place = label.parentElement.querySelector(".drop-said");
    place.textContent = "";
    label.classList.add("busy");
    label.querySelector("span").dataset.was ||= label.querySelector("span").textContent;
    label.querySelector("span").textContent = `Reading ${file.name}…`;
    try {
      const got = await fetch(`${label.dataset.dropTo}?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      const found = await got.json().catch(() => ({ detail: `The server answered ${got.status}` }));
      if (!got.ok) throw found;
      if (found.rows) return void (await bring(label, found, place));
      location.href = `${label.dataset.here}${label.dataset.here.includes("?") ? "&" : "?"}${label.dataset.as || "doc"}=${found.doc}`;
    } catch (problem) {
      const p = document.createElement("p"), errors = problem.errors || [];
      p.className = "error"; p.setAttribute("role", "alert");
      p.textContent = `${file.name}: ${problem.detail || "could not be sent"}. ${problem.mend || ""}`;
      place.append(p);
      list(place, errors);
    } finally { label.classList.remove("busy"); label.querySelector("span").textContent = label.querySelector("span").dataset.was; label.querySelector("input").value = ""; }
  }
  function list(place, errors) {
    if (!errors.length) return;
    const ul = document.createElement("ul");
    ul.className = "dots cells";
    errors.slice(0, 60).forEach((e) => { const li = document.createElement("li"), b = document.createElement("b"); b.textContent = e.where || ""; li.append(b, `: ${e.detail}. ${e.mend || ""}`); ul.append(li); });
    if (errors.length > 60) { const li = document.createElement("li"); li.textContent = `and ${errors.length - 60} more`; ul.append(li); }
    place.append(ul);
  }
  async function post(url, body) {
    const got = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()).slice(2) }, body: JSON.stringify(body) });
    const found = await got.json().catch(() => ({ detail: `The server answered ${got.status}` }));
    if (!got.ok) throw found;
    return found;
  }
  // Rows read of a file go in through the API, and what could not stand is told by the cell of the file.
  async function bring(label, read, place) {
    const found = await post("/v1/suppliers:import", { suppliers: read.rows, deliveries: read.deliveries || [], source: read.name });
    const cell = (where) => { const m = /^(\w+)\[(\d+)\](?:\.(.+))?$/.exec(where), s = m && read.sheets[m[1]]; if (!s) return where; const row = s.rows[+m[2] - 1] ?? +m[2] + 1, col = m[3] ? s.header.indexOf(m[3].toLowerCase()) : -1; return s.kind === "csv" ? `${s.title}, row ${row}${m[3] ? `, column ${m[3]}` : ""}` : `${s.title}!${col >= 0 ? letters(col) : ""}${row}`; };
    const letters = (n) => (n >= 26 ? letters(Math.floor(n / 26) - 1) : "") + String.fromCharCode(65 + (n % 26));
    const p = document.createElement("p");
    p.textContent = `${read.name}: ${found.rows} rows, ${found.suppliers_new} new, ${found.suppliers_known} met again; ${found.offers} offers, ${found.evidence} pieces of evidence, ${found.deliveries} deliveries.${found.errors.length ? ` ${found.errors.length} cells could not stand; their rows stayed out.` : ""}${found.ignored_columns.length ? ` Columns left out: ${found.ignored_columns.join(", ")}.` : ""}`;
    place.append(p);
    list(place, found.errors.map((e) => ({ ...e, where: cell(e.where) })));
    const a = document.createElement("a"), after = document.createElement("p");
    a.className = "go small"; a.href = label.dataset.here; a.textContent = "Show the network"; after.append(a); place.append(after);
  }
  document.querySelectorAll("[data-drop-to]").forEach((label) => {
    ["dragover", "dragleave", "drop"].forEach((kind) => label.addEventListener(kind, (e) => { e.preventDefault(); label.classList.toggle("over", kind === "dragover"); if (kind === "drop" && e.dataTransfer.files[0]) send(label, e.dataTransfer.files[0]); }));
    label.querySelector("input").addEventListener("change", (e) => e.target.files[0] && send(label, e.target.files[0]));
  });
  // Decisions on pairs, and rows of an example brought in.
  document.addEventListener("click", async (e) => {
    const b = e.target.closest("[data-decide]");
    if (b) {
      const who = $("who")?.value.trim();
      if (!who) { $("who").setAttribute("aria-invalid", "true"); $("who").focus(); return window.landed.toast("Say first who decides"); }
      try { sessionStorage.setItem("landed-who", who); } catch { /* private mode */ }
      try { await post($("decide-at")?.dataset.url || "/v1/suppliers:decide", { pair: +b.dataset.pair, decision: b.dataset.decision, who }); location.reload(); } catch (problem) { window.landed.toast(problem.detail || "That did not work"); }
    }
    const look = e.target.closest("[data-look]");
    if (look) { look.disabled = true; try { await post("/v1/suppliers:review", { find: true }); location.reload(); } catch (problem) { look.disabled = false; window.landed.toast(problem.detail || "That did not work"); } }
  });
  if ($("who") && !$("who").value) { try { $("who").value = sessionStorage.getItem("landed-who") || ""; } catch { /* private mode */ } }
})();
