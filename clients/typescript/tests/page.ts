/** As much of a browser's page as pauses need: one that is looked at. */

const page = Object.assign(new EventTarget(), { hidden: false });

Object.assign(globalThis, {
  document: page,
  addEventListener: page.addEventListener.bind(page),
});
