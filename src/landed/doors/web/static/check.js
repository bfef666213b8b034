// Lists pulled from their publishers, and kept parties screened again: both take a while and say what came of it.
(() => {
  const $ = (id) => document.getElementById(id);
  async function post(url) {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() || String(Math.random()).slice(2) }, body: "{}" });
    const found = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
    if (!answer.ok) throw found;
    return found;
  }
  document.addEventListener("click", async (e) => {
    const pull = e.target.closest("[data-pull]");
    if (pull) {
      const text = pull.textContent;
      pull.disabled = true; pull.textContent = "Pulling…"; $("pull-state").textContent = "This may take a minute. The list in force stays until the new one is whole.";
      try { const f = await post(`/v1/lists/${pull.dataset.pull}:pull`); $("pull-state").textContent = `${f.title}: ${f.entries.toLocaleString("en-US")} entries of ${f.dated} are in force.`; setTimeout(() => location.reload(), 900); }
      catch (problem) { $("pull-state").textContent = `${problem.detail || "The list could not be pulled"}. ${problem.mend || ""}`; pull.disabled = false; pull.textContent = text; }
    }
    if (e.target.id === "again") {
      const place = $("again-found");
      e.target.disabled = true; place.textContent = "Screening…";
      try {
        const f = await post("/v1/screenings/again");
        place.textContent = "";
        const p = document.createElement("p"); p.textContent = f.screened ? `${f.screened} screened, ${f.differences.length} became different.` : "No party is kept yet: screen one and choose “Keep”."; place.append(p);
        f.differences.forEach((d) => { const q = document.createElement("p"); q.textContent = `${d.party}: ${d.before} → ${d.after}${d.came.length ? "; came: " + d.came.join(", ") : ""}${d.went.length ? "; went: " + d.went.join(", ") : ""}`; place.append(q); });
      } catch (problem) { place.textContent = `${problem.detail || "That did not work"}. ${problem.mend || ""}`; }
      e.target.disabled = false;
    }
  });
})();
