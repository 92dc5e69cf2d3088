/**
 * Builds the bundles that stand in `static/widgets/`, and weighs them.
 *
 *   node widgets/build.mjs          writes bundles and manifest
 *   node widgets/build.mjs --check  writes nothing; fails when the committed files are not what the
 *                                   sources build, or when a bundle is over its budget
 */
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "static", "widgets");
/** Goal 8: everything a widget is, in one file, gzip -9. */
const BUDGET_GZIP_BYTES = 10_000;
const NOTICE_GZIP_BYTES = 5_500;
/** A dealer's own device loads it once and keeps it; no shop's page carries it. */
const KIOSK_GZIP_BYTES = 8_000;
const WORKER_GZIP_BYTES = 2_500;

const BUNDLES = [
  { file: "ileti.js", entry: "entry-script.ts", format: "iife", budget: BUDGET_GZIP_BYTES },
  { file: "ileti.esm.js", entry: "entry-esm.ts", format: "esm", budget: BUDGET_GZIP_BYTES },
  { file: "ileti-notice.js", entry: "entry-notice.ts", format: "iife", budget: NOTICE_GZIP_BYTES },
  { file: "ileti-preferences.js", entry: "entry-preferences.ts", format: "iife", budget: BUDGET_GZIP_BYTES },
  { file: "ileti-kiosk.js", entry: "entry-kiosk.ts", format: "iife", budget: KIOSK_GZIP_BYTES },
  { file: "ileti-kiosk-worker.js", entry: "entry-kiosk-worker.ts", format: "iife", budget: WORKER_GZIP_BYTES },
];

/** CSS in a template literal is not seen by the minifier; line breaks in it are for readers. */
const tightCss = {
  name: "tight-css",
  setup(step) {
    step.onLoad({ filter: /styles\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(/CSS = `([^`]*)`/, (_, css) => `CSS = \`${css.replace(/\n/g, "")}\``);
      return { contents, loader: "ts" };
    });
  },
};

async function bundle({ file, entry, format }) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "src", entry)],
    bundle: true,
    write: false,
    minify: true,
    format,
    target: ["es2022"],
    charset: "utf8",
    legalComments: "none",
    banner: { js: "/* İleti, Apache-2.0; icons: lucide, ISC */" },
    // Classes and modules are strict by themselves; the directive would be dead weight.
    tsconfigRaw: {},
    plugins: [tightCss],
    logLevel: "error",
  });
  return { file, text: Buffer.from(outputFiles[0].contents) };
}

function describe({ file, text }) {
  const sri = `sha384-${createHash("sha384").update(text).digest("base64")}`;
  // zlib builds differ by a few bytes between Node versions; the weight is told, not compared.
  return { file, bytes: text.length, gzip: gzipSync(text, { level: 9 }).length, integrity: sri };
}

const built = await Promise.all(BUNDLES.map(bundle));
const files = built.map(describe);
const faults = files
  .filter((one, n) => one.gzip > BUNDLES[n].budget)
  .map((one) => `${one.file} weighs ${one.gzip} bytes gzipped, over its budget.`);

if (process.argv.includes("--check")) {
  const read = (name) => readFile(join(OUT, name)).catch(() => Buffer.alloc(0));
  for (const { file, text } of built) {
    if (!text.equals(await read(file))) faults.push(`static/widgets/${file} is not what the sources build.`);
  }
  const manifest = JSON.parse((await read("manifest.json")).toString() || '{"files":[]}');
  for (const one of files) {
    const told = manifest.files.find((other) => other.file === one.file);
    if (told?.integrity !== one.integrity) faults.push(`manifest.json does not describe ${one.file}.`);
  }
} else {
  await mkdir(OUT, { recursive: true });
  for (const { file, text } of built) await writeFile(join(OUT, file), text);
  const manifest = { budget: BUDGET_GZIP_BYTES, files };
  await writeFile(join(OUT, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

for (const one of files) console.log(`${one.file}: ${one.bytes} bytes, ${one.gzip} gzipped, ${one.integrity}`);
if (faults.length) {
  console.error(faults.join("\n"));
  console.error("Run `npm run build` in widgets/ and commit static/widgets/.");
  process.exit(1);
}
