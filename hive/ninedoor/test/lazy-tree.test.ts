// Trees whose parts are made when somebody looks: requests wait, are given up, refused, and asked again; and a tree that looks
// like the whole namespace shows a session what its ticket shows it of that.

import { ok, type Result, refusal, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import type { NodeDefinition, ViewNode } from '../src/node.ts';
import { PathSession } from '../src/path-session.ts';
import { attached, attachedConsole, type Fixture, makeFixture, settled } from './fixture.ts';

/** Folders by one name below `/past`, each made when it is asked for and let go; in each is `proc/boot`, and a long path. */
class TestTree {
  readonly made = new Set<string>();
  asked = 0;
  #waiting: { readonly promise: Promise<Result<void>>; readonly settle: (result: Result<void>) => void } | undefined;

  readonly node: NodeDefinition = {
    pattern: '/past',
    tree: {
      rootDepth: 1,
      at: ([name = '', ...rest]) => {
        if (!this.made.has(name)) return undefined;
        const path = rest.join('/');
        if (path === 'proc/boot' || path === DEEP) return text(`${name} ${path}\n`);
        return path === '' || `proc/boot ${DEEP}`.includes(`${path}/`) ? 'directory' : undefined;
      },
      list: (names) => (names.length === 0 ? this.made : names.length === 1 ? ['a', 'proc'] : ['boot']),
      ready: ([name]) => (name === undefined || this.made.has(name) ? undefined : this.#ask()),
    },
  };

  /** Whoever waits is told: that `name` is made, or a refusal. */
  letGo(name: string, result: Result<void> = ok(undefined)): Promise<void> {
    if (result.ok) this.made.add(name);
    this.#waiting?.settle(result);
    this.#waiting = undefined;
    return settled();
  }

  #ask(): Promise<Result<void>> {
    this.asked += 1;
    if (this.#waiting === undefined) {
      const { promise, resolve } = Promise.withResolvers<Result<void>>();
      this.#waiting = { promise, settle: resolve };
    }
    return this.#waiting.promise;
  }
}

/** As long as a path may be. */
const DEEP = 'a/b/c/d/e/f/g/h';

function text(content: string): ViewNode {
  return { kind: 'view', boundBytes: 64, version: () => 1, render: () => Buffer.from(content) };
}

function standing(): { readonly tree: TestTree; readonly fixture: Fixture } {
  const tree = new TestTree();
  return { tree, fixture: makeFixture((manifest) => manifest, [tree.node]) };
}

/** An Rwalk with so many qids. */
function walked(tag: number, count: number): RegExp {
  return new RegExp(`^Rwalk tag ${tag}(?: \\([^)]*\\)){${count}}$`);
}

const WALK = "Twalk tag 2 fid 1 newfid 2 'past' 'x' 'proc' 'boot'";

describe('over 9P', () => {
  it('a walk waits until what it leads to is made; others do not wait for it', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    expect(wire.say(WALK)).toEqual([]);
    expect(wire.say("Twalk tag 3 fid 1 newfid 3 'proc' 'boot'")[0]).toMatch(walked(3, 2));
    await tree.letGo('x');
    expect(wire.take()[0]).toMatch(walked(2, 4));
    wire.say('Tlopen tag 2 fid 2 flags 0');
    expect(wire.say('Tread tag 2 fid 2 offset 0 count 99')).toEqual(["Rread tag 2 count 12 'x proc/boot\\n'"]);
  });

  it('open, attributes and listing wait, too, when it was forgotten since the walk', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    tree.made.add('x');
    wire.say(WALK, "Twalk tag 2 fid 1 newfid 3 'past' 'x'", 'Tlopen tag 2 fid 3 flags 0');
    tree.made.clear();
    const asks = [
      'Tlopen tag 2 fid 2 flags 0',
      'Tgetattr tag 3 fid 2 request_mask 0x3fff',
      'Treaddir tag 4 fid 3 offset 0 count 999',
    ];
    expect(wire.say(...asks)).toEqual([]);
    await tree.letGo('x');
    expect(wire.take().sort()).toEqual([
      expect.stringMatching(/^Rgetattr tag 3 .* size 12 /),
      expect.stringMatching(/^Rlopen tag 2 /),
      'Rreaddir tag 4 a proc',
    ]);
  });

  it('a refusal is the answer', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    wire.say(WALK);
    await tree.letGo('x', refuse('busy', 'Others wait.'));
    expect(wire.take()).toEqual(['Rlerror tag 2 ecode 16']);
    expect(fixture.door.sessions.values().next().value?.lastRefusal?.refusal.detail).toBe('Others wait.');
  });

  it('what was made in vain is not there', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    wire.say(WALK);
    await tree.letGo('another');
    expect(wire.take()[0]).toMatch(walked(2, 1));
  });

  it('a flush, a clunk and the end of the connection give a waiting walk up', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    expect(wire.say(WALK, 'Tflush tag 3 oldtag 2')).toEqual(['Rflush tag 3']);
    wire.say('Twalk tag 2 fid 1 newfid 5');
    wire.say("Twalk tag 2 fid 5 newfid 6 'past' 'x'");
    expect(wire.say('Tclunk tag 4 fid 5')).toEqual(['Rlerror tag 2 ecode 125', 'Rclunk tag 4']);
    wire.say(WALK);
    const gone = attached(fixture);
    gone.say(WALK);
    gone.connection.closed();
    await tree.letGo('x');
    expect(wire.take()).toEqual([expect.stringMatching(walked(2, 4))]);
    expect(gone.take()).toEqual([]);
  });

  it('a session that ended meanwhile, and a fid number that was taken, are refused', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    wire.say(WALK, 'Twalk tag 3 fid 1 newfid 2');
    await tree.letGo('x');
    expect(wire.take()).toEqual(['Rlerror tag 2 ecode 9']);
    const late = attached(fixture);
    late.say("Twalk tag 2 fid 1 newfid 2 'past' 'y'");
    fixture.door.closeWhere(() => true, refusal('closed'));
    await tree.letGo('y');
    expect(late.take()[0]).toMatch(/^Rlerror tag 2 /);
  });

  it('no more wait than requests may', async () => {
    const { fixture } = standing();
    const wire = attached(fixture);
    const { tags_per_session: most } = fixture.door.manifest.secure9p;
    const walks = Array.from({ length: most + 1 }, (_, n) => `Twalk tag ${n + 2} fid 1 newfid ${n + 2} 'past' 'x'`);
    expect(wire.say(...walks)).toEqual([`Rlerror tag ${most + 2} ecode 24`]);
  });

  it('a path is as deep as in the namespace, counted from where the tree begins to look like it', async () => {
    const { tree, fixture } = standing();
    const wire = attached(fixture);
    tree.made.add('x');
    const names = DEEP.split('/').map((name) => `'${name}'`);
    wire.say("Twalk tag 2 fid 1 newfid 2 'past' 'x'");
    expect(wire.say(`Twalk tag 2 fid 2 newfid 3 ${names.join(' ')}`)[0]).toMatch(walked(2, 8));
    expect(wire.say("Twalk tag 2 fid 3 newfid 4 'i'")).toEqual(['Rlerror tag 2 ecode 2']);
  });
});

