// The public face of the client on Node: the core, and sockets.

export * from './core.ts';
export { type ConnectOptions, connect } from './node/connect.ts';
export { nodeSender } from './node/http-sender.ts';
export { describeAddress, dialSocket, socketTransport } from './node/socket-transport.ts';
export type { ClientTls } from './node/tls.ts';
