import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authentication, Authenticator } from '../../../src/gateway/authentication/types.ts'
import { Recognition } from '../../../src/gateway/recognition.ts'
import { basicIdentity, certificateIdentity } from '../../support/identities.ts'
import { headers, headOf, listener, runtimeWith, services } from './fixture.ts'

const { bytes, head } = headOf('GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic x\r\nX-Forwarded-For: 1\r\n\r\n')

const accepted = (name: string): Authentication => ({ identity: certificateIdentity(name, `CN=${name}`), consumedAuthorization: false })

/** Answers with another identity each time, and notes what it was shown. */
function authenticator(perRequest: boolean) {
  const shown: (string | null)[] = []
  const made: Authenticator = {
    perRequest,
    authenticate(_peer, authorization) {
      shown.push(authorization)
      return accepted(`user${shown.length}`)
    },
  }
  return { made, shown }
}

test('where the certificate alone decides, it is asked once for a connection and snapshot', () => {
  const { made, shown } = authenticator(false)
  const runtime = runtimeWith({ authenticator: made })
  const recognition = new Recognition(services().heard, '192.0.2.7')
  const first = recognition.authenticate(runtime, listener, null, bytes, head)
  assert.equal(recognition.authenticate(runtime, listener, null, bytes, head), first)
  assert.deepEqual(shown, [null])
  recognition.forget()
  assert.notEqual(recognition.authenticate(runtime, listener, null, bytes, head), first)
})

test('what came from Authorization is never kept', () => {
  const { made, shown } = authenticator(true)
  const runtime = runtimeWith({ authenticator: made })
  const recognition = new Recognition(services().heard, '192.0.2.7')
  const first = recognition.authenticate(runtime, listener, null, bytes, head)
  assert.notEqual(recognition.authenticate(runtime, listener, null, bytes, head), first)
  const bare = headOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  recognition.authenticate(runtime, listener, null, bare.bytes, bare.head)
  assert.deepEqual(shown, ['Basic x', 'Basic x', null])
})

test('a principal is made again for another identity, and for a new snapshot', () => {
  const runtime = runtimeWith()
  const recognition = new Recognition(services().heard, '192.0.2.7')
  const alice = accepted('alice')
  const first = recognition.principal(runtime, listener, null, alice)
  assert.equal(recognition.principal(runtime, listener, null, alice), first)
  const other = recognition.principal(runtime, listener, null, { identity: basicIdentity('bob'), consumedAuthorization: true })
  assert.deepEqual([other.identity?.name, other.lines], ['bob', 'X-Forwarded-User: bob\r\n'])
  const again = recognition.principal(runtime, listener, null, alice)
  recognition.forget()
  assert.notEqual(recognition.principal(runtime, listener, null, alice), again)
})

test('header lines follow the identity and the host', () => {
  const runtime = runtimeWith()
  const recognition = new Recognition(services().heard, '192.0.2.7')
  const [alice, bob] = [accepted('alice'), accepted('bob')]
  const lines = (who: Authentication, host: string): string =>
    recognition.headerLines(runtime, recognition.principal(runtime, listener, null, who), host, bytes, head)
  assert.equal(lines(alice, 'a'), 'X-Forwarded-User: alice\r\nX-Forwarded-Host: a\r\n')
  assert.equal(lines(alice, 'b'), 'X-Forwarded-User: alice\r\nX-Forwarded-Host: b\r\n')
  assert.equal(lines(bob, 'b'), 'X-Forwarded-User: bob\r\nX-Forwarded-Host: b\r\n')
})

test("a trusted hop's lines are read from each request", () => {
  const runtime = runtimeWith({ headers: { ...headers, readsInbound: () => true } })
  const recognition = new Recognition(services().heard, '192.0.2.7')
  const principal = recognition.principal(runtime, listener, null, accepted('alice'))
  assert.match(recognition.headerLines(runtime, principal, 'a', bytes, head), /Hop: 1\r\n$/)
  const bare = headOf('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.match(recognition.headerLines(runtime, principal, 'a', bare.bytes, bare.head), /Hop: null\r\n$/)
})

test('what could not be expressed is audited once for a principal', () => {
  const { heard, events } = services()
  const runtime = runtimeWith({ headers: { ...headers, block: () => ({ lines: '', dropped: ['role a,b'] }) } })
  const recognition = new Recognition(heard, '192.0.2.7')
  const alice = accepted('alice')
  recognition.principal(runtime, listener, null, alice)
  recognition.principal(runtime, listener, null, alice)
  assert.deepEqual(events, [{ kind: 'BAD_HEADERS', reason: 'identity_unusable', remote: '192.0.2.7', detail: 'not sent: role a,b' }])
})
