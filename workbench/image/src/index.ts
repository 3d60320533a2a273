export type { ApeDetail } from './ape/detail.ts';
export type { DebugFunction, DebugInfo } from './dwarf/debug-info.ts';
export { type Edit, inverse, save } from './edit.ts';
export type { ElfDetail } from './elf/detail.ts';
export type { ElfFeature, ElfNote } from './elf/notes.ts';
export type { ProgramHeader } from './elf/program-headers.ts';
export type {
  Image,
  ImageExport,
  ImageImport,
  ImageIsa,
  ImageKind,
  ImageRelocation,
  ImageSymbol,
  Machine,
  Permissions,
  Section,
  SectionRole,
  Segment,
  UnwindEntry,
} from './image.ts';
export { LIMITS } from './limits.ts';
export { addressOf, bytesAt, offsetOf, sectionAt, segmentAt } from './lookup.ts';
export type { MachoDetail } from './macho/detail.ts';
export { type CodeDirectory, type CodeSignature, changedPages } from './macho/signature.ts';
export { identitiesOf, open } from './open.ts';
export type { ImageIdentity, OpenOptions } from './options.ts';
export type { OwnedRange, OwnerKind, Ownership } from './ownership.ts';
export type { PeDetail } from './pe/detail.ts';
export { type Repair, type Repaired, type RepairOptions, repair } from './repair.ts';
export { addSpace, type Space, type SpaceAsk } from './space.ts';
export {
  type ImageColumns,
  type RelocationColumns,
  relocationColumns,
  SYMBOL_KINDS,
  type SymbolColumns,
  symbolColumns,
  type UnwindColumns,
  unwindColumns,
} from './tables.ts';
export { type Address, address, type Offset, offset } from './units.ts';
