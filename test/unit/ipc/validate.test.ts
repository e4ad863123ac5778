import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFromWorker, readToWorker } from '../../../src/ipc/validate.ts'

test('every message of the protocol is read back as it is', () => {
  const key = new Uint8Array(48)
  const snapshot = { number: 1, settings: {}, mapping: {}, users: [], listeners: new Map(), upstreams: new Map() }
  for (const message of [
    { kind: 'prepare', snapshot, openings: new Map([['main', '1/tls']]) },
    { kind: 'prepare', snapshot: { ...snapshot, mapping: null, users: null }, openings: new Map() },
    { kind: 'commit', snapshot: 1 },
    { kind: 'listen', listener: 'main', opening: '1/tls' },
    { kind: 'ticket_keys', keys: new Map([['main', key]]) },
    { kind: 'workers', count: 4 },
    { kind: 'leased', listener: 'main', address: null, granted: 0 },
    { kind: 'reopen_logs' },
    { kind: 'metrics', id: 1, scrape: true },
    { kind: 'status', id: 1 },
    { kind: 'statuses', number: 1, statuses: [{ key: 'k', status: 'revoked', until: Number.POSITIVE_INFINITY, refreshAt: 1, detail: '' }] },
    { kind: 'drain', deadline: 0 },
    { kind: 'registry_base', id: 1, file: '/data/certgate.db.base', epoch: 'e', version: 0, bytes: null },
    { kind: 'registry_delta', id: 2, delta: { epoch: 'e', follows: 0, version: 1, changes: [] } },
  ]) {
    assert.equal(readToWorker(message), message, message.kind)
  }
  for (const message of [
    { kind: 'ready' },
    { kind: 'prepared', snapshot: 2 },
    { kind: 'applied', snapshot: 2 },
    { kind: 'rejected', snapshot: 2, message: 'why' },
    { kind: 'listening', listener: 'main', opening: '1/tls' },
    { kind: 'listen_failed', listener: 'main', opening: '1/tls', code: 'EADDRINUSE', message: 'in use' },
    { kind: 'lease', listener: 'main', address: '192.0.2.1' },
    { kind: 'lease_return', listener: 'main', address: '192.0.2.1', amount: 3 },
    { kind: 'metrics', id: 1, values: null },
    { kind: 'status', id: 1, open: 0 },
    { kind: 'registry', id: 1, epoch: 'e', version: 3, gap: null },
    { kind: 'seen', seen: new Map([['ab'.repeat(32), 1]]) },
    { kind: 'renewal', certificate: 'MII=' },
    { kind: 'status_wanted', question: { source: 'ocsp', subject: 'AA', issuer: 'AA', url: null } },
    { kind: 'statuses_taken', number: 1 },
  ]) {
    assert.equal(readFromWorker(message), message, message.kind)
  }
})

test('anything else is no message', () => {
  for (const value of [
    undefined,
    null,
    'ready',
    [],
    {},
    { kind: 'toString' },
    { kind: '__proto__' },
    { kind: 'applied' },
    { kind: 'applied', snapshot: -1 },
    { kind: 'seen', seen: new Map([['CN=alice', 1]]) },
    { kind: 'seen', seen: new Map(Array.from({ length: 4_097 }, (_, index) => [index.toString(16).padStart(64, '0'), 1])) },
    { kind: 'renewal', certificate: 'x'.repeat((1 << 17) + 1) },
    { kind: 'registry', id: 1, epoch: 'e', version: 3 },
    { kind: 'applied', snapshot: 1.5 },
    { kind: 'applied', snapshot: '1' },
    { kind: 'lease', listener: 'main', address: undefined },
    { kind: 'status_wanted', question: { source: 'dns', subject: 'AA', issuer: 'AA', url: null } },
    { kind: 'status_wanted', question: null },
  ]) {
    assert.equal(readFromWorker(value), null, JSON.stringify(value))
  }
  for (const value of [
    { kind: 'ready' },
    { kind: 'ticket_keys', keys: new Map([['main', new Uint8Array(47)]]) },
    { kind: 'ticket_keys', keys: { main: new Uint8Array(48) } },
    { kind: 'prepare', snapshot: {}, openings: new Map() },
    { kind: 'prepare', snapshot: null, openings: new Map() },
  ]) {
    assert.equal(readToWorker(value), null, JSON.stringify(value))
  }
})
