// What a run over this repository must see at least, so that a broken listing or lexer cannot pass for tidiness.

import type { Floor } from './tidy.ts';

/** About two thirds of what there is (2026-11); raise it when the house has grown by half. */
export const FLOOR: Floor = { packages: 12, modules: 200, crossings: 120 };
