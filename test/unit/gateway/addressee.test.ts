import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Addressee } from '../../../src/gateway/addressee.ts'
import type { ListenerRuntime, Runtime } from '../../../src/gateway/runtime.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { headOf, listener, policyOf, runtimeWith } from './fixture.ts'

const runtime = runtimeWith({
  policy: policyOf([
    { path: '/a/**', name: 'a' },
    { path: '/b/**', name: 'b', hosts: ['b.test'] },
    { path: '/c/**', name: 'c', methods: ['GET'] },
  ]),
})

interface Given {
  readonly runtime?: Runtime
  readonly listener?: ListenerRuntime
  readonly peer?: Peer
}

function resolve(addressee: Addressee, target: string, host = 'a.test', given: Given = {}, method = 'GET'): string {
  const { bytes, head } = headOf(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  const problem = addressee.resolve(bytes, head, method, given.runtime ?? runtime, given.listener ?? listener, given.peer ?? null)
  if (problem !== null) return problem.reason
  return typeof addressee.found === 'string' ? addressee.found : addressee.found.settings.name
}

test('host, path and method lead to the route; a canonical target goes on as received', () => {
  const addressee = new Addressee()
  assert.equal(resolve(addressee, '/a/x?q=1'), 'a')
  assert.deepEqual([addressee.host, addressee.path, addressee.target], ['a.test', '/a/x', null])
  assert.equal(resolve(addressee, '/b/x'), 'route_missing')
  assert.equal(resolve(addressee, '/b/x', 'B.test:8443'), 'b')
  assert.equal(resolve(addressee, '/c/x', 'a.test', {}, 'POST'), 'method_not_allowed')
  assert.equal(resolve(addressee, '/c/x'), 'c')
})

test('what is not canonical is decided and forwarded by its canonical path', () => {
  const addressee = new Addressee()
  assert.equal(resolve(addressee, '/c/../a/%78?q=%2F'), 'a')
  assert.deepEqual([addressee.path, addressee.target], ['/a/x', '/a/x?q=%2F'])
  assert.equal(resolve(addressee, 'http://a.test/a/y'), 'a')
  assert.equal(addressee.target, '/a/y')
})

test('a path that cannot be understood leaves none of the last request in the log', () => {
  const addressee = new Addressee()
  resolve(addressee, '/a/secret')
  assert.equal(resolve(addressee, '/a/%00'), 'malformed_path')
  assert.deepEqual([addressee.path, addressee.target], ['', null])
  resolve(addressee, '/a/secret')
  assert.equal(resolve(addressee, '/a/x', 'a/b'), 'malformed_request')
  assert.deepEqual([addressee.path, addressee.host], ['', ''])
  assert.equal(resolve(addressee, '/a/x', 'a/b'), 'malformed_request')
})

test('an absolute target names the same host', () => {
  assert.equal(resolve(new Addressee(), 'http://b.test/a/x'), 'malformed_request')
})

test('under several names the host is one of the name that the handshake was made for', () => {
  const names = new Map([
    ['a.test', 'a'],
    ['www.a.test', 'a'],
    ['b.test', 'b'],
  ])
  const named: ListenerRuntime = { ...listener, nameFor: (host) => (host === null ? null : (names.get(host) ?? null)) }
  const under = (serverName: string | null): Given => ({ listener: named, peer: { serverName } as Peer })
  const addressee = new Addressee()
  assert.equal(resolve(addressee, '/a/x', 'www.a.test', under('a.test')), 'a')
  assert.equal(resolve(addressee, '/a/x', 'b.test', under('a.test')), 'misdirected_request')
  assert.equal(resolve(addressee, '/a/x', 'b.test', under('a.test')), 'misdirected_request')
  assert.equal(resolve(addressee, '/a/x', 'a.test', under('a.test')), 'a')
  assert.equal(resolve(new Addressee(), '/a/x', 'c.test', under('a.test')), 'misdirected_request')
  assert.equal(resolve(new Addressee(), '/a/x', 'a.test', under(null)), 'misdirected_request')
})

test('a new snapshot is looked up anew', () => {
  const addressee = new Addressee()
  assert.equal(resolve(addressee, '/a/x'), 'a')
  addressee.forget()
  const changed = runtimeWith({ policy: policyOf([{ path: '/**', name: 'new' }]) })
  assert.equal(resolve(addressee, '/a/x', 'a.test', { runtime: changed }), 'new')
})
