// `npm run tour`: runs the commands of the documents and pastes what they really print.
//
// docs/tour/NAME.sh is a list of blocks: a line `### BLOCK`, then commands. A command starts in the first column; a
// line that starts with a blank goes on with the command before it; `@` before a command hides it. All blocks of a
// script run in one shell, in the checkout, with a fresh data folder ($TOUR) that is removed at the end together with
// all that was started. The output replaces what stands between `<!-- run: BLOCK -->` and `<!-- end -->` in
// docs/tour/NAME.md and README.md. `--check` runs everything, writes nothing, and compares the shape: the same
// commands, and the same lines when runs of digits count as one. Other arguments are NAMEs to run.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './lib/bundle.mjs';
import { ensureInstalled, orExplain, SetupError } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { childEnv } from './lib/run.mjs';

const folder = join(root, 'docs', 'tour');
const SCRIPT_MS_MAX = 300_000;

/** All that is changed in the output, because it differs from run to run or must not be published. */
const masks = (data) => [
  [data, '/tmp/tour'],
  [/(#\/sign-in\/)[\w-]+/g, '$1…'],
  [/\b(coh2\.|cohs\.|cohesix-ticket-)[\w.-]{16,}/g, '$1…'],
];

await orExplain(async () => {
  ensureInstalled();
  await ensureBuilt();
  const args = process.argv.slice(2);
  const names = readdirSync(folder).flatMap((name) => (name.endsWith('.sh') ? [name.slice(0, -3)] : []));
  const wanted = args.filter((arg) => arg !== '--check');
  for (const name of names) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const outputs = await runScript(readFileSync(join(folder, `${name}.sh`), 'utf8'));
    for (const page of [join(folder, `${name}.md`), join(root, 'README.md')]) {
      if (existsSync(page)) paste(page, outputs, args.includes('--check'));
    }
  }
});

/** Block names with their commands, in order. */
function blocksOf(script) {
  const blocks = [];
  for (const line of script.split('\n')) {
    if (line.startsWith('### ')) blocks.push({ name: line.slice(4).trim(), commands: [] });
    else if (blocks.length === 0 || line.trim() === '' || line.startsWith('#')) continue;
    else if (/^\s/.test(line)) blocks.at(-1).commands.push(`${blocks.at(-1).commands.pop()}\n${line}`);
    else blocks.at(-1).commands.push(line);
  }
  return blocks;
}

/** Runs all blocks in one shell. Block name → the text to paste. */
async function runScript(script) {
  const data = mkdtempSync(join(tmpdir(), 'tour-'));
  const mark = `--tour-${process.pid}-`;
  const blocks = blocksOf(script);
  const shown = blocks.flatMap(({ name, commands }) => commands.map((command) => ({ name, command })));
  const text = shown.map(({ command }, index) => `${command.replace(/^@/, '')}\necho; echo "${mark}${index}"\n`);
  try {
    const output = await shell(text.join(''), data);
    return new Map(blocks.map(({ name }) => [name, blockText(name)]));

    function blockText(name) {
      const parts = shown.flatMap(({ name: owner, command }, index) => {
        if (owner !== name || command.startsWith('@')) return [];
        const start = index === 0 ? 0 : output.indexOf(`${mark}${index - 1}\n`) + `${mark}${index - 1}\n`.length;
        const end = output.indexOf(`\n${mark}${index}\n`);
        if (end === -1) throw new SetupError(`tour block ${name} stopped at: ${command}\n${output}`);
        return [`$ ${command}\n${output.slice(start, end).replace(/\n*$/, '\n')}`.replace(/^(.*)\n\n$/s, '$1\n')];
      });
      return masks(data).reduce((masked, [from, to]) => masked.replaceAll(from, to), parts.join(''));
    }
  } finally {
    // A hive that was just told to end may still write here.
    rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** Runs a script with its own process group, which is ended with it. Gives all it printed. */
function shell(script, data) {
  const env = childEnv({ TOUR: data, HOME: data, XDG_DATA_HOME: data, XDG_RUNTIME_DIR: data, NO_COLOR: '1' });
  const child = spawn('bash', ['-c', `exec 2>&1\n${script}`], { cwd: root, env, detached: true });
  const endGroup = () => {
    try {
      process.kill(-Number(child.pid), 'SIGTERM');
    } catch {
      // Nothing of the group is left, which is what was wanted.
    }
  };
  const deadline = setTimeout(endGroup, SCRIPT_MS_MAX);
  return new Promise((resolve) => {
    let output = '';
    child.stdin.end();
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('exit', endGroup);
    child.once('close', () => {
      clearTimeout(deadline);
      resolve(output);
    });
  });
}

/** Puts the outputs between their markers in a page. */
function paste(page, outputs, check) {
  const before = readFileSync(page, 'utf8');
  const after = before.replace(/(<!-- run: (\S+) -->\n)([\s\S]*?)(<!-- end -->)/g, (whole, open, name, old, close) => {
    const output = outputs.get(name);
    if (output === undefined) return whole;
    const fenced = `\`\`\`console\n${output}\`\`\`\n`;
    if (!check) return open + fenced + close;
    const isSame = shapeOf(old) === shapeOf(fenced);
    console.log(`${isSame ? 'ok' : 'DIFFERS'}: ${name} in ${page.slice(root.length + 1)}`);
    if (!isSame) {
      console.log(fenced);
      process.exitCode = 1;
    }
    return whole;
  });
  if (!check && after !== before) writeFileSync(page, after);
}

function shapeOf(text) {
  return text.replace(/\b[0-9a-f]*\d[0-9a-f]*\b/g, '0').trim();
}
