// What tickets cost, all in one process and one run, so that the rows can be compared with each other (figures of
// different runs or machines cannot). `node bench/src/ticket/main.ts`; the table in docs/adr/0002 comes from here.
//
// Every row runs in rounds, the rounds of all rows take turns, and a row's figure is the median of its rounds: a slow
// moment of the machine meets all rows alike.

import { createHmac } from 'node:crypto';
import {
  acceptV1,
  attenuate,
  BucketTable,
  type Claims,
  compileScopes,
  type KeyRing,
  makeKeyRing,
  mint,
  type Scope,
  type SigningKey,
  signTicket,
  trustSigner,
  type VerifiedTicket,
  verify,
} from '@cohesix/ticket';
import { nodeTicketCrypto as crypto, ed25519PublicKey } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { figure, machine, median, table } from '../report.ts';

interface Row {
  readonly name: string;
  /** Does the operation once; its result is looked at, so that it cannot be left out. */
  readonly run: () => unknown;
}

const ROUNDS = 9;
const ROUND_MS = 60;
const NOW = 1_800_000_000_000;
const AUDIENCE = 'hive-a';

const KEY = { id: 'k1', secret: new Uint8Array(32).fill(0x11) };
const SIGNING: SigningKey = { id: 'hive-b:1', seed: new Uint8Array(32).fill(0x33) };
const V1_TOKEN =
  'cohesix-ticket-0100343c000000000000000068e5cf8b010000000000000105002f70726f63000400000000100000000000000200000008000000' +
  '.636def7577fdd1db7a843387494f72c57b88d8de43faaa96efe620fea1a1430e';
const RING: KeyRing = acceptV1(
  trustSigner(makeKeyRing(KEY), SIGNING.id, { publicKey: ed25519PublicKey(SIGNING.seed), roles: ['queen'] }),
  { queen: ['bootstrap'] },
);
const SCOPES: readonly Scope[] = [
  { path: '/queen', verbs: 'both', ratePerS: 1000 },
  { path: '/log', verbs: 'read', ratePerS: 0 },
  { path: '/shard/13/worker/worker-1/telemetry', verbs: 'both', ratePerS: 0 },
];
const CLAIMS: Claims = {
  id: new Uint8Array(16).fill(1),
  audience: AUDIENCE,
  role: 'queen',
  subject: 'ann',
  scopes: SCOPES,
  quotas: { operationsPerS: 1_000_000_000, bandwidthBytesPerS: 1_000_000_000 },
  expiresMs: NOW + 3_600_000,
};

/** Where results go, so that no operation can be left out. */
const sink: { seen: unknown } = { seen: undefined };

console.log(report());

function report(): string {
  const tokens = [0, 2, 8].map(tokenOfDepth);
  const rows = measure([...tokenRows(tokens), ...partRows(), ...pathRows()]);
  const shown = rows.map(({ name, us }) => [name, figure(1e6 / us), figure(us * 1000)]);
  const sizes = tokens.map((token, index) => `${[0, 2, 8][index]} restrictions: ${token.length}`).join(', ');
  const { node, cpu, cores, linux } = machine();
  return [
    `node ${node}, ${cores} x ${cpu}, Linux ${linux}`,
    table(['operation', 'per second', 'ns each'], shown),
    `characters of a token with ${sizes}; signed: ${value(signTicket(crypto, SIGNING, CLAIMS)).length}`,
  ].join('\n\n');
}

function tokenRows(tokens: readonly string[]): readonly Row[] {
  const [bare = '', two = '', eight = ''] = tokens;
  const signed = value(signTicket(crypto, SIGNING, CLAIMS));
  const forged = `${two.slice(0, -4)}AAAA`;
  return [
    { name: 'mint', run: () => mint(crypto, KEY, CLAIMS) },
    { name: 'attenuate a bare ticket', run: () => attenuate(crypto, bare, restrictionAt(1)) },
    { name: 'verify, 0 restrictions', run: () => verified(bare) },
    { name: 'verify, 2 restrictions', run: () => verified(two) },
    { name: 'verify, 8 restrictions', run: () => verified(eight) },
    { name: 'refuse a forgery, 2 restrictions', run: () => check(forged) },
    { name: 'sign for another hive (Ed25519)', run: () => signTicket(crypto, SIGNING, CLAIMS) },
    { name: 'verify a signed ticket (Ed25519)', run: () => verified(signed) },
    { name: 'verify a v1 ticket (BLAKE3 in JavaScript)', run: () => verified(V1_TOKEN, 1_700_000_000_001) },
  ];
}

