// Names of addresses, and addresses of names. Made when first asked for: many programs are opened for a few functions only.

import { type Image, SYMBOL_KINDS, type SymbolColumns, symbolColumns } from '@cohesix/image';

/** Names of an image's addresses. Text of the file: untrusted. */
export class Names {
  readonly #image: Image;
  #byAddress: Map<number, string> | undefined;
  #byName: Map<string, number> | undefined;

  constructor(image: Image) {
    this.#image = image;
  }

  /** Name of what starts at an address. */
  of(address: number): string | undefined {
    this.#byAddress ??= namesOf(this.#image);
    return this.#byAddress.get(address);
  }

  /** Address of a name; of a name that is given twice the first one's. Imports are `NAME@plt`, and plain where nothing else has the name. */
  addressOf(name: string): number | undefined {
    this.#byName ??= addressesOf(this.#image);
    return this.#byName.get(name);
  }
}

const FUNCTION = SYMBOL_KINDS.indexOf('function');
const OBJECT = SYMBOL_KINDS.indexOf('object');
const FILE = SYMBOL_KINDS.indexOf('file');
const SECTION = SYMBOL_KINDS.indexOf('section');

function isNamed({ kinds, addresses }: SymbolColumns, row: number): boolean {
  const kind = kinds[row] as number;
  return kind !== FILE && kind !== SECTION && (addresses[row] as number) > 0;
}

function namesOf(image: Image): Map<number, string> {
  const names = new Map<number, string>();
  const symbols = symbolColumns(image);
  const take = (isTaken: (kind: number) => boolean): void => {
    for (let row = 0; row < symbols.count; row++) {
      const at = symbols.addresses[row] as number;
      if (!isTaken(symbols.kinds[row] as number) || !isNamed(symbols, row) || names.has(at)) continue;
      const name = symbols.name(row);
      if (name !== '') names.set(at, name);
    }
  };
  take((kind) => kind === FUNCTION);
  take((kind) => kind === OBJECT);
  take((kind) => kind !== FUNCTION && kind !== OBJECT);
  for (const { name, address } of image.exports()) if (!names.has(address)) names.set(address, name);
  for (const { name, stub, slot } of image.imports()) {
    if (stub !== undefined && !names.has(stub)) names.set(stub, `${name}@plt`);
    if (slot !== undefined && !names.has(slot)) names.set(slot, `${name}@got`);
  }
  for (const { start, name } of image.columns === undefined ? image.unwind() : [])
    if (name !== undefined && !names.has(start)) names.set(start, name);
  return names;
}

function addressesOf(image: Image): Map<string, number> {
  const addresses = new Map<string, number>();
  const add = (name: string, at: number): void => {
    if (name !== '' && !addresses.has(name)) addresses.set(name, at);
  };
  const symbols = symbolColumns(image);
  for (let row = 0; row < symbols.count; row++)
    if (isNamed(symbols, row)) add(symbols.name(row), symbols.addresses[row] as number);
  for (const { name, address } of image.exports()) add(name, address);
  for (const { name, stub } of image.imports()) {
    if (stub === undefined) continue;
    add(`${name}@plt`, stub);
    add(name, stub);
  }
  return addresses;
}
