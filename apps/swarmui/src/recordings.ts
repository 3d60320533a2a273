// Recordings and packs of evidence without the page: nothing here needs a browser.

export { type ChosenFile, openRecording } from './replay/open-recording.ts';
export { type PackFiles, type PackReport, packClient, verifyPack } from './replay/pack.ts';
export { type PackedFile, readPack } from './replay/pack-files.ts';
export type { TracePlayer } from './replay/trace-player.ts';
