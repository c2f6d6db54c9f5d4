/** Bundles the console: node console/build.mjs DIRECTORY; equal sources give equal files. */

import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];

await mkdir(target, { recursive: true });
const bundle = await build({
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
  metafile: true,
  logLevel: "warning",
});
for (const name of ["index.html", "output.html", "console.css", "icon.svg"]) {
  await copyFile(join(here, name), join(target, name));
}
await writeFile(join(target, "licenses.txt"), await licenses(Object.keys(bundle.metafile.inputs)));

/** What the packages' authors ask for where their code is passed on. */
async function licenses(files) {
  const names = files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  const texts = [...new Set(names)].filter(Boolean).sort().map(license);
  return `console.js contains code of these packages:\n\n${(await Promise.all(texts)).join("\n")}`;
}

async function license(name) {
  const folder = join(here, "..", "node_modules", name);
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? "" : `\n${await readFile(join(folder, file), "utf8")}`;
  return `${name} ${about.version}, ${about.license}\n${text}`;
}
