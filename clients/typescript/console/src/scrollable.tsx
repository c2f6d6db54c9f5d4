/** Scrollable: text that scrolls where it is long, and can be scrolled by keyboard then. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Scrollable(props: { class?: string; label?: string; children: ComponentChildren }) {
  const element = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => {
    const { current } = element;
    // Text that is all in view is no stop on the way to the next button.
    if (current && current.scrollHeight > current.clientHeight) {
      current.tabIndex = 0;
    } else {
      current?.removeAttribute("tabindex");
    }
  });
  return (
    <pre
      ref={element}
      class={props.class}
      aria-label={props.label}
      role={props.label ? "group" : undefined}
    >
      {props.children}
    </pre>
  );
}
