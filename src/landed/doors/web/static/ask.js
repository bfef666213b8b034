// The conversation: asks, shows tool calls and words as they come, then figures, choices, sources and receipts.
(() => {
  const form = document.getElementById("say");
  if (!form) return;
  const $ = (id) => document.getElementById(id);
  const words = $("words"), talk = $("talk"), first = $("first");
  let state = null, photo = "", busy = false, going = null;
  const make = (tag, given = {}, ...inside) => { const e = Object.assign(document.createElement(tag), given); e.append(...inside.filter((i) => i !== null && i !== "")); return e; };
  const down = () => requestAnimationFrame(() => scrollTo({ top: document.body.scrollHeight }));

  // The words around an answer are in its language.
  const CHINESE = { "Understood": "理解为", "Assumed": "假定", "Open this on its page": "在页面中打开", "To bear in mind": "请注意", "Sources and receipts": "来源与凭据", "Confirm": "确认", "No": "不用", "Nothing was changed.": "未作任何更改。", "Done.": "已完成。" };
  const say = (words, lang) => (lang === "zh" && CHINESE[words]) || words;
  // Words become paragraphs and lists; nothing in them is read as markup.
  function dress(text) {
    const out = make("div", { className: "words" });
    let list = null;
    for (const line of text.split("\n")) {
      if (/^- /.test(line)) { if (!list) out.append(list = make("ul")); list.append(make("li", { textContent: line.slice(2) })); }
      else if (line.trim()) { list = null; out.append(make("p", { textContent: line })); }
    }
    return out;
  }
  function call(box, tool, request) {
    const one = make("details", { className: "busy" }, make("summary", { textContent: tool.replaceAll("_", " ") }), make("pre", { textContent: JSON.stringify(request, null, 1) }));
    box.append(one);
    return one;
  }
  function finish(item, a) {
    item.replaceChildren();
    if (a.understood) item.append(make("p", { className: "read", textContent: `${say("Understood", a.language)}: ${a.understood}` }));
    const calls = make("div", { className: "calls" });
    for (const r of a.receipts) { const one = call(calls, r.tool, r.request); one.className = r.ok ? "" : "bad"; one.firstChild.textContent += ` · ${r.milliseconds} ms${r.ok ? "" : " · " + r.problem}`; }
    if (a.receipts.length) item.append(calls);
    if (a.facts.length) item.append(make("dl", { className: "figures" }, ...a.facts.map(([k, v]) => make("div", {}, make("dt", { textContent: k }), make("dd", { textContent: v })))));
    item.append(dress(a.text));
    if (a.assumed.length) item.append(make("p", { className: "amber more", textContent: `${say("Assumed", a.language)}: ${a.assumed.join("; ")}${a.language === "zh" ? "。" : "."}` }));
    if (a.choices.length) item.append(make("div", { className: "picks" }, ...a.choices.map((c) => { const b = make("button", { type: "button", className: "chip", textContent: c.label }); b.dataset.say = c.text; return b; })));
    if (a.proposal) item.append(waits(a.proposal, a.language));
    if (a.link) item.append(make("p", { className: "more" }, make("a", { href: a.link, textContent: say("Open this on its page", a.language) })));
    if (a.notes.length) item.append(make("details", { className: "more" }, make("summary", { textContent: say("To bear in mind", a.language) }), make("ul", {}, ...a.notes.map((n) => make("li", { textContent: n })))));
    if (a.sources.length || a.receipts.length) item.append(make("details", { className: "more" }, make("summary", { textContent: `${say("Sources and receipts", a.language)} (${a.sources.length + a.receipts.length})` }),
      make("ul", {}, ...a.sources.map((s) => make("li", { textContent: s })), ...a.receipts.map((r) => make("li", {}, `${r.tool}: `, make("code", { textContent: r.id }), r.law_version ? `, law ${r.law_version}` : "")))));
    if (a.why_rules) item.append(make("p", { className: "more", textContent: `Answered by rules, not by the model: ${a.why_rules}.` }));
    else if (a.by === "model") item.append(make("p", { className: "more", textContent: `Worded by ${a.model}; every figure was looked up in the results above.` }));
  }
  // A change runs only by this click; the token never passes through a model.
  function waits(p, lang) {
    const box = make("div", { className: "waits" }, make("p", {}, make("b", { textContent: p.says })));
    const yes = make("button", { type: "button", className: "go small", textContent: say("Confirm", lang) }), no = make("button", { type: "button", className: "ghost small", textContent: say("No", lang) });
    const row = make("p", {}, yes, " ", no);
    box.append(row);
    no.onclick = () => row.replaceWith(make("p", { textContent: say("Nothing was changed.", lang) }));
    yes.onclick = async () => {
      yes.disabled = true;
      const answer = await fetch("/v1/ask:confirm", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: p.token }) });
      const found = await answer.json().catch(() => ({}));
      row.replaceWith(make("p", { role: "status", className: answer.ok ? "" : "error", textContent: answer.ok ? say("Done.", lang) : `${found.detail || "That did not work"}. ${found.mend || ""}` }));
    };
    return box;
  }
  function failed(item, p) { item.replaceChildren(make("p", { className: "error", role: "alert", textContent: `${p.detail || "The answer did not come"}. ${p.mend || ""}` })); }

  async function ask(text, paper) {
    if (busy || (!text.trim() && !photo && !paper)) return;
    busy = true; going = new AbortController(); working(true); first.hidden = true;
    const mine = make("li", { className: "mine" });
    if (photo) mine.append(make("img", { src: photo, alt: "Your photo" }));
    mine.append(paper ? [paper.name, text].filter(Boolean).join("\n") : text);
    const calls = make("div", { className: "calls" }), live = make("div", {}), item = make("li", { className: "theirs" }, calls, live);
    talk.append(mine, item); words.value = ""; grow(); down();
    let shown = "", last = null, done = false;
    try {
      const answer = await fetch("/ask/stream", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text, state, deep: $("deep").checked, photo: photo || undefined, ...paper }), signal: going.signal });
      letGo();
      if (!answer.ok) throw await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
      const reader = answer.body.getReader(), decoder = new TextDecoder();
      let rest = "";
      for (;;) {
        const { value, done: end } = await reader.read();
        rest += decoder.decode(value || new Uint8Array(), { stream: !end });
        const lines = rest.split("\n"); rest = lines.pop();
        for (const line of lines) {
          if (!line) continue;
          const e = JSON.parse(line);
          if (e.event === "tool") last = call(calls, e.tool, e.request);
          else if (e.event === "tool_done" && last) last.className = e.ok ? "" : "bad";
          else if (e.event === "text") { shown += e.text; live.replaceChildren(dress(shown)); down(); }
          else if (e.event === "take_back") { shown = ""; live.replaceChildren(); }
          else if (e.event === "answer") { done = true; state = e.state; finish(item, e); }
          else if (e.event === "error") { done = true; failed(item, e); }
        }
        if (end) break;
      }
      if (!done) failed(item, { detail: "The connection was lost", mend: "Ask again." });
    } catch (problem) {
      letGo();
      if (problem?.name === "AbortError") item.append(make("p", { className: "more", role: "status", textContent: "Stopped. Nothing was changed." }));
      else failed(item, problem?.detail ? problem : { detail: "The server cannot be reached", mend: "Ask again." });
    }
    busy = false; working(false); words.focus(); down();
  }
  // While an answer comes, the button stops it.
  function working(on) { $("send").textContent = on ? "Stop" : "Ask"; $("send").classList.toggle("stop", on); for (const one of talk.querySelectorAll("details.busy")) if (!on) one.className = ""; }
  function grow() { words.style.height = "auto"; words.style.height = Math.min(words.scrollHeight + 2, 180) + "px"; }
  function letGo() { photo = ""; $("held").hidden = true; $("photo-file").value = ""; }

  // A photo of goods is made small here before it is sent; an invoice is read as it is.
  async function take(file) {
    if (!file) return;
    const picture = file.type.startsWith("image/");
    if (!picture || !form.dataset.sees) {
      if (!form.dataset.reads) { window.landed?.toast?.("Nothing here reads files. Say in words what the goods are."); return; }
      if (file.size > 8e6) { window.landed?.toast?.("Expected at most 8 MB."); return; }
      const data = await new Promise((done) => { const r = new FileReader(); r.onload = () => done(r.result); r.onerror = () => done(""); r.readAsDataURL(file); });
      $("photo-file").value = "";
      if (data) ask(words.value.trim(), { document: data.slice(data.indexOf(",") + 1), name: file.name });
      return;
    }
    try {
      const picture = await createImageBitmap(file), scale = Math.min(1, 1280 / Math.max(picture.width, picture.height));
      const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      photo = canvas.toDataURL("image/jpeg", 0.85);
      $("held-photo").src = photo; $("held").hidden = false; words.focus();
    } catch { window.landed?.toast?.("This picture cannot be read. Save it as JPEG."); }
  }
  form.addEventListener("submit", (e) => { e.preventDefault(); if (busy) going.abort(); else ask(words.value.trim()); });
  words.addEventListener("input", grow);
  words.addEventListener("keydown", (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); if (!busy) form.requestSubmit(); } else if (e.key === "Escape" && busy) going.abort(); });
  words.addEventListener("paste", (e) => { const file = [...e.clipboardData.files][0]; if (file) { e.preventDefault(); take(file); } });
  $("photo-file").addEventListener("change", (e) => { e.stopPropagation(); take(e.target.files[0]); });
  $("let-go").addEventListener("click", letGo);
  $("afresh").addEventListener("click", () => { going?.abort(); state = null; talk.replaceChildren(); first.hidden = false; letGo(); words.focus(); });
  document.addEventListener("click", (e) => { const b = e.target.closest("[data-say]"); if (b) ask(b.dataset.say); });
  ["dragover", "dragleave", "drop"].forEach((kind) => form.addEventListener(kind, (e) => { e.preventDefault(); form.classList.toggle("over", kind === "dragover"); if (kind === "drop") take(e.dataTransfer.files[0]); }));
  if (form.dataset.asked) ask(form.dataset.asked); else words.focus({ preventScroll: true });
})();