describe('by path', () => {
  it('every door’s answer waits, and a session that may not look makes nothing', async () => {
    const { tree, fixture } = standing();
    const console = await attachedConsole(fixture);
    expect(await console.say('cat /past/x/proc/boot')).toEqual([]);
    await tree.letGo('x');
    expect(await console.take()).toEqual(['OK CAT path=/past/x/proc/boot', 'x proc/boot', 'END']);
    expect(await console.say(`cat /past/x/${DEEP}`)).toEqual([`OK CAT path=/past/x/${DEEP}`, `x ${DEEP}`, 'END']);
    expect(await console.say(`cat /past/x/${DEEP}/i`)).toEqual([
      expect.stringMatching(/^ERR CAT .*detail=invalid-path /),
    ]);
    tree.asked = 0;
    const blind = await attachedConsole(fixture, { scopes: [{ path: '/proc', verbs: 'both', ratePerS: 0 }] });
    expect(await blind.say('cat /past/y/proc/boot')).toEqual([
      expect.stringMatching(/^ERR CAT .*detail=invalid-path /),
    ]);
    expect(tree.asked).toBe(0);
  });

  it('bytes of an append are kept while it waits', async () => {
    const { tree, fixture } = standing();
    const opened = fixture.door.attach({
      role: undefined,
      subject: undefined,
      token: fixture.token(),
      door: '9p',
      peer: 'p',
    });
    if (!opened.ok) throw new Error(opened.refusal.detail);
    const session = new PathSession(fixture.door, opened.value);
    const bytes = Uint8Array.from(Buffer.from('line\n'));
    const appended = session.append('/past/x/proc/boot', bytes);
    bytes.fill(0);
    await tree.letGo('x');
    expect(await appended).toMatchObject({ ok: false, refusal: { code: 'denied' } });
  });

  it('a ticket shows of such a tree what it shows of the namespace', async () => {
    const { tree, fixture } = standing();
    tree.made.add('x');
    const see = async (...paths: readonly string[]): Promise<string> => {
      const scopes = paths.map((path) => ({ path, verbs: 'read', ratePerS: 0 }) as const);
      const console = await attachedConsole(fixture, { scopes });
      return (await console.say('cat /past/x/proc/boot'))[0] ?? '';
    };
    expect(await see('/past', '/proc')).toMatch(/^OK/);
    expect(await see('/past/x', '/proc/boot')).toMatch(/^OK/);
    for (const paths of [['/past'], ['/past/x/proc/boot'], ['/past/x/proc', '/proc'], ['/proc'], ['/past', '/log']])
      expect([paths, await see(...paths)]).toEqual([paths, expect.stringMatching(/^ERR CAT .*detail=invalid-path /)]);
  });
});
