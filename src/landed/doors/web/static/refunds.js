// A report dropped on the box is sent at once; one that is too large for a form goes to the uploads first.
(() => {
  const input = document.getElementById("rfile"), box = document.querySelector("[data-drop=rfile]"), state = document.getElementById("r-state");
  if (!box) return;
  const MOST = 900_000; // bytes of a form
  async function send() {
    const file = input.files[0], form = input.form;
    if (!file) return;
    form.elements.upload.value = "";
    if (file.size <= MOST) return form.requestSubmit();
    state.textContent = `Sending ${file.name}, ${Math.ceil(file.size / 1024).toLocaleString("en-US")} KB…`;
    try {
      const answer = await fetch(`/v1/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      const found = await answer.json();
      if (!answer.ok) throw found;
      form.elements.upload.value = found.id;
      form.elements.report.value = "";
      input.value = "";
      form.requestSubmit();
    } catch (problem) { state.textContent = `${problem.detail || "The file could not be sent"}. ${problem.mend || ""}`; }
  }
  input.addEventListener("change", send);
  ["dragover", "dragleave", "drop"].forEach((kind) => box.addEventListener(kind, (e) => {
    e.preventDefault();
    box.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && e.dataTransfer.files[0]) { input.files = e.dataTransfer.files; send(); }
  }));
})();
