// `node tools/tidy/src/main.ts`: checks the house rules over this checkout. Status 1 when one is broken.

import { fileURLToPath } from 'node:url';
import { textFiles } from './files.ts';
import { FLOOR } from './floor.ts';
import { textOf, tidy } from './tidy.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { findings, saw } = tidy(textFiles(root), FLOOR);
for (const finding of findings) console.log(textOf(finding));

const errors = findings.filter(({ warning }) => warning !== true).length;
console.log(
  `tidy: ${errors} errors, ${findings.length - errors} warnings; ` +
    `saw ${saw.modules} modules in ${saw.packages} packages with ${saw.crossings} imports between them`,
);
process.exitCode = errors === 0 ? 0 : 1;
