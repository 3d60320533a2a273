// How long a LoRa frame is on the air. The formula is that of the Semtech SX1276/77/78/79 datasheet (rev. 7, section 4.1.1.7):
//
//   Tsym = 2^SF / BW,  Tpreamble = (8 + 4.25) Tsym
//   symbols = 8 + max(ceil((8 PL - 4 SF + 28 + 16 CRC - 20 IH) / (4 (SF - 2 DE))) (CR + 4), 0)
//
// with CRC on, an explicit header (IH = 0), coding rate 4/5 (CR = 1), and the low data rate optimisation (DE = 1) from SF 11
// on, as LoRaWAN has them. A region counts with its slowest uplink data rate DR0 (LoRaWAN Regional Parameters RP002-1.0.4):
// who sends faster stays below what is counted. PL is the whole PHY payload, 1 to 255 bytes.

import { assert } from '@cohesix/check';

/** Bandwidth of DR0 in every region of the table, Hz. */
const BANDWIDTH_HZ = 125_000;
/** Symbols of the preamble, in quarters: 8 programmed ones and 4.25 that the modem adds. */
const PREAMBLE_QUARTERS = 49;
/** Denominator minus four of the coding rate 4/5. */
const CODING_RATE = 1;
/** Symbols of a frame beside preamble and coded payload. */
const SYMBOLS_LEAST = 8;

/** Region → spreading factor of its DR0. */
const SPREADING_FACTORS = {
  EU868: 12,
  EU433: 12,
  US915: 10,
  AU915: 12,
  AS923: 12,
  CN470: 12,
  IN865: 12,
  KR920: 12,
} as const;

/** A region of the LoRaWAN regional parameters. */
export type LoraRegion = keyof typeof SPREADING_FACTORS;

/** Every region. */
export const LORA_REGIONS: readonly LoraRegion[] = Object.keys(SPREADING_FACTORS) as LoraRegion[];

/** Largest PHY payload, bytes: the length field of a LoRa frame has eight bits. */
export const LORA_PAYLOAD_MAX = 255;

/** Time on air of a payload of so many bytes (1 to 255), whole microseconds. */
export function loraAirtimeUs(region: LoraRegion, payloadBytes: number): number {
  assert(payloadBytes >= 1 && payloadBytes <= LORA_PAYLOAD_MAX, `a LoRa frame has 1 to 255 bytes: ${payloadBytes}`);
  const factor = SPREADING_FACTORS[region];
  const isSlow = factor >= 11;
  const symbolUs = (2 ** factor * 1_000_000) / BANDWIDTH_HZ;
  const bits = 8 * payloadBytes - 4 * factor + 28 + 16;
  const coded = Math.max(Math.ceil(bits / (4 * (factor - (isSlow ? 2 : 0)))) * (CODING_RATE + 4), 0);
  return (symbolUs * (PREAMBLE_QUARTERS + 4 * (SYMBOLS_LEAST + coded))) / 4;
}

/** Time on air that a window has for one radio, microseconds. */
export function loraBudgetUs(duty: { readonly duty_cycle_percent: number; readonly window_ms: number }): number {
  return duty.window_ms * 10 * duty.duty_cycle_percent;
}
