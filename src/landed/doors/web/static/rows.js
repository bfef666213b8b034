// Tables inside forms: a row more, a row away, a block pasted from a spreadsheet; empty fields stay out of the address; suggestions for places.
(() => {
  const inputs = (row) => [...row.querySelectorAll("input,select")];
  const rows = (table) => [...table.querySelectorAll("[data-r]")];
  function renumber(table) { rows(table).forEach((r, n) => r.querySelectorAll("[aria-label]").forEach((i) => i.setAttribute("aria-label", i.getAttribute("aria-label").replace(/(\d+)( away)?$/, (_, d, a) => `${n + 1}${a || ""}`)))); }
  function more(table) {
    const last = rows(table).at(-1), row = last.cloneNode(true);
    inputs(row).forEach((i) => { i.value = i.tagName === "SELECT" ? i.options[0].value : ""; i.removeAttribute("aria-invalid"); });
    row.querySelector(".error")?.remove();
    last.after(row);
    renumber(table);
    return row;
  }
  document.addEventListener("click", (e) => {
    const table = e.target.closest("[data-rows]");
    if (!table) return;
    if (e.target.closest("[data-row-more]")) inputs(more(table))[0].focus();
    if (e.target.closest("[data-row-away]")) {
      const row = e.target.closest("[data-r]");
      if (rows(table).length === 1) inputs(row).forEach((i) => (i.value = i.tagName === "SELECT" ? i.options[0].value : ""));
      else { row.remove(); renumber(table); }
    }
  });
  document.addEventListener("paste", (e) => {
    const row = e.target.closest?.("[data-r]"), text = e.clipboardData.getData("text");
    if (!row || !/[\t\n]/.test(text.trim())) return;
    e.preventDefault();
    const table = row.closest("[data-rows]"), first = inputs(row).indexOf(e.target);
    let at = row;
    text.trim().split(/\r?\n/).slice(0, 200).forEach((line, n) => {
      if (n) at = at.nextElementSibling?.matches("[data-r]") ? at.nextElementSibling : more(table);
      line.split("\t").forEach((v, c) => { const i = inputs(at)[first + c]; if (i) i.value = v.trim(); });
    });
  });
  // An address holds what was said: rows that are empty and fields without a value are left out.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.matches("[data-tidy]")) return;
    form.querySelectorAll("[data-r]").forEach((row) => { if (!inputs(row).some((i) => i.tagName !== "SELECT" && i.value.trim())) inputs(row).forEach((i) => (i.disabled = true)); });
    [...form.elements].forEach((i) => { if (i.name && !i.value && !i.closest("[data-r]")) i.disabled = true; });
    setTimeout(() => [...form.elements].forEach((i) => (i.disabled = false)), 500);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-tidy] :disabled").forEach((i) => (i.disabled = false)));
  document.addEventListener("input", (e) => {
    const box = e.target.closest("[data-places]");
    if (!box) return;
    clearTimeout(box.timer);
    box.timer = setTimeout(async () => {
      const q = box.value.trim();
      if (q.length < 2) return;
      try {
        const found = await (await fetch(`/ship/places?q=${encodeURIComponent(q)}`)).json();
        const list = document.getElementById(box.getAttribute("list"));
        list.textContent = "";
        found.places.forEach((p) => { const o = document.createElement("option"); o.value = p.code; o.textContent = p.name; o.label = p.name; list.append(o); });
      } catch { /* the field takes any code without suggestions too */ }
    }, 120);
  });
})();
