// The entry: a grid whose cells are inputs, a spreadsheet block pasted into one fills its neighbours, answers recompute in place.
(() => {
  const $ = (id) => document.getElementById(id);
  const NAMES = [/code|hts|tariff/i, /origin|made|country/i, /price|value|amount|total/i, /quantity|qty|pieces|count/i, /^(unit|uom|measure)/i, /ref|sku|item|order|part|po\b/i, /currency|^ccy/i, /rate|exchange/i];
  const cells = (row) => [...row.querySelectorAll("input:not([type=hidden])")];
  const kept = (row) => row.querySelector("input[type=hidden]");
  const rows = () => [...document.querySelectorAll("[data-line]")];
  const clean = (text) => text.trim().replace(/[\t\r\n]+/g, " ");
  function gather() {
    return rows().map((r) => {
      const said = cells(r).map((i) => clean(i.value));
      return said.some(Boolean) ? [...said, kept(r).value].join("\t").trimEnd() : "";
    }).filter(Boolean).join("\n");
  }
  function count() { const n = $("line-count"); if (n) n.textContent = rows().filter((r) => cells(r).some((i) => i.value.trim())).length.toLocaleString("en-US"); }
  function blank(model, n) {
    const row = model.cloneNode(true);
    row.querySelector(".error")?.remove();
    row.firstElementChild.textContent = n;
    row.dataset.line = ""; // no line of the last answer
    cells(row).forEach((i) => { i.value = ""; i.removeAttribute("value"); i.removeAttribute("aria-invalid"); i.setAttribute("aria-label", i.getAttribute("aria-label").replace(/\d+$/, n)); });
    kept(row).value = "";
    return row;
  }
  function more(wanted) {
    const all = rows(), model = all[all.length - 1], made = document.createDocumentFragment();
    for (let n = all.length + 1; n <= wanted; n++) made.append(blank(model, n));
    model.after(made);
    count();
  }
  function fill(block, at, column) {
    let lines = block.replace(/[\r\n]+$/, "").split(/\r?\n/).map((line) => line.split("\t"));
    let place = lines[0].map((_, n) => column + n);
    // A first row without a figure that names columns says where each column goes; what no column takes stays out.
    const named = lines[0].map((name) => NAMES.findIndex((known) => known.test(name.trim())));
    if (!/\d/.test(lines[0].join("")) && named.filter((n) => n >= 0).length >= 2) { place = named.map((n, i) => (n >= 0 && named.indexOf(n) === i ? n : -1)); lines = lines.slice(1); }
    more(at + lines.length);
    const all = rows();
    lines.forEach((line, n) => { const into = cells(all[at + n]); line.forEach((v, c) => { const i = into[place[c]]; if (i) i.value = v.trim(); }); kept(all[at + n]).value = ""; });
    count();
    window.landed?.toast(`${lines.length.toLocaleString("en-US")} line${lines.length === 1 ? "" : "s"} pasted`);
  }
  function put(text, url, push, focus) {
    const found = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    if (!found) return false;
    const open = [...document.querySelectorAll("#main details[open][id]")].map((d) => d.id), scroll = document.querySelector(".lines-grid")?.scrollTop;
    $("main").innerHTML = found.innerHTML;
    open.forEach((id) => $(id) && ($(id).open = true));
    if (scroll) document.querySelector(".lines-grid").scrollTop = scroll;
    if (push) history.pushState({}, "", url);
    const wrong = $("entry").querySelector("[aria-invalid=true]");
    (wrong || $(focus) || $("compute")).focus({ preventScroll: !wrong });
    const total = document.querySelector("[data-testid=total]");
    window.landed?.toast(total ? `Duty and fees ${total.textContent.trim()}` : "The entry needs a correction");
    return true;
  }
  let asked = 0; // answers that come after a newer question are dropped
  async function compute(focus) {
    const mine = ++asked;
    const form = $("entry");
    form.elements.lines.value = gather();
    const said = new URLSearchParams([...new FormData(form)].filter(([, v]) => String(v).trim()));
    const long = String(said).length > Number(form.dataset.long), url = long ? "/entry" : `/entry?${said}`;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, long ? { method: "POST", body: said } : {});
      const text = await answer.text();
      if (mine === asked && !put(text, url, true, focus)) throw new Error();
    } catch { if (mine !== asked) return; form.removeAttribute("aria-busy"); window.landed?.toast("The server did not answer; your lines are still here"); }
  }
  document.addEventListener("submit", (e) => {
    if (e.target.id !== "entry") return;
    e.target.elements.lines.value = gather();
    e.target.method = "post";
    if (e.submitter?.hasAttribute("formaction")) return; // a download
    e.preventDefault();
    compute("compute");
  });
  document.addEventListener("click", (e) => {
    if (e.target.closest("[data-add-row]")) { more(rows().length + 1); cells(rows().pop())[0].focus(); }
    const b = e.target.closest("[data-answer]");
    if (!b) return;
    const value = b.dataset.value ?? b.parentElement.querySelector("input").value.trim(), lines = b.dataset.lines.split(",").filter(Boolean);
    if (!lines.length) $("mode").value = value;
    const all = rows();
    for (const n of lines) {
      const row = all.find((r) => r.dataset.line === n);
      if (!row) continue;
      const said = new URLSearchParams(kept(row).value);
      if (value) said.set(b.dataset.answer, value); else said.delete(b.dataset.answer);
      kept(row).value = String(said);
    }
    compute("entry-questions");
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && e.target.closest?.(".fill")?.querySelector("[data-answer]")) { e.preventDefault(); e.target.closest(".fill").querySelector("[data-answer]").click(); }
    const row = e.target.closest?.("[data-line]");
    if (row && (e.key === "ArrowDown" || e.key === "ArrowUp" || e.key === "Enter")) {
      const to = e.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
      if (to?.matches("[data-line]")) { e.preventDefault(); cells(to)[cells(row).indexOf(e.target)]?.focus(); }
    }
  });
  // Other goods on a line: what was answered about the old ones goes.
  document.addEventListener("change", (e) => { const row = e.target.closest?.("[data-line]"); if (row && cells(row).indexOf(e.target) < 2) kept(row).value = ""; });
  document.addEventListener("change", async (e) => {
    const into = e.target.dataset?.into;
    if (into && e.target.files[0]) { $(into).value = await e.target.files[0].text(); $(into).form.requestSubmit(); }
  });
  document.addEventListener("paste", (e) => {
    const row = e.target.closest?.("[data-line]"), text = e.clipboardData.getData("text");
    if (!row || !/[\t\n]/.test(text.trim())) return;
    e.preventDefault();
    fill(text, rows().indexOf(row), cells(row).indexOf(e.target));
  });
  window.landedEntry = { fill, rows };
  // A block that was pasted into the calculator's box comes along.
  document.addEventListener("DOMContentLoaded", () => {
    let block = null;
    try { block = sessionStorage.getItem("landed-block"); sessionStorage.removeItem("landed-block"); } catch { /* private mode */ }
    if (!block || !$("entry")) return;
    rows().forEach((row) => { cells(row).forEach((i) => (i.value = "")); kept(row).value = ""; });
    fill(block, 0, 0);
    compute("compute");
  });
})();
