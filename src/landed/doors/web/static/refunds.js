// A report dropped on the box is sent at once.
(() => {
  const input = document.getElementById("rfile"), box = document.querySelector("[data-drop=rfile]");
  if (!box) return;
  input.addEventListener("change", () => { if (input.files[0]) input.form.requestSubmit(); });
  ["dragover", "dragleave", "drop"].forEach((kind) => box.addEventListener(kind, (e) => {
    e.preventDefault();
    box.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && e.dataTransfer.files[0]) { input.files = e.dataTransfer.files; input.form.requestSubmit(); }
  }));
})();
