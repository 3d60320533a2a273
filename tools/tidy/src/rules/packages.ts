// Rule `package`: a package has a name that tells its folder, one public entry, and a README of at most a page.

import type { Finding, House, Package } from '../house.ts';

const README_LINES_MAX = 100;
/** Packages that nobody imports: they need no public entry. */
const WITHOUT_ENTRY: readonly string[] = ['bench', 'tests'];

/** Checks the shape of every package. */
export function packageRule(house: House): readonly Finding[] {
  const texts = new Map(house.files.map(({ path, text }) => [path, text]));
  return house.packages.flatMap((each) => [
    ...problem(each, nameProblem(each)),
    ...problem(each, entryProblem(each, texts)),
    ...problem(each, readmeProblem(each, texts)),
  ]);
}

function problem({ folder }: Package, message: string | undefined): Finding[] {
  return message === undefined ? [] : [{ path: `${folder}/package.json`, line: 1, rule: 'package', message }];
}

function nameProblem({ folder, name }: Package): string | undefined {
  const wanted = `@cohesix/${folder.split('/').at(-1)}`;
  return name === wanted ? undefined : `is named ${name}; the folder says ${wanted}`;
}

function entryProblem({ folder }: Package, texts: ReadonlyMap<string, string>): string | undefined {
  if (WITHOUT_ENTRY.includes(folder) || texts.has(`${folder}/src/index.ts`)) return undefined;
  return `has no public entry; write ${folder}/src/index.ts`;
}

function readmeProblem({ folder }: Package, texts: ReadonlyMap<string, string>): string | undefined {
  const readme = texts.get(`${folder}/README.md`);
  if (readme === undefined) return `has no README.md; write purpose, a ten-line example and the exports`;
  const count = readme.split('\n').length - 1;
  return count <= README_LINES_MAX ? undefined : `README.md has ${count} lines; a page is ${README_LINES_MAX}`;
}