function partRows(): readonly Row[] {
  const data = new Uint8Array(200).fill(3);
  const signature = crypto.ed25519Sign(SIGNING.seed, data);
  const publicKey = ed25519PublicKey(SIGNING.seed);
  return [
    { name: 'HMAC-SHA256, 200 bytes: our port', run: () => crypto.hmacSha256(KEY.secret, data) },
    { name: 'HMAC-SHA256, 200 bytes: createHmac', run: () => createHmac('sha256', KEY.secret).update(data).digest() },
    { name: 'Ed25519 verify, 200 bytes: our port', run: () => crypto.ed25519Verify(publicKey, data, signature) },
  ];
}

function pathRows(): readonly Row[] {
  const ticket = verified(tokenOfDepth(2));
  const blocks = ticket.blocks.map((block) => block.scopes);
  const ceiling: readonly Scope[] = [{ path: '/', verbs: 'both', ratePerS: 0 }];
  const matcher = compileScopes(ceiling, blocks);
  const root = matcher.root();
  const queen = root.child('queen');
  const meter = value(new BucketTable().open(ticket, matcher.rates, NOW));
  return [
    { name: 'compile the scopes of 3 blocks', run: () => compileScopes(ceiling, blocks) },
    { name: 'scope lookup of one name, in the trie', run: () => root.child('queen') },
    { name: 'scope lookup of one name, below it', run: () => queen.child('ctl') },
    { name: 'scope lookup of five names', run: () => walk(root) },
    { name: 'charge one operation (3 blocks, 1 rate)', run: () => meter.takeOperation(queen.writeRates, NOW + 1) },
  ];
}

function walk(root: ReturnType<ReturnType<typeof compileScopes>['root']>): number {
  return root.child('shard').child('13').child('worker').child('worker-1').child('telemetry').mask;
}

function tokenOfDepth(depth: number): string {
  let token = value(mint(crypto, KEY, CLAIMS));
  for (let index = 0; index < depth; index += 1) token = value(attenuate(crypto, token, restrictionAt(index)));
  return token;
}

function restrictionAt(index: number): Parameters<typeof attenuate>[2] {
  return { nonce: new Uint8Array(16).fill(index + 2), expiresMs: NOW + 1_800_000, scopes: SCOPES.slice(0, 2) };
}

function check(token: string, nowMs: number = NOW): Result<VerifiedTicket> {
  return verify(crypto, RING, token, { audience: AUDIENCE, nowMs });
}

function verified(token: string, nowMs?: number): VerifiedTicket {
  return value(check(token, nowMs));
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.refusal.detail}`);
  return result.value;
}

/** The median time of each row, in microseconds. */
function measure(rows: readonly Row[]): readonly { readonly name: string; readonly us: number }[] {
  const batches = rows.map(batchSize);
  const samples: number[][] = rows.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, row] of rows.entries()) samples[index]?.push(timeOf(row, batches[index] ?? 1));
  }
  return rows.map(({ name }, index) => ({ name, us: median(samples[index] ?? []) }));
}

/** How many times a row runs between two looks at the clock; also warms it up. */
function batchSize(row: Row): number {
  let size = 1;
  for (;;) {
    const us = timeOf(row, size) * size;
    if (us > ROUND_MS * 1000) return size;
    size = Math.ceil(size * Math.min(10, Math.max(1.5, (ROUND_MS * 1200) / Math.max(us, 1))));
  }
}

function timeOf(row: Row, times: number): number {
  const started = performance.now();
  for (let count = 0; count < times; count += 1) sink.seen = row.run();
  const us = (performance.now() - started) * 1000;
  return us / times;
}
