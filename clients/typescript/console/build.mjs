/** Bundles the console: node console/build.mjs DIRECTORY; equal sources give equal files. */

import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];

await mkdir(target, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { console: "src/main.tsx" },
  outdir: target,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  preserveSymlinks: true,
  logLevel: "warning",
});
for (const name of ["index.html", "output.html", "console.css", "icon.svg"]) {
  await copyFile(join(here, name), join(target, name));
}
