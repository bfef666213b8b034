// Answers that changed are sent together; what stood before stays in the record's file.
(() => {
  const form = document.getElementById("care");
  if (!form) return;
  const read = (set) => Object.fromEntries([...set.querySelectorAll("[data-part]")].map((i) => [i.dataset.part, i.value.trim()]));
  const before = new Map([...form.querySelectorAll("[data-question]")].map((set) => [set, JSON.stringify(read(set))]));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const error = document.getElementById("care-error"), answers = {};
    error.hidden = true;
    for (const [set, was] of before) {
      const now = read(set);
      if (JSON.stringify(now) === was) continue;
      if (!now.state) { error.textContent = "Choose yes, no, expert or not applicable beside the words."; error.hidden = false; set.querySelector("select").focus(); return; }
      answers[set.dataset.question] = now;
    }
    if (!Object.keys(answers).length) { error.textContent = "Nothing changed."; error.hidden = false; return; }
    try {
      const answer = await fetch("/v1/care/answers", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ subject: form.dataset.subject, answers }) });
      const found = await answer.json();
      if (!answer.ok) throw found;
      location.reload();
    } catch (problem) { error.textContent = `${problem.detail || "The answers could not be kept"}. ${problem.mend || ""}`; error.hidden = false; }
  });
})();
