// Forms that write through the API: a problem is shown beside its field; uploads and batches.
(() => {
  const $ = (id) => document.getElementById(id);
  async function post(url, body) {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()).slice(2) }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}.` }));
    if (!answer.ok) throw found;
    return found;
  }
  function blame(form, problem) {
    form.querySelectorAll("[data-for]").forEach((p) => (p.hidden = true));
    form.querySelectorAll("[aria-invalid]").forEach((i) => i.removeAttribute("aria-invalid"));
    const place = form.querySelector(`[data-for="${CSS.escape(problem.where || "")}"]`) || form.querySelector('[data-for=""]');
    place.textContent = `${problem.detail || "This could not be saved"}. ${problem.mend || ""}`;
    place.hidden = false;
    const input = problem.where && form.elements[problem.where];
    if (input) { input.setAttribute("aria-invalid", "true"); input.focus(); }
  }
  // A field's data-kind says what the API expects of it: a list by commas, a number, a yes.
  function typed(input, text) {
    const kind = input?.dataset?.kind;
    return kind === "list" ? text.split(/[,;\n]+/).map((part) => part.trim()).filter(Boolean) : kind === "number" && !isNaN(text) ? Number(text) : kind === "flag" ? true : text;
  }
  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (form.dataset.api) {
      e.preventDefault();
      const body = {};
      for (const [name, value] of new FormData(form)) { if (name === "*") Object.assign(body, JSON.parse(value)); else if (String(value).trim()) body[name] = typed(form.elements[name], String(value).trim()); }
      try { await post(form.dataset.api, body); location.href = form.dataset.then; } catch (problem) { blame(form, problem); }
    }
    if (form.dataset.batch) {
      e.preventDefault();
      const columns = {}, defaults = {};
      for (const [name, value] of new FormData(form)) { if (!value) continue; if (name.startsWith("default:")) defaults[name.slice(8)] = value; else columns[value] = name; }
      // A table takes the day as its only default; other defaults need an estimate for each row.
      const answers = Object.keys(defaults).some((name) => name !== "entry_date") ? { answers: "explained" } : {};
      try { location.href = "/batch/" + (await post("/v1/batches", { upload_id: form.dataset.batch, columns, defaults, ...answers })).id; } catch (problem) { blame(form, problem); }
    }
  });
  document.addEventListener("click", async (e) => {
    const b = e.target.closest("[data-post]");
    if (b) { try { await post(b.dataset.post, JSON.parse(b.dataset.body || "{}")); location.href = b.dataset.then; } catch (problem) { window.landed.toast(problem.detail || "That did not work"); } }
    if (e.target.closest("[data-print]")) print();
  });
  document.addEventListener("change", (e) => {
    if (e.target.matches("[data-submit]")) e.target.form.submit();
    if (e.target.id === "file" && e.target.files[0]) upload(e.target.files[0]);
  });
  const drop = $("drop");
  if (drop) {
    ["dragover", "dragleave", "drop"].forEach((kind) => drop.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.toggle("over", kind === "dragover"); if (kind === "drop" && e.dataTransfer.files[0]) upload(e.dataTransfer.files[0]); }));
  }
  async function upload(file) {
    $("up-error").hidden = true;
    $("up-state").textContent = `Sending ${file.name}, ${Math.ceil(file.size / 1024).toLocaleString("en-US")} KB…`;
    try {
      const answer = await fetch(`/v1/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      const found = await answer.json();
      if (!answer.ok) throw found;
      location.href = `/batch/upload/${found.id}`;
    } catch (problem) { $("up-state").textContent = ""; $("up-error").textContent = `${problem.detail || "The file could not be sent"}. ${problem.mend || ""}`; $("up-error").hidden = false; }
  }
  const live = $("live");
  if (live) (async function watch() {
    try {
      const b = await (await fetch(`/v1/batches/${live.dataset.job}`)).json();
      if (!["waiting", "running"].includes(b.status)) return location.reload();
      $("count").textContent = `${b.done.toLocaleString("en-US")}${b.total ? " of " + b.total.toLocaleString("en-US") : ""} rows`;
      $("bad").textContent = b.failed ? `${b.failed} with errors` : "";
      if (b.total) { $("bar").max = b.total; $("bar").value = b.done; }
    } catch { /* the next look may succeed */ }
    setTimeout(watch, 400);
  })();
})();
