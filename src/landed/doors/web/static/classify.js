// Keeps the name of who decides in this browser, and confirms rows of the review queue in place.
(() => {
  document.querySelectorAll("[data-keep]").forEach((input) => {
    const key = `landed-${input.dataset.keep}`;
    try { input.value ||= localStorage.getItem(key) || ""; } catch { /* private window */ }
    input.addEventListener("change", () => { try { localStorage.setItem(key, input.value); } catch { /* private window */ } });
  });
  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (!form.dataset.confirm) return;
    e.preventDefault();
    const said = form.querySelector("[role=status]"), who = document.getElementById("k-who");
    if (!who.value.trim()) { said.textContent = "Say above who decides."; who.focus(); return; }
    const body = { ...JSON.parse(form.dataset.confirm), code: form.elements.code.value.trim(), who: who.value.trim(), why: form.elements.why.value.trim() };
    try {
      const answer = await fetch("/v1/classifications:confirm", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      const found = await answer.json();
      if (!answer.ok) throw found;
      said.textContent = found.overrides ? `Kept ${found.code} instead of ${found.suggested}.` : `Kept ${found.code}.`;
      form.querySelector("button").disabled = true;
    } catch (problem) { said.textContent = `${problem.detail || "Not kept"}. ${problem.mend || ""}`; }
  });
})();
