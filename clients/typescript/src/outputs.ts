/**
 * What code says when it runs, as plain values: text, things it shows, errors, gaps.
 *
 * They have the names of their messages in executions.proto. A MIME bundle is a mapping from media
 * type to content: text as string, images and the like as bytes, JSON documents parsed.
 */

import {
  type DisplayData as DisplayDataPb,
  type ExecuteResult as ExecuteResultPb,
  GapReason,
  type MimeBundle,
  type OutputGap as OutputGapPb,
} from "./gen/jupyter_sessions/v1/executions_pb.js";

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type MimeContent = Uint8Array | Json;
export type MimeData = ReadonlyMap<string, MimeContent>;

/** Text the code wrote; `name` is "stdout" or "stderr". */
export interface StreamOutput {
  readonly kind: "stream";
  readonly name: string;
  readonly text: string;
}

/** Something the code displayed; `displayId` is empty if it cannot be updated. */
export interface DisplayData {
  readonly kind: "display_data";
  readonly data: MimeData;
  readonly metadata: Json;
  readonly displayId: string;
}

/** The value of the code's last expression. */
export interface ExecuteResult {
  readonly kind: "execute_result";
  readonly data: MimeData;
  readonly metadata: Json;
  readonly executionCount: number;
}

/** An error the code raised; the lines of `traceback` have the kernel's terminal colours. */
export interface ErrorOutput {
  readonly kind: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** Outputs are missing: how many of the kernel's messages, and the GapReason's name. */
export interface OutputGap {
  readonly kind: "gap";
  readonly missingCount: number;
  readonly reason: string;
}

export type Output = StreamOutput | DisplayData | ExecuteResult | ErrorOutput | OutputGap;

/** Something the code displayed. */
export function displayFromPb(message: DisplayDataPb): DisplayData {
  return {
    kind: "display_data",
    data: dataFromPb(message.data),
    metadata: jsonObject(message.metadataJson),
    displayId: message.displayId,
  };
}

/** The value of the last expression. */
export function resultFromPb(message: ExecuteResultPb): ExecuteResult {
  return {
    kind: "execute_result",
    data: dataFromPb(message.data),
    metadata: jsonObject(message.metadataJson),
    executionCount: message.executionCount,
  };
}

/** Outputs that are missing. */
export function gapFromPb(message: OutputGapPb): OutputGap {
  return {
    kind: "gap",
    missingCount: Number(message.missingCount),
    reason: GapReason[message.reason] ?? String(message.reason),
  };
}

/** What was written, or the text/plain of what is shown; empty for an error or a gap. */
export function textPlain(output: Output): string {
  if (output.kind === "stream") {
    return output.text;
  }
  const content = "data" in output ? output.data.get("text/plain") : undefined;
  return typeof content === "string" ? content : "";
}

/** The text without terminal control sequences. */
export function withoutColours(text: string): string {
  return text.replace(ANSI_SEQUENCE, "");
}

const ANSI_SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]/g;

function dataFromPb(bundle: MimeBundle | undefined): MimeData {
  const data = new Map<string, MimeContent>();
  for (const { mimeType, content } of bundle?.parts ?? []) {
    if (content.case !== undefined) {
      data.set(
        mimeType,
        content.case === "json" ? (JSON.parse(content.value) as Json) : content.value,
      );
    }
  }
  return data;
}

function jsonObject(text: string): Json {
  return JSON.parse(text || "{}") as Json;
}
