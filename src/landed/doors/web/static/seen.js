// A photo or a document on the page Classify: what was read fills the form, open to correction; nothing is sent to be priced by itself.
(() => {
  const $ = (id) => document.getElementById(id);
  const input = $("c-file"), form = $("cls"), said = $("c-seen"), list = $("c-read");
  if (!input) return;
  const MOST = 30_000_000;
  const add = (parent, tag, text, props = {}) => { const e = Object.assign(document.createElement(tag), props); if (text) e.textContent = text; parent.append(e); return e; };
  const example = form.dataset.first === "1";
  const facts = () => $("c-facts").value.split("\n").map((row) => row.trim()).filter(Boolean);

  async function read(file) {
    list.replaceChildren();
    if (!file.size) { said.textContent = "The file has nothing in it. Choose another."; return; }
    if (file.size > MOST) { said.textContent = `The file has ${Math.round(file.size / 1e6)} MB; at most ${MOST / 1e6} are read. Send a smaller picture, or the pages with the goods only.`; return; }
    said.textContent = "Reading… a picture takes a few seconds.";
    input.disabled = true;
    try {
      const kind = file.type.startsWith("image/") ? "photo" : "document";
      const own = example ? "" : $("c-text").value.trim();
      const sent = await fetch(`/v1/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      const upload = await sent.json().catch(() => ({ detail: `The server answered ${sent.status}` }));
      if (!sent.ok) throw upload;
      const body = { upload: upload.id, shows: kind, name: file.name, limit: 3, ...(own ? { text: own } : {}) };
      const answer = await fetch("/v1/classifications:seen", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      const found = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
      if (!answer.ok) throw found;
      show(found, own);
    } catch (problem) { said.textContent = `${problem.detail || "The file could not be read"}. ${problem.mend || ""}`; }
    input.disabled = false;
    input.value = "";
  }

  function show(found, own) {
    const heads = { vision: "Seen in the photo", print: "Printed on it", sheet: "Read from the sheet", lines: "Lines of goods" };
    if (found.how === "lines") {
      said.textContent = `${found.products.length} line${found.products.length === 1 ? "" : "s"} of goods. Choose one to see its answer.`;
      for (const p of found.products) {
        const row = add(list, "li"), query = new URLSearchParams({ text: p.text, facts: Object.entries(p.attributes).map(([k, v]) => `${k}: ${v}`).join("\n"), origin: $("c-origin").value });
        add(row, "a", p.text.slice(0, 90), { href: `/classify?${query}` });
        const first = p.answer.candidates?.[0];
        add(row, "span", first ? ` ${first.hts_code}, ${first.band}` : ` ${p.answer.error?.mend || ""}`, { className: "hint" });
      }
    } else {
      said.textContent = found.read.length ? `${heads[found.how]}. Correct what is wrong, then find the code.` : "";
      const words = found.products[0]?.text || "";
      if (words && !own) $("c-text").value = words;
      if (words && !own && example) { $("c-facts").value = ""; $("c-origin").value = ""; }
      document.querySelectorAll(".cls").forEach((answer) => (answer.hidden = true)); // it was of other goods
      const before = facts(), names = new Set(before.map((row) => row.split(":")[0].trim().toLowerCase()));
      for (const f of found.read) {
        const row = add(list, "li");
        add(row, "b", `${f.name.replaceAll("_", " ")}: `); add(row, "span", f.value); add(row, "span", ` ${Math.round(f.confidence * 100)}% sure`, { className: "hint" });
        if (!["words", "origin_mark"].includes(f.name) && !names.has(f.name)) { before.push(`${f.name}: ${f.value}`); names.add(f.name); }
        if (f.name === "origin_mark") {
          const use = add(row, "button", `Use ${f.value} as the origin`, { type: "button", className: "ghost small" });
          use.addEventListener("click", () => { $("c-origin").value = f.value; use.textContent = `${f.value} is stated above`; use.disabled = true; });
        }
      }
      $("c-facts").value = before.join("\n");
      for (const [name, question] of found.questions) { const row = add(list, "li"); add(row, "span", `${question} `); if (name !== "text") { const b = add(row, "button", "Answer", { type: "button", className: "ghost small" }); b.addEventListener("click", () => { const box = $("c-facts"); box.value = `${box.value.trim()}\n${name}: `.trimStart(); box.focus(); }); } }
    }
    for (const text of found.warnings) add(list, "li", text, { className: "hint" });
  }

  input.addEventListener("change", () => input.files[0] && read(input.files[0]));
  const place = $("c-drop");
  place.addEventListener("dragover", (e) => { e.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (e) => { e.preventDefault(); e.stopPropagation(); place.classList.remove("over"); if (e.dataTransfer.files[0]) read(e.dataTransfer.files[0]); });
})();
