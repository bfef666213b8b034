// Hands what was dropped or pasted into the one box to the page that takes it: a spreadsheet block to the entry, a file to the documents.
(() => {
  const leads = (href) => Boolean(document.querySelector(`#pages a[href="${href}"]`));
  const store = (act) => new Promise((done, fail) => {
    const open = indexedDB.open("landed", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("hand");
    open.onerror = () => fail(open.error);
    open.onsuccess = () => {
      const step = open.result.transaction("hand", "readwrite"), asked = act(step.objectStore("hand"));
      step.oncomplete = () => { open.result.close(); done(asked.result); };
      step.onerror = () => fail(step.error);
    };
  });
  window.landedHand = {
    // Keeps one file for the next page, which takes it once.
    put: (file) => store((hand) => hand.put({ file, name: file.name }, "file")),
    async take() { const kept = await store((hand) => hand.get("file")); if (kept) await store((hand) => hand.delete("file")); return kept?.file; },
  };
  async function file(given) {
    if (!leads("/documents") && leads("/batch") && /\.(csv|xlsx|jsonl|parquet)$/i.test(given.name)) { await landedHand.put(given); location.href = "/batch?handed=1"; return; }
    if (!leads("/documents")) return window.landed?.toast("This server does not read documents: install landed[docs]");
    try { await landedHand.put(given); location.href = "/documents?handed=1"; } catch { location.href = "/documents"; }
  }
  document.addEventListener("paste", (e) => {
    if (e.target.id !== "code") return;
    if (e.clipboardData.files.length) { e.preventDefault(); return void file(e.clipboardData.files[0]); }
    const text = e.clipboardData.getData("text").trim();
    // One cell or a sentence stays in the box; rows of cells are an entry.
    if (!leads("/entry") || !text.includes("\t")) return;
    e.preventDefault();
    try { sessionStorage.setItem("landed-block", text); location.href = "/entry"; } catch { window.landed?.toast("The block is too large for here: paste it into the entry"); }
  });
  const over = (e) => e.target.closest?.("#ask") && e.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (e) => { if (over(e)) { e.preventDefault(); document.getElementById("ask").classList.add("over"); } });
  document.addEventListener("dragleave", (e) => { if (e.target.closest?.("#ask")) document.getElementById("ask").classList.remove("over"); });
  document.addEventListener("drop", (e) => { if (over(e) && e.dataTransfer.files[0]) { e.preventDefault(); document.getElementById("ask").classList.remove("over"); file(e.dataTransfer.files[0]); } });
  // The page of batches takes a handed file as if it were dropped there.
  if (location.pathname === "/batch" && location.search.includes("handed")) window.addEventListener("load", async () => {
    const given = await landedHand.take(), input = document.getElementById("file");
    if (!given || !input) return;
    const list = new DataTransfer(); list.items.add(given); input.files = list.files; input.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
