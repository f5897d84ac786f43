// Keeps the progress of the run under way current, and loads the page anew when it is over. Without this, the page
// loads itself anew every few seconds.
"use strict";

for (const live of document.querySelectorAll("[data-live]")) {
  const bar = live.querySelector("progress");
  const events = new EventSource(live.dataset.live);

  events.addEventListener("message", (event) => {
    const run = JSON.parse(event.data);
    for (const place of live.querySelectorAll("[data-show]")) {
      const value = String(run[place.dataset.show] ?? "?");
      if (place.textContent !== value) {
        place.textContent = value;
      }
    }
    if (run.total) {
      bar.max = run.total;
      bar.value = run.done;
    } else {
      bar.removeAttribute("value");
    }
  });

  events.addEventListener("over", () => {
    events.close();
    location.reload();
  });
}
