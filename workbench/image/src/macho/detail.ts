// What a Mach-O file has beyond the common model. Filled by macho/open.ts.

import { toHex } from '@cohesix/bytes';
import { once } from '../elf/once.ts';
import { type Address, address } from '../units.ts';
import type { LoadCommand, MachoHeader } from './commands.ts';
import { LC } from './constants.ts';
import { type MachoFile, pieceOf } from './file.ts';
import type { MachoSegment } from './layout.ts';
import { type MachoLibrary, pathOf, readLibraries } from './libraries.ts';
import { type CodeSignature, readSignature } from './signature.ts';

/** A run of data inside code. */
export interface DataInCode {
  readonly address: Address;
  readonly size: number;
  /** 1 data, 2 to 4 jump tables of rows of 1, 2 and 4 bytes. */
  readonly kind: number;
}

/** Details of a Mach-O image. Texts come from the file: untrusted. Offsets are from the start of the image (`Image.extent`). */
export interface MachoDetail {
  readonly format: 'macho';
  readonly header: MachoHeader;
  readonly commands: readonly LoadCommand[];
  readonly segmentCommands: readonly MachoSegment[];
  readonly libraries: readonly MachoLibrary[];
  /** The name a library calls itself. */
  readonly installName?: string;
  readonly runPaths: readonly string[];
  /** Hexadecimal. */
  readonly uuid?: string;
  /** Platform (1 macOS, 2 iOS, …), and oldest system and SDK as `12.0.0`. */
  readonly build?: { readonly platform: number; readonly minimum: string; readonly sdk: string };
  readonly signature?: CodeSignature;
  /** Pointers in the file are packed: reading them needs `relocations()`. */
  readonly hasChainedFixups: boolean;
  /** Bytes between the load commands and the first section: room for more commands. */
  readonly headerRoom: number;
  dataInCode(): readonly DataInCode[];
}

/** Reads the details of an image. */
export function detailOf(file: MachoFile): MachoDetail {
  const { reader, header, commands, rows } = file;
  const find = (kind: number, least: number): LoadCommand | undefined =>
    commands.find((command) => command.kind === kind && command.size >= least);
  const [id, uuid] = [find(LC.idDylib, 12), find(LC.uuid, 24)];
  const piece = pieceOf(file, LC.codeSignature);
  const signature = piece && readSignature(reader.bytes, piece);
  if (piece !== undefined && signature === undefined) file.warnings.add('the code signature cannot be read');
  const build = buildOf(file, find);
  return {
    ...{ format: 'macho', header, commands, segmentCommands: rows, libraries: readLibraries(file) },
    ...(id === undefined ? {} : { installName: pathOf(file, id) }),
    runPaths: commands.filter(({ kind }) => kind === LC.rpath).map((command) => pathOf(file, command)),
    ...(uuid === undefined ? {} : { uuid: toHex(reader.bytes.subarray(uuid.at + 8, uuid.at + 24)) }),
    ...(build === undefined ? {} : { build }),
    ...(signature === undefined ? {} : { signature }),
    hasChainedFixups: find(LC.chainedFixups, 16) !== undefined,
    headerRoom: headerRoom(file),
    dataInCode: once(() => readDataInCode(file)),
  };
}

type Find = (kind: number, least: number) => LoadCommand | undefined;

/** LC_BUILD_VERSION: platform[4] minimum[4] SDK[4]; the older LC_VERSION_MIN_MACOSX has the last two. */
function buildOf({ reader }: MachoFile, find: Find): MachoDetail['build'] {
  const [build, old] = [find(LC.buildVersion, 24), find(LC.versionMinMac, 16)];
  const version = (at: number): string => `${reader.u16(at + 2)}.${reader.bytes[at + 1]}.${reader.bytes[at]}`;
  if (build !== undefined)
    return { platform: reader.u32(build.at + 8), minimum: version(build.at + 12), sdk: version(build.at + 16) };
  return old && { platform: 1, minimum: version(old.at + 8), sdk: version(old.at + 12) };
}

function headerRoom({ header, rows, reader }: MachoFile): number {
  const starts = rows
    .flatMap(({ sections }) => sections)
    .filter(({ offset, size }) => offset > 0 && size > 0)
    .map(({ offset }) => offset);
  const first = starts.reduce((least, one) => Math.min(least, one), reader.bytes.length);
  return Math.max(0, first - header.size - header.commandsSize);
}

/** Rows of distance from the image's start[4] size[2] kind[2]. */
function readDataInCode(file: MachoFile): readonly DataInCode[] {
  const piece = pieceOf(file, LC.dataInCode);
  const { reader, imageAddress } = file;
  return Array.from({ length: Math.floor((piece?.size ?? 0) / 8) }, (_, row) => {
    const at = (piece?.at ?? 0) + row * 8;
    return { address: address(imageAddress + reader.u32(at)), size: reader.u16(at + 4), kind: reader.u16(at + 6) };
  });
}
