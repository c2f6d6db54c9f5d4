/** Outputs: each in its best representation; text as text, HTML in a frame of its own. */

import { useEffect, useMemo } from "preact/hooks";

import type { MimeData, Output } from "../../src/index.js";
import { HtmlFrame } from "./html_frame.js";
import { Scrollable } from "./scrollable.js";
import { TerminalText } from "./terminal_text.js";
import { gapWords } from "./words.js";

const IMAGE_TYPES = [
  "image/svg+xml",
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/bmp",
];
const TEXT_TYPES = ["text/plain", "text/markdown", "text/latex"];
/** Longer documents are cut: a browser shows no megabytes of text well. */
const JSON_LIMIT = 200_000;

export function Outputs({ outputs }: { outputs: readonly Output[] }) {
  return (
    <div class="outputs">
      {outputs.map((output, index) => (
        <OutputView key={index} output={output} />
      ))}
    </div>
  );
}

function OutputView({ output }: { output: Output }) {
  switch (output.kind) {
    case "stream":
      return <TerminalText text={output.text} class={`stream ${output.name}`} />;
    case "error": {
      const { ename, evalue, traceback } = output;
      const text = traceback.join("\n") || `${ename}: ${evalue}`;
      return <TerminalText text={text} class="error" label={`Error: ${ename}: ${evalue}`} />;
    }
    case "gap":
      return <p class="gap">{gapWords(output.missingCount, output.reason)}</p>;
    default:
      return <Shown data={output.data} metadata={output.metadata} />;
  }
}

function Shown({ data, metadata }: { data: MimeData; metadata: unknown }) {
  const html = data.get("text/html");
  if (typeof html === "string") {
    return <HtmlFrame html={html} />;
  }
  const imageType = IMAGE_TYPES.find((type) => data.has(type));
  if (imageType) {
    return <Picture data={data} type={imageType} width={widthIn(metadata, imageType)} />;
  }
  const json = [...data.keys()].find((type) => type === "application/json");
  if (json) {
    return <Scrollable class="json">{jsonText(data.get(json))}</Scrollable>;
  }
  const textType = TEXT_TYPES.find((type) => typeof data.get(type) === "string");
  if (textType) {
    return <TerminalText text={String(data.get(textType))} class="result" />;
  }
  return <p class="gap">An output of type {[...data.keys()].join(", ") || "nothing"}.</p>;
}

function Picture(props: { data: MimeData; type: string; width: number | undefined }) {
  const { data, type, width } = props;
  const content = data.get(type);
  const url = useMemo(() => {
    const part = content instanceof Uint8Array ? new Uint8Array(content) : String(content);
    return URL.createObjectURL(new Blob([part], { type }));
  }, [content, type]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  const text = data.get("text/plain");
  return <img class="picture" src={url} width={width} alt={typeof text === "string" ? text : ""} />;
}

function widthIn(metadata: unknown, type: string): number | undefined {
  const ofType = (metadata as Record<string, { width?: unknown } | undefined> | null)?.[type];
  return typeof ofType?.width === "number" ? ofType.width : undefined;
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? "";
  return text.length > JSON_LIMIT ? `${text.slice(0, JSON_LIMIT)}\n… cut` : text;
}
