// The public face of the client on Node: the core, and sockets.

export * from './core.ts';
export { type ConnectOptions, connect } from './node/connect.ts';
export { describeAddress, dialSocket, socketTransport } from './node/socket-transport.ts';
