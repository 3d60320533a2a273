// What people and sidecars read about buses and radios, beside what the hive keeps on disk and in its streams.

import { loraBudgetUs } from '@cohesix/manifest';
import type { State, View } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { adapterWorker } from '../workers/queries.ts';
import { busAt, radioAt } from './adapters.ts';
import { type BusesSlice, busRecord, radioRecord } from './changes.ts';

/** The views of buses and radios. */
export const busViews: readonly View<BusesSlice>[] = [
  {
    pattern: '/bus/:adapter/status',
    summary:
      '`bus adapter= kind=<modbus|dnp3> over=<serial|tcp> baud= link=<online|offline> link_ms= worker= replays= entries= bytes= through=`: replays so far, and the last frame they brought.',
    boundBytes: 512,
    render: (slice, { adapter = '' }, state) => busText(slice, adapter, state),
  },
  {
    pattern: '/lora/:adapter/status',
    summary:
      '`lora adapter= region= duty_cycle_percent= window_ms= max_payload_bytes= worker= sent= bytes= refused= budget_us= used_us= at_ms=`: what counted of the window at the last send.',
    boundBytes: 512,
    render: (slice, { adapter = '' }, state) => radioText(slice, adapter, state),
  },
  {
    pattern: '/lora/:adapter/tamper',
    summary:
      '`tamper ts_ms= reason=<payload-oversize|duty-cycle> bytes=`: the last payloads that were refused, oldest first.',
    boundBytes: 32_768,
    render: (slice, { adapter = '' }) =>
      radioRecord(slice, adapter)
        .tamper.map(({ ts_ms, reason, bytes }) => `tamper ts_ms=${ts_ms} reason=${reason} bytes=${bytes}\n`)
        .join(''),
  },
];

function busText(slice: Readonly<BusesSlice>, mount: string, state: Readonly<State>): string {
  const bus = busAt(manifestIn(state), mount);
  if (bus === undefined) return '';
  const { link, linkAt, replays, entries, bytes, through } = busRecord(slice, mount);
  const worker = adapterWorker(state, bus.scope)?.id ?? 'none';
  return `bus adapter=${mount} kind=${bus.kind} over=${bus.link} baud=${bus.baud} link=${link} link_ms=${linkAt} worker=${worker} replays=${replays} entries=${entries} bytes=${bytes} through=${through}\n`;
}

function radioText(slice: Readonly<BusesSlice>, mount: string, state: Readonly<State>): string {
  const radio = radioAt(manifestIn(state), mount);
  if (radio === undefined) return '';
  const { region, duty_cycle_percent: percent, window_ms: window, max_payload_bytes: max } = radio;
  const { slots, sent, sentBytes, tampered } = radioRecord(slice, mount);
  const used = slots.reduce((sum, { us }) => sum + us, 0);
  const worker = adapterWorker(state, radio.scope)?.id ?? 'none';
  return `lora adapter=${mount} region=${region} duty_cycle_percent=${percent} window_ms=${window} max_payload_bytes=${max} worker=${worker} sent=${sent} bytes=${sentBytes} refused=${tampered} budget_us=${loraBudgetUs(radio)} used_us=${used} at_ms=${slots.at(-1)?.last ?? 0}\n`;
}
