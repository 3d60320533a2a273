// Frames as devices on a bus send them, for trying things out: the same for the same number. MODBUS RTU: the answer to "read two
// holding registers" (Modbus Application Protocol 1.1b3, section 6.3; CRC of Modbus over Serial Line 1.02, section 6.2.2).
// DNP3: a link header with its CRC (IEEE 1815-2012, section 9.2).

/** A frame of a device: number `index` of its readings, which go up and down. */
export function mockFrame(kind: string, index: number): Uint8Array {
  return kind === 'dnp3' ? dnp3Frame(index) : modbusFrame(index);
}

const UNIT = 1;
const READ_HOLDING_REGISTERS = 3;

/** `unit[1] function[1] count[1] register[2] register[2] crc[2]`, registers high byte first, the CRC low byte first. */
function modbusFrame(index: number): Uint8Array {
  const frame = new DataView(new ArrayBuffer(9));
  [UNIT, READ_HOLDING_REGISTERS, 4].forEach((byte, at) => {
    frame.setUint8(at, byte);
  });
  frame.setUint16(3, readingOf(index));
  frame.setUint16(5, index % 0x1_0000);
  frame.setUint16(7, crc16(bytesOf(frame, 7), { polynomial: 0xa001, start: 0xffff }), true);
  return bytesOf(frame, 9);
}

/** `05 64 length[1] control[1] destination[2] source[2] crc[2]`, all low byte first; the length counts control and addresses. */
function dnp3Frame(index: number): Uint8Array {
  const frame = new DataView(new ArrayBuffer(10));
  const requestLinkStatus = 0x49;
  [0x05, 0x64, 5, requestLinkStatus].forEach((byte, at) => {
    frame.setUint8(at, byte);
  });
  frame.setUint16(4, 1, true);
  frame.setUint16(6, 1024 + (index % 64), true);
  const crc = crc16(bytesOf(frame, 8), { polynomial: 0xa6bc, start: 0 });
  frame.setUint16(8, crc ^ 0xffff, true);
  return bytesOf(frame, 10);
}

function bytesOf(view: DataView, count: number): Uint8Array {
  return new Uint8Array(view.buffer, 0, count);
}

/** Tenths of a degree between 18.0 and 24.0, up and down. */
function readingOf(index: number): number {
  const step = index % 120;
  return 180 + (step < 60 ? step : 120 - step);
}

/** CRC-16 with the lowest bit first; the polynomial is reflected, `start` is what the register begins with. */
export function crc16(bytes: Uint8Array, { polynomial, start }: { polynomial: number; start: number }): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ polynomial : crc >> 1;
  }
  return crc;
}
