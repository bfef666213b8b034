// Reads a document through the API, shows its boxes beside its fields, checks the sums again after each correction, and prices the draft.
(() => {
  const $ = (id) => document.getElementById(id);
  if (!$("doc-drop")) return;
  const HEAD = { invoice_number: "Number", date: "Date", "seller.name": "Seller", "seller.country": "Seller's country", "buyer.name": "Buyer", "consignee.name": "Consignee", incoterm: "Incoterm", incoterm_place: "Place", currency: "Currency", origin: "Origin of all goods", subtotal: "Subtotal", freight: "Freight", insurance: "Insurance", packing: "Packing", discount: "Discount", tax: "Tax", other: "Other charge", total: "Total", total_quantity: "Total quantity", total_packages: "Total packages", total_net_weight: "Total net weight", total_gross_weight: "Total gross weight", total_volume: "Total volume" };
  const ALWAYS = ["invoice_number", "date", "seller.name", "buyer.name", "incoterm", "currency", "origin", "total"];
  const LINE = { reference: "Reference", description: "Description", code: "Code", origin: "Made in", quantity: "Quantity", unit: "Unit", price: "Price", amount: "Amount", net_weight: "Net kg", gross_weight: "Gross kg", packages: "Packages", volume: "m³" };
  const SHOWN = ["description", "code", "origin", "quantity", "unit", "price", "amount"];
  const NUMBERS = new Set(["quantity", "price", "amount", "net_weight", "gross_weight", "packages", "volume"]);
  let read = null, values = {}, last = null, turn = 0, timer = 0;

  function el(name, given = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) { if (key === "text") made.textContent = value; else if (key === "on") for (const [kind, act] of Object.entries(value)) made.addEventListener(kind, act); else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value); }
    made.append(...children);
    return made;
  }
  async function post(url, body) {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
    if (!answer.ok) throw found;
    return found;
  }
  const say = (problem) => `${problem.detail || "That did not work"}. ${problem.mend || ""}`;
  const money = (text) => text === null || text === undefined ? "unknown" : Number(text).toLocaleString("en-US", { style: "currency", currency: "USD" });

  async function take(file) {
    const mine = ++turn;
    $("doc-first").hidden = !file.example;
    $("doc-error").hidden = true;
    $("doc-state").textContent = `Reading ${file.name}… a scan takes some seconds a page.`;
    $("doc-drop").classList.add("busy");
    try {
      if (!file.size) throw { detail: `${file.name} has nothing in it`, mend: "Choose another file." };
      const sent = await fetch(`/v1/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      const upload = await sent.json();
      if (!sent.ok) throw upload;
      const found = await post("/v1/documents:read", { upload: upload.id, name: file.name, pictures: true, classify: true });
      if (mine !== turn) return;
      read = found;
      values = Object.fromEntries(found.fields.map((f) => [f.id, f.value]));
      last = found;
      if (found.entry.entry.transport_mode) $("doc-mode").value = found.entry.entry.transport_mode;
      $("doc-state").textContent = `${file.name} is read: ${found.lines} line${found.lines === 1 ? "" : "s"} of goods.`;
      $("doc-answer").textContent = "";
      whole();
    } catch (problem) {
      if (mine !== turn) return;
      $("doc-state").textContent = "";
      $("doc-error").textContent = say(problem);
      $("doc-error").hidden = false;
      for (const id of ["doc", "doc-lines-card", "doc-entry"]) $(id).hidden = true;
    } finally { if (mine === turn) $("doc-drop").classList.remove("busy"); }
  }

  const field = (id) => read.fields.find((f) => f.id === id);
  function state(id) {
    if (last.suspects.includes(id)) return "suspect";
    const f = field(id);
    return f && f.confidence < 0.6 && values[id] === f.value ? "unsure" : "ok";
  }
  function whole() {
    for (const id of ["doc", "doc-lines-card", "doc-entry"]) $(id).hidden = false;
    paper(); head(); lines(); verdict();
  }
  function paper() {
    const how = { text: "from its text", scan: "recognised", sheet: "from its cells" };
    $("doc-how").textContent = `${read.kind === "packing_list" ? "packing list" : "invoice"}, ${read.pages.length} page${read.pages.length === 1 ? "" : "s"}, ${[...new Set(read.pages.map((p) => how[p.source]))].join(" and ")}`;
    const into = $("doc-sheet");
    into.textContent = "";
    read.pages.forEach((page, at) => {
      if (!read.images[at]) { into.append(el("p", { class: "hint", text: page.source === "sheet" ? `Sheet ${page.name || page.number}: each field names its cell.` : `Page ${page.number} is not shown.` })); return; }
      const sheet = el("div", { class: "doc-sheet" }, el("img", { src: read.images[at], alt: `Page ${page.number} of the document` }));
      for (const f of read.fields) {
        if (f.page !== page.number || !f.box || f.id.endsWith(".currency") && f.id !== "currency") continue;
        const [x0, y0, x1, y1] = f.box;
        sheet.append(el("button", { type: "button", tabindex: "-1", "data-box": f.id, style: `left:${x0 * 100}%;top:${y0 * 100}%;width:${(x1 - x0) * 100}%;height:${(y1 - y0) * 100}%`, "aria-label": `${f.id}: ${f.value}`, title: `${f.id.replace(/[._]/g, " ")}: ${f.value}`, on: { click: () => document.querySelector(`[data-id="${CSS.escape(f.id)}"]`)?.focus() } }));
      }
      into.append(sheet);
    });
  }
  function input(id, label, more = {}) {
    const f = field(id), cell = f?.cell ? `cell ${f.cell}` : "";
    const made = el("input", { "data-id": id, value: values[id] || "", "aria-label": label, autocomplete: "off", title: f ? `stands as “${f.text}”${cell ? ", " + cell : ""}, ${Math.round(f.confidence * 100)} % sure` : "not read", ...more, on: { input: () => { if (made.value.trim()) values[id] = made.value.trim(); else delete values[id]; clearTimeout(timer); timer = setTimeout(again, 350); }, focus: () => mark(id, true), blur: () => mark(id, false) } });
    return made;
  }
  function mark(id, on) {
    const box = document.querySelector(`[data-box="${CSS.escape(id)}"]`);
    if (!box) return;
    box.classList.toggle("here", on);
    const pages = box.closest(".doc-pages"), top = box.getBoundingClientRect().top - pages.getBoundingClientRect().top;
    if (on && (top < 40 || top > pages.clientHeight - 60)) pages.scrollTop += top - pages.clientHeight / 2;
  }
  function head() {
    const into = $("doc-head");
    into.textContent = "";
    for (const [id, label] of Object.entries(HEAD)) {
      if (!(id in values) && !ALWAYS.includes(id)) continue;
      const key = `h-${id.replace(".", "-")}`, made = input(id, label, { id: key });
      made.removeAttribute("aria-label");
      into.append(el("div", { class: "f" }, el("label", { for: key, text: label }), made));
    }
  }
  const shown = () => Object.keys(LINE).filter((part) => SHOWN.includes(part) && (read.kind !== "packing_list" || !["price", "amount"].includes(part)) || Array.from({ length: read.lines }, (_, n) => `lines.${n + 1}.${part}`).some((id) => id in values));
  function lines() {
    $("doc-count").textContent = read.lines;
    const parts = shown(), into = $("doc-lines");
    into.textContent = "";
    const body = el("tbody");
    for (let n = 1; n <= read.lines; n++) {
      const row = el("tr", { class: "line" }, el("td", { class: "hint", text: n }));
      for (const part of parts) row.append(el("td", { class: `c-${part}${NUMBERS.has(part) ? " num-c" : ""}`, "data-label": LINE[part] }, input(`lines.${n}.${part}`, `${LINE[part]}, line ${n}`, NUMBERS.has(part) ? { class: "num", inputmode: "decimal" } : {})));
      body.append(row);
      const place = read.classify.findIndex((p) => p.id === `lines.${n}`), answer = place >= 0 ? read.suggestions[place] : null;
      if (answer) {
        const cell = el("td", { colspan: parts.length });
        if (answer.candidates) {
          const choose = el("select", { "aria-label": `Codes for line ${n}`, on: { change: () => { if (!choose.value) return; const code = choose.value.replace(/\D/g, ""); values[`lines.${n}.code`] = code; document.querySelector(`[data-id="lines.${n}.code"]`).value = code; again(); } } }, el("option", { value: "", text: "Codes found for the words…" }));
          for (const c of answer.candidates) choose.append(el("option", { value: c.hts_code, text: `${c.hts_code}, ${c.band} (${Math.round(c.probability * 100)} %): ${c.title.slice(0, 90)}` }));
          cell.append(choose);
        } else cell.append(el("span", { class: "hint", text: answer.error ? say(answer.error) : "" }));
        body.append(el("tr", { class: "sub" }, el("td"), cell));
      }
    }
    into.append(el("table", {}, el("thead", {}, el("tr", {}, el("th", { text: "" }), ...parts.map((part) => el("th", { scope: "col", text: LINE[part], class: NUMBERS.has(part) ? "num" : "" })))), body));
  }
  function verdict() {
    document.querySelectorAll("[data-id]").forEach((i) => { const s = state(i.dataset.id); i.classList.toggle("suspect", s === "suspect"); i.classList.toggle("unsure", s === "unsure"); if (s === "suspect") i.setAttribute("aria-invalid", "true"); else i.removeAttribute("aria-invalid"); });
    document.querySelectorAll("[data-box]").forEach((b) => { const s = state(b.dataset.box); b.classList.toggle("suspect", s === "suspect"); b.classList.toggle("unsure", s === "unsure"); });
    const held = last.checks.filter((c) => c.status === "holds"), open = last.checks.filter((c) => c.status !== "holds"), fails = open.filter((c) => c.status === "fails").length;
    $("doc-sums").textContent = fails ? `${fails} fail${fails === 1 ? "s" : ""}` : `${held.length} hold`;
    $("doc-sums").className = `pill ${fails ? "refused" : "complete"}`;
    $("doc-checks").replaceChildren(...open.map((c) => el("li", { class: c.status, text: c.text })));
    if (!open.length) $("doc-checks").append(el("li", { class: "holds", text: "Every sum of the paper holds." }));
    $("doc-holds").replaceChildren(...held.map((c) => el("li", { class: "holds", text: c.text })));
    $("d-holds").hidden = !held.length;
    $("doc-proposals").replaceChildren(...last.proposals.map((p) => el("div", { class: "doc-proposal" }, el("p", { text: `${p.field.replace(/^lines\.(\d+)\./, "Line $1, ").replace(/_/g, " ")}: ${p.value} instead of ${p.instead_of}? ${p.why}` }), el("button", { type: "button", class: "go small", text: `Use ${p.value}`, on: { click: () => { values[p.field] = p.value; const i = document.querySelector(`[data-id="${CSS.escape(p.field)}"]`); if (i) i.value = p.value; again(); } } }), el("button", { type: "button", class: "ghost small", text: "Show it", on: { click: () => document.querySelector(`[data-id="${CSS.escape(p.field)}"]`)?.focus() } }))));
    const known = new Set(["entry.entry_date", "entry.transport_mode", "exchange_rates"]);
    const lacks = last.missing.filter((m) => !known.has(m.where));
    $("doc-missing").replaceChildren(...(lacks.length ? lacks : [{ why: "Nothing that an entry needs.", mend: "" }]).map((m) => el("li", { class: lacks.length ? "cannot_tell" : "holds", text: `${m.why} ${m.mend}` })));
    $("doc-notes").replaceChildren(...last.warnings.map((w) => el("li", { text: w })));
    const currency = values.currency || "USD";
    $("doc-rate-f").hidden = currency === "USD";
    $("doc-rate-l").textContent = `USD for one ${currency}`;
    if ($("doc-open")) $("doc-open").href = address();
  }
  async function again() {
    const mine = turn;
    try {
      const found = await post("/v1/documents:check", { fields: values, kind: read.kind, name: read.name });
      if (mine !== turn) return;
      last = { ...found, warnings: [...read.warnings.filter((w) => !/^The (freight|insurance) of|fields are suspect/.test(w)), ...found.warnings] };
      $("doc-error").hidden = true;
      verdict();
    } catch (problem) {
      $("doc-error").textContent = say(problem);
      $("doc-error").hidden = false;
      const i = problem.where && document.querySelector(`[data-id="${CSS.escape(problem.where)}"]`);
      if (i) { i.classList.add("suspect"); i.setAttribute("aria-invalid", "true"); }
    }
  }
  function entry() {
    const made = structuredClone(last.entry);
    made.entry.entry_date = $("doc-on").value;
    if ($("doc-mode").value) made.entry.transport_mode = $("doc-mode").value;
    if ($("doc-rate").value && values.currency && values.currency !== "USD") made.exchange_rates = { [values.currency]: $("doc-rate").value };
    return made;
  }
  function address() {
    const e = entry(), said = new URLSearchParams({ on: e.entry.entry_date });
    for (const [name, key] of [["mode", "transport_mode"], ["incoterm", "incoterm"], ["currency", "currency"]]) if (e.entry[key]) said.set(name, e.entry[key]);
    if ($("doc-rate").value) said.set("rate", $("doc-rate").value);
    for (const charge of e.charges || []) if ((values.currency || "USD") === "USD") said.set(charge.kind, charge.amount);
    said.set("lines", e.lines.map((l) => [l.hts_code || "", l.country_of_origin || "", l.price || "", l.quantity || "", l.quantity ? l.unit || "no" : "", (l.reference || l.description || "").replace(/\s+/g, " ").slice(0, 40)].join("\t")).join("\n"));
    return `/entry?${said}`;
  }
  async function price(e) {
    e.preventDefault();
    $("doc-price-error").hidden = true;
    const into = $("doc-answer"), lacks = last.entry.lines.flatMap((l, n) => [["hts_code", "a code"], ["country_of_origin", "an origin"], ["price", "an amount"]].filter(([key]) => !l[key]).map(([, what]) => `line ${n + 1} needs ${what}`));
    if (lacks.length) { into.textContent = ""; $("doc-price-error").textContent = `Not yet: ${lacks.slice(0, 6).join(", ")}${lacks.length > 6 ? ` and ${lacks.length - 6} more` : ""}. Correct the lines above, or choose a code found for the words.`; $("doc-price-error").hidden = false; return; }
    into.textContent = "Pricing…";
    try {
      const found = await post("/v1/entries", entry()), t = found.totals;
      const list = el("dl");
      for (const [name, value] of [["Entered value", t.entered_value], ["Duty", t.duty], ["Fees", t.fees], ["Duty, fees and taxes", t.total]]) list.append(el("div", {}, el("dt", { text: name }), el("dd", { text: money(value), "data-testid": name === "Duty" ? "doc-duty" : null })));
      const table = el("table", { class: "grid plain" }, el("thead", {}, el("tr", {}, ...["Line", "Goods", "Code", "Entered value", "Duty"].map((h, n) => el("th", { scope: "col", text: h, class: n > 2 ? "num" : "" })))));
      const body = el("tbody");
      found.lines.forEach((l, n) => { const mine = last.entry.lines[n] || {}; body.append(el("tr", {}, el("td", { "data-label": "Line", text: l.number || n + 1 }), el("td", { "data-label": "Goods", text: mine.description || "" }), el("td", { "data-label": "Code", text: mine.hts_code || "" }), el("td", { class: "num", "data-label": "Entered value", text: money(l.entered_value ?? l.valued?.entered_value) }), el("td", { class: "num", "data-label": "Duty", text: money((l.estimate || l).totals?.duty ?? l.duty) }))); });
      table.append(body);
      into.replaceChildren(list, table);
      if (last.suspects.length) into.prepend(el("p", { class: "amber", text: `${last.suspects.length} fields are still suspect: this is the price of the paper as read.` }));
      if ((found.questions || []).length) into.append(el("p", { class: "hint", text: `${found.questions.length} questions would settle the duty further: open it in Entry.` }));
    } catch (problem) { into.textContent = ""; $("doc-price-error").textContent = say(problem); $("doc-price-error").hidden = false; }
  }
  $("doc-price").addEventListener("submit", price);
  $("doc-price").addEventListener("input", () => { if (last && $("doc-open")) $("doc-open").href = address(); });
  $("doc-save").addEventListener("click", () => {
    const link = el("a", { href: URL.createObjectURL(new Blob([JSON.stringify(entry(), null, 2)], { type: "application/json" })), download: "draft-entry.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  $("doc-file").addEventListener("change", (e) => e.target.files[0] && take(e.target.files[0]));
  const drop = $("doc-drop");
  for (const kind of ["dragover", "dragleave", "drop"]) drop.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.toggle("over", kind === "dragover"); if (kind === "drop" && e.dataTransfer.files[0]) take(e.dataTransfer.files[0]); });
  document.addEventListener("paste", (e) => { if (e.clipboardData.files.length) { e.preventDefault(); take(e.clipboardData.files[0]); } });
  window.addEventListener("load", async () => {
    const handed = location.search.includes("handed") && window.landedHand ? await landedHand.take().catch(() => null) : null;
    if (handed) return take(handed);
    const answer = await fetch("/web/static/invoice-example.pdf");
    const file = new File([await answer.blob()], "invoice-example.pdf", { type: "application/pdf" });
    file.example = true;
    if (!turn) take(file);
  });
})();
