// What people and tools read about updates and models that the hive knows. How far one is that is being pushed, the store tells in
// `/updates/<epoch>/status`.

import { compareText } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import type { View } from '../../types.ts';
import type { Activation, KnownModel, KnownUpdate, UpdatesSlice } from './record.ts';

const LIST_BYTES_MAX = 1_048_576;

/** The views. */
export const updatesViews: readonly View<UpdatesSlice>[] = [
  {
    pattern: '/updates/active',
    summary:
      '`active epoch=<epoch|none> payload_sha256= since_ms= entry= by=`, then one line `before …` for each that can be gone back to, the next one first.',
    boundBytes: 16_384,
    render: ({ active, before }) =>
      [
        active === null ? 'active epoch=none\n' : activeText('active', active),
        ...before.toReversed().map((one) => activeText('before', one)),
      ].join(''),
  },
  {
    pattern: '/updates/history',
    summary: 'Activations, the oldest first: `how=activate|rollback epoch= payload_sha256= since_ms= entry= by=`.',
    boundBytes: 65_536,
    render: ({ history }) => history.map((one) => activeText(`how=${one.how}`, one)).join(''),
  },
  {
    pattern: '/proc/cas/updates',
    summary:
      'Updates whose manifest was taken, by epoch: `epoch= state=pending|ready|active|going kind= base= payload_bytes= chunks= payload_sha256= accepted_ms=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ updates, active }) =>
      [...updates.values()]
        .sort((left, right) => left.epoch.length - right.epoch.length || compareText(left.epoch, right.epoch))
        .map((update) => updateText(update, active?.epoch === update.epoch))
        .join(''),
  },
  {
    pattern: '/proc/cas/models',
    summary: 'Models that are sealed: `model= weights_bytes= state=sealed|going sealed_ms=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ models }) =>
      [...models.values()]
        .sort((left, right) => compareText(left.model, right.model))
        .map(modelText)
        .join(''),
  },
  {
    pattern: '/proc/cas/summary',
    summary: '`cas updates= ready= models= active= rejected= quarantined=`: known now, and what was refused so far.',
    boundBytes: 256,
    render: ({ updates, models, active, rejected, quarantined }) => {
      const ready = [...updates.values()].filter(({ isReady }) => isReady).length;
      const counts = `updates=${updates.size} ready=${ready} models=${models.size} active=${active?.epoch ?? 'none'}`;
      return `cas ${counts} rejected=${rejected} quarantined=${quarantined}\n`;
    },
  },
];

function activeText(word: string, { epoch, payloadSha256, at, entry, by }: Activation): string {
  return `${word} epoch=${epoch} payload_sha256=${payloadSha256} since_ms=${at} entry=${entry} by=${logField(by.subject)}\n`;
}

function updateText(update: KnownUpdate, isActive: boolean): string {
  const { epoch, kind, base, payloadBytes, payloadSha256, chunks, acceptedAt } = update;
  const what = `epoch=${epoch} state=${stateOf(update, isActive)} kind=${kind} base=${base ?? 'none'}`;
  return `${what} payload_bytes=${payloadBytes} chunks=${chunks} payload_sha256=${payloadSha256} accepted_ms=${acceptedAt}\n`;
}

function stateOf({ isReady, removedBy }: KnownUpdate, isActive: boolean): string {
  if (removedBy !== null) return 'going';
  if (!isReady) return 'pending';
  return isActive ? 'active' : 'ready';
}

function modelText({ model, weightsBytes, sealedAt, removedBy }: KnownModel): string {
  const state = removedBy === null ? 'sealed' : 'going';
  return `model=${model} weights_bytes=${weightsBytes} state=${state} sealed_ms=${sealedAt}\n`;
}
