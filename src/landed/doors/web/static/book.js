// A booking in two steps: prepared and shown, then sent by a second click, once.
(() => {
  const $ = (id) => document.getElementById(id), form = $("book");
  if (!form) return;
  let token = "";
  async function post(url, body) {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
    if (!answer.ok) throw found;
    return found;
  }
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    $("prepared").hidden = true;
    form.querySelectorAll("[data-for]").forEach((p) => ((p.hidden = true), (p.textContent = "")));
    form.querySelectorAll("[aria-invalid]").forEach((i) => i.removeAttribute("aria-invalid"));
    const said = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, String(v).trim()]).filter(([, v]) => v));
    const { type, units, gross_kg, commodity, hs_code, ...rest } = said;
    const box = { type, units: Number(units) || units, gross_kg, commodity, hs_code };
    Object.keys(box).forEach((k) => box[k] === undefined && delete box[k]);
    try {
      const found = await post("/v1/freight/bookings:prepare", { carrier: form.dataset.carrier, origin: form.dataset.origin, destination: form.dataset.destination, routing_reference: form.dataset.sailing, equipment: [box], ...rest });
      token = found.token;
      $("prep-what").textContent = `Your reference ${found.own_reference}, to ${found.carrier}. ${found.next || ""}`;
      $("prep-message").textContent = JSON.stringify(found.message, null, 2);
      $("sent").textContent = "";
      $("confirm").disabled = false;
      $("prepared").hidden = false;
      $("confirm").focus();
    } catch (problem) {
      (problem.errors || [problem]).forEach((each) => {
        const name = String(each.where || "").split(/[.\]]/).pop(), place = form.querySelector(`[data-for="${CSS.escape(name)}"]`) || form.querySelector('[data-for=""]');
        place.textContent += `${place.dataset.for ? "" : each.where ? each.where + ": " : ""}${each.detail || "This could not be prepared"}. ${each.mend || ""} `;
        place.hidden = false;
        form.elements[name]?.setAttribute?.("aria-invalid", "true");
      });
    }
  });
  $("confirm").addEventListener("click", async () => {
    $("confirm").disabled = true;
    $("sent").textContent = "Sending…";
    try {
      const found = await post("/v1/freight/bookings:confirm", { token });
      const link = document.createElement("a");
      link.href = `/track?own_reference=${encodeURIComponent(found.own_reference)}`;
      link.textContent = "Track it";
      $("sent").textContent = `${found.status.replace("_", " ")}${found.carrier_reference ? `, the carrier calls it ${found.carrier_reference}` : ""}. `;
      $("sent").append(link);
    } catch (problem) {
      $("sent").textContent = `${problem.detail || "It was not sent"}. ${problem.mend || ""}`;
      $("confirm").disabled = problem.code !== "BOOKING_IN_DOUBT" && problem.code !== "CARRIER_BUSY" && problem.code !== "CARRIER_UNREACHABLE";
    }
  });
})();
