export type { ApeDetail } from './ape/detail.ts';
export { type Edit, inverse, save } from './edit.ts';
export type { ElfDetail } from './elf/detail.ts';
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
export type { OwnedRange, OwnerKind, Ownership } from './ownership.ts';
export type { PeDetail } from './pe/detail.ts';
export type { Repair, Repaired } from './repair.ts';
export type { Space, SpaceAsk } from './space.ts';
export { type Address, address, type Offset, offset } from './units.ts';
