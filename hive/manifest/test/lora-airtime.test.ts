// Time on air against the values of Semtech's LoRa calculator (SX1272/76, coding rate 4/5, preamble 8, explicit header, CRC), which
// LoRaWAN texts quote for its largest and smallest frames.

import { describe, expect, test } from 'vitest';
import { LORA_PAYLOAD_MAX, LORA_REGIONS, loraAirtimeUs, loraBudgetUs } from '../src/lora-airtime.ts';

describe('the time on air', () => {
  test.each([
    // 51 and 1 bytes behind 13 of LoRaWAN's own, at SF12: 2793.472 ms and 1155.072 ms.
    ['EU868', 64, 2_793_472],
    ['EU868', 14, 1_155_072],
    // 11 bytes behind 13 of LoRaWAN's own, the most US915 takes at SF10: 370.688 ms.
    ['US915', 24, 370_688],
  ] as const)('in %s of %i bytes is %i µs', (region, bytes, us) => {
    expect(loraAirtimeUs(region, bytes)).toBe(us);
  });

  test('never falls with more bytes, and is whole microseconds, in every region', () => {
    for (const region of LORA_REGIONS) {
      let before = 0;
      for (let bytes = 1; bytes <= LORA_PAYLOAD_MAX; bytes++) {
        const us = loraAirtimeUs(region, bytes);
        expect(Number.isSafeInteger(us) && us >= before).toBe(true);
        before = us;
      }
    }
  });

  test('of a window is its part: 1 % of an hour are 36 s', () => {
    expect(loraBudgetUs({ duty_cycle_percent: 1, window_ms: 3_600_000 })).toBe(36_000_000);
  });
});
