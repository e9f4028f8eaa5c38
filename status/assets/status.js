// Follows /events and replaces the parts of the page that changed. Without it the page is a still one.
"use strict";
(() => {
  const live = document.getElementById("live");
  let busy = false, again = false;

  // The server writes the page; what differs is taken over. Keyboard focus and scrolling stay where they are.
  const takeOver = (fresh) => {
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = document.getElementById(part.id);
      if (old.outerHTML === part.outerHTML) continue;
      const scrolled = old.querySelector(".scroll");
      const left = scrolled ? scrolled.scrollLeft : 0;
      const region = document.activeElement === scrolled;
      old.replaceWith(part);
      const again = part.querySelector(".scroll");
      if (again) { again.scrollLeft = left; if (region && scrolled) again.focus({preventScroll: true}); }
    }
    if (focused && document.activeElement === document.body) {
      const same = document.querySelector(`main a[href="${focused}"]`);
      if (same) same.focus({preventScroll: true});
    }
  };

  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.pathname, {cache: "no-store"});
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        // A part that is new (a publish's picture once it begins) needs the whole content.
        const ids = (d) => [...d.querySelectorAll("[data-live]")].map((x) => x.id).join();
        if (ids(fresh) === ids(document)) takeOver(fresh);
        else document.getElementById("main").replaceWith(fresh.getElementById("main"));
      }
    } catch { /* the event stream says that the gateway is away */ }
    busy = false;
    if (again) { again = false; refresh(); }
  };

  const events = new EventSource("/events");
  events.addEventListener("change", refresh);
  events.onopen = () => { live.textContent = "live"; };
  events.onerror = () => { live.textContent = "not connected"; };
})();
