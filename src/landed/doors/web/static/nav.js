// The navigation: group menus on a wide screen, one menu on a phone; Escape closes, arrows walk, Tab leaves.
(() => {
  const nav = () => document.querySelector("header.top nav");
  const phone = () => getComputedStyle(document.getElementById("menu")).display !== "none";
  const set = (button, open) => button.setAttribute("aria-expanded", String(open));
  const isOpen = (button) => button.getAttribute("aria-expanded") === "true";
  const groups = () => [...nav().querySelectorAll(".group > button")];
  const shut = (but) => groups().forEach((b) => b !== but && set(b, false));
  const tops = () => [...nav().querySelectorAll(".group > button, .alone > a")];
  const items = (button) => [...button.parentElement.querySelectorAll("a")];
  document.addEventListener("click", (e) => {
    if (!nav()) return;
    if (e.target.closest("#menu")) return set(document.getElementById("menu"), !isOpen(document.getElementById("menu")));
    const group = e.target.closest(".group > button");
    if (group && !phone()) { shut(group); return set(group, !isOpen(group)); }
    shut();
    if (!e.target.closest("#pages")) set(document.getElementById("menu"), false);
  });
  document.addEventListener("focusin", (e) => { if (nav() && !nav().contains(e.target)) { shut(); set(document.getElementById("menu"), false); } });
  document.addEventListener("keydown", (e) => {
    if (!nav()?.contains(e.target)) return;
    const group = e.target.closest(".group")?.querySelector("button");
    if (e.key === "Escape") {
      if (group && isOpen(group)) { set(group, false); group.focus(); }
      else if (isOpen(document.getElementById("menu"))) { set(document.getElementById("menu"), false); document.getElementById("menu").focus(); }
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step || phone()) return;
    const upright = e.key === "ArrowDown" || e.key === "ArrowUp";
    if (upright && !group) return;
    e.preventDefault();
    if (upright) {
      const all = items(group);
      if (e.target === group) { shut(group); set(group, true); return all[step > 0 ? 0 : all.length - 1].focus(); }
      return all[(all.indexOf(e.target) + step + all.length) % all.length].focus();
    }
    const all = tops(), at = all.indexOf(group || e.target), to = all[(at + step + all.length) % all.length], open = group && isOpen(group);
    shut();
    if (open && to.matches("button")) set(to, true);
    to.focus();
  });
})();
