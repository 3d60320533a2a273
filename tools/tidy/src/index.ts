export { textFiles } from './files.ts';
export { FLOOR } from './floor.ts';
export { type Finding, type House, houseOf, type Module, type Package, type TextFile } from './house.ts';
export { type ImportRef, importsOf } from './imports.ts';
export { allows, LAYERS, type Layer, layerOf } from './layers.ts';
export { type Comment, lineOf, type Scan, scan } from './scan.ts';
export { type Floor, type Report, textOf, tidy } from './tidy.ts';
