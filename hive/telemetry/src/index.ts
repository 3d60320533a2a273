export * from './ring.ts';
export * from './ring-budget.ts';
export * from './ring-reader.ts';
