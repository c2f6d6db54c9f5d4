/** As much of a browser's page as pauses need: one that is looked at. */

const page = Object.assign(new EventTarget(), { hidden: false });

/** Look at the page, or away from it. */
export function setHidden(hidden: boolean): void {
  page.hidden = hidden;
  page.dispatchEvent(new Event("visibilitychange"));
}

Object.assign(globalThis, {
  document: page,
  addEventListener: page.addEventListener.bind(page),
});
