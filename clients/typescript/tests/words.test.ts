/** What the console says of kernels. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";

import { Loads } from "../console/src/loads.js";
import { pauseMs } from "../console/src/pauses.js";
import { ago, duration, exitWords, gapWords, size } from "../console/src/words.js";
import { KernelExitCause } from "../src/index.js";
import { KernelExitSchema, KernelSchema } from "../src/gen/jupyter_sessions/v1/kernels_pb.js";

test("sizes, durations and times are short", () => {
  // A column of numbers is read at a glance.
  assert.deepEqual([0, 999, 1500, 45_600_000, 2_340_000_000].map(size), [
    "0 B",
    "999 B",
    "1.5 KB",
    "46 MB",
    "2.3 GB",
  ]);
  assert.deepEqual([4, 1234, 59_000, 61_000, 7_260_000].map(duration), [
    "4 ms",
    "1.2 s",
    "59 s",
    "1 min 1 s",
    "2 h 1 min",
  ]);
  const minutesAgo = (minutes: number) => ago(timestampFromMs(0), minutes * 60_000);
  assert.deepEqual([0, 0.5, 90, 60 * 24 * 3].map(minutesAgo), [
    "just now",
    "30 s ago",
    "1 h ago",
    "3 days ago",
  ]);
});

test("a death is told with the signal or the exit code", () => {
  // "SIGKILL" tells those who know; the words tell the others.
  const words = (exit: object) => exitWords(create(KernelExitSchema, exit));

  assert.match(
    words({ cause: KernelExitCause.SIGNALED, signal: 9 }),
    /with signal 9 \(SIGKILL\)\.$/,
  );
  assert.match(words({ cause: KernelExitCause.SIGNALED, signal: 11 }), /^Its process crashed/);
  assert.match(words({ cause: KernelExitCause.EXITED, exitCode: 3 }), /with exit code 3\.$/);
  assert.equal(words({ cause: KernelExitCause.OUT_OF_MEMORY }), "It ran out of memory.");
});

test("missing messages are counted", () => {
  // One and many are said differently.
  assert.match(gapWords(1, "TRIMMED"), /^1 message is missing here/);
  assert.match(gapWords(7, "STORAGE_FULL"), /^7 messages are missing here: the disk was full\.$/);
});

test("a load comes of two measurements of one process", () => {
  // A restarted kernel begins anew, and has no negative load.
  const measured = (cpuMs: number, atMs: number) =>
    create(KernelSchema, {
      kernelId: "k",
      usage: { cpuTime: durationFromMs(cpuMs), measureTime: timestampFromMs(atMs) },
    });
  const loads = new Loads();
  const seen = [
    measured(1_000, 10_000),
    measured(6_000, 20_000),
    measured(6_000, 20_000),
    measured(100, 30_000),
  ].map((kernel) => {
    loads.update([kernel]);
    return loads.of("k");
  });

  assert.deepEqual(seen, [undefined, 0.5, 0.5, undefined]);
});

test("pauses grow with failures, and are long where nobody looks", () => {
  // A hundred open tabs must not keep a stopped server from starting.
  const pauses = [0, 1, 2, 10].map((failures) => pauseMs(1_500, failures, false));

  assert.deepEqual(pauses, [1_500, 3_000, 6_000, 15_000]);
  assert.equal(pauseMs(1_500, 0, true), 30_000);
});
