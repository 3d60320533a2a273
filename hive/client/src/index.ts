export * from './hive-client.ts';
