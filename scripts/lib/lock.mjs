// Makes package-lock.json whole: an entry for every optional platform package that another entry names.
//
// A registry mirror may lack the binaries of platforms it does not serve. `npm install` against such a mirror leaves
// their entries out without a word, and the next `npm ci` (here or anywhere) refuses the lock as "out of sync". The
// entry npm would have written is known from the name: version, os, cpu and libc; only the integrity is missing, so
// npm checks nothing more than the version for these. `npm install` against a full registry fills it in.

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/**
 * The entries a lock lacks.
 * @param {{packages: Record<string, any>}} lock parsed package-lock.json, version 3
 * @returns {Record<string, object>} path in node_modules → entry to add; names without a known platform are an error
 */
export function missingOptional(lock) {
  /** @type {Record<string, object>} */
  const missing = {};
  for (const [at, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!resolves(lock.packages, at, name)) missing[`node_modules/${name}`] = platformEntry(name, version, entry);
    }
  }
  return missing;
}

/**
 * The lock with its missing entries added, in npm's order.
 * @param {{packages: Record<string, any>}} lock
 */
export function completeLock(lock) {
  const packages = { ...lock.packages, ...missingOptional(lock) };
  const sorted = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted.map((key) => [key, packages[key]])) };
}

/** Node's own rule: node_modules beside the package, then beside each folder above it. */
function resolves(packages, from, name) {
  const folders = from === '' ? [] : from.split('/');
  for (let depth = folders.length; depth >= 0; depth--) {
    const path = [...folders.slice(0, depth), 'node_modules', name].join('/');
    if (packages[path] !== undefined) return true;
  }
  return false;
}

function platformEntry(name, version, parent) {
  const words = name.split('/').at(-1).split('-');
  const os = OS.filter((word) => words.includes(word));
  const cpu = CPU.filter((word) => words.includes(word));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${name}: no platform in its name; run npm install online`);
  const libc = words.includes('gnu') ? ['glibc'] : words.includes('musl') ? ['musl'] : undefined;
  return {
    version,
    cpu,
    ...(parent.dev ? { dev: true } : {}),
    ...(libc ? { libc } : {}),
    optional: true,
    os,
  };
}
