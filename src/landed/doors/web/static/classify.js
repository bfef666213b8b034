// Keeps the name of who decides in this browser, and starts catalogues, and decides rows of the review queue in place.
(() => {
  document.querySelectorAll("[data-keep]").forEach((input) => {
    const key = `landed-${input.dataset.keep}`;
    try { input.value ||= localStorage.getItem(key) || ""; } catch { /* private window */ }
    input.addEventListener("change", () => { try { localStorage.setItem(key, input.value); } catch { /* private window */ } });
  });
  const send = async (url, body) => {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()).slice(2) }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
    if (!answer.ok) throw found;
    return found;
  };
  // One row of the queue; of two people who decide on the same row the second is told.
  async function decide(form) {
    const said = form.querySelector("[role=status]"), who = document.getElementById("k-who"), button = form.querySelector("button");
    if (!who.value.trim()) { said.textContent = "Say above who decides."; who.focus(); return; }
    button.disabled = true;
    try {
      const found = await send(`/v1/catalogue-rows/${form.dataset.decide}:decide`, { version: Number(form.dataset.version), code: form.elements.code.value.trim(), why: form.elements.why.value.trim(), who: who.value.trim() });
      form.dataset.version = found.version;
      form.elements.code.value = found.code;
      button.textContent = "Change";
      said.textContent = `${found.decision === "confirmed" ? "Confirmed" : "Overridden"} by ${found.who}.`;
    } catch (problem) { said.textContent = `${problem.detail || "Not kept"}. ${problem.mend || ""}`; }
    button.disabled = false;
  }
  // A file is sent, kept whole, then classified by the server; the page only watches.
  async function begin(form) {
    const file = form.elements.file.files[0], state = document.getElementById("q-state"), error = document.getElementById("q-error"), button = form.querySelector("button");
    error.hidden = true; button.disabled = true;
    state.textContent = `Sending ${file.name}, ${Math.ceil(file.size / 1024).toLocaleString("en-US")} KB…`;
    try {
      const answer = await fetch(`/v1/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      const sent = await answer.json();
      if (!answer.ok) throw sent;
      const origin = form.elements.origin.value;
      location.href = `/classify/queue?id=${(await send("/v1/catalogues", { name: file.name, upload_id: sent.id, ...(origin ? { defaults: { origin } } : {}) })).id}`;
    } catch (problem) { state.textContent = ""; error.textContent = `${problem.detail || "The file could not be sent"}. ${problem.mend || ""}`; error.hidden = false; button.disabled = false; }
  }
  document.addEventListener("submit", (e) => {
    if (e.target.dataset.decide) { e.preventDefault(); decide(e.target); }
    if (e.target.dataset.catalogue) { e.preventDefault(); begin(e.target); }
  });
  const live = document.getElementById("q-live");
  if (live?.dataset.id) (async function watch() {
    try {
      const c = await (await fetch(`/v1/catalogues/${live.dataset.id}`)).json();
      document.getElementById("q-count").textContent = `${(c.total - c.waiting).toLocaleString("en-US")} of ${c.total.toLocaleString("en-US")}`;
      document.getElementById("q-bar").value = c.total - c.waiting;
      if (!["waiting", "running"].includes(c.status)) return location.reload();
    } catch { /* the next look may succeed */ }
    setTimeout(watch, 700);
  })();
})();
