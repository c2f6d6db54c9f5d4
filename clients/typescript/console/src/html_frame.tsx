/** HtmlFrame: HTML that code has made, in a frame that cannot reach this page. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const LEAST_HEIGHT = 8;
const GREATEST_HEIGHT = 1_200;

export function HtmlFrame({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [ready, setReady] = useState(false);
  const [height, setHeight] = useState(40);
  useLayoutEffect(() => {
    // Before the frame can be loaded: it says only once that it is ready.
    // It may send anything: only a height is taken from it, and only within limits.
    const heard = ({ source, data }: MessageEvent) => {
      if (source !== frame.current?.contentWindow) {
        return;
      }
      if (data?.ready === true) {
        setReady(true);
      } else if (typeof data?.height === "number" && Number.isFinite(data.height)) {
        const wanted = Math.ceil(data.height) + 2;
        setHeight(Math.min(GREATEST_HEIGHT, Math.max(LEAST_HEIGHT, wanted)));
      }
    };
    addEventListener("message", heard);
    return () => removeEventListener("message", heard);
  }, []);
  useEffect(() => {
    if (ready) {
      // Its origin is opaque, so it cannot be named here; it is our own frame all the same.
      frame.current?.contentWindow?.postMessage({ html }, "*");
    }
  }, [ready, html]);
  return (
    <iframe
      ref={frame}
      class="html"
      title="HTML output"
      sandbox="allow-scripts"
      src="console/output.html"
      height={height}
    />
  );
}
