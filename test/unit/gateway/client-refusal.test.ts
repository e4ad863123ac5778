import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseRequest } from '../../../src/gateway/client-refusal.ts'
import { CurrentRequest } from '../../../src/gateway/current-request.ts'
import type { Principal } from '../../../src/gateway/principal.ts'
import type { Runtime } from '../../../src/gateway/runtime.ts'
import type { Reason } from '../../../src/policy/types.ts'
import { FakeSocket } from '../../support/fake-socket.ts'
import { basicIdentity } from '../../support/identities.ts'
import { headOf, listener, policyOf, runtimeWith, services } from './fixture.ts'

/** A request under way, with what refusing it did. */
function make(given: Partial<Runtime> = {}, accept = '*/*') {
  const { heard, events, failures } = services()
  const runtime = runtimeWith(given)
  const current = new CurrentRequest(new FakeSocket().socket, 'main', null, { ...heard, runtime: () => runtime })
  const decisions: string[] = []
  current.meter = { observe: () => {}, decide: (decision) => decisions.push(decision) }
  const { bytes, head } = headOf(`GET /a HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\n\r\n`)
  current.asked.begin(bytes, head, head.end, true)
  current.record.begin('GET')
  Object.assign(current.record, { requestId: 'id-1', path: '/a' })
  const refuse = (reason: Reason, close = false, challenge: string | null = null) => {
    const { message, logStatus } = refuseRequest(current, reason, 'why', challenge, close)
    return { text: message.toString(), logStatus }
  }
  return { current, decisions, events, failures, refuse }
}

test('is one answer with the id that the log has, and the log knows its reason and length', () => {
  const { current, refuse } = make()
  const { text, logStatus } = refuse('role_missing')
  assert.match(text, /^HTTP\/1\.1 403 /)
  assert.match(text, /"request_id":"id-1"/)
  const { reason, bytesOut } = current.record
  assert.deepEqual([logStatus, reason, bytesOut], [403, 'role_missing', text.length])
})

test('says that nothing follows where nothing does', () => {
  assert.match(make().refuse('malformed_request', true).text, /\r\nConnection: close\r\n/)
  assert.doesNotMatch(make().refuse('role_missing').text, /\r\nConnection:/)
})

test('challenges where it was given one, and the log tells a missing certificate apart', () => {
  const { text, logStatus } = make().refuse('certificate_required')
  assert.match(text, /^HTTP\/1\.1 401 /)
  assert.equal(logStatus, 496)
  assert.match(make().refuse('credentials_required', false, 'Basic realm="x"').text, /\r\nWWW-Authenticate: Basic realm="x"\r\n/)
})

test('counts as a denial unless the request was permitted before', () => {
  const { decisions, refuse } = make()
  refuse('role_missing')
  assert.deepEqual(decisions, ['deny'])
  const permitted = make()
  permitted.current.record.decision = 'allow'
  permitted.refuse('upstream_failed')
  assert.deepEqual([permitted.decisions, permitted.current.record.decision], [[], 'allow'])
})

test('is a page for a browser, where the request was understood so far', () => {
  const { current, refuse } = make({}, 'text/html')
  assert.match(refuse('role_missing').text, /\r\nContent-Type: text\/html/)
  current.asked.clear()
  assert.doesNotMatch(refuse('malformed_request').text, /html/)
})

test("has its route's shape, else that of all", () => {
  const { current, refuse } = make({ errors: 'raven' })
  const general = refuse('role_missing').text
  current.route = { route: policyOf([{ path: '/a', errors: 'opensearch' }]).routes[0] } as never
  const own = refuse('role_missing').text
  assert.match(own, /"status":403/)
  assert.notEqual(own.slice(own.indexOf('{')), general.slice(general.indexOf('{')))
})

test('tells a missing role and a missing route apart, unless routes are hidden', () => {
  const answers = (hideRoutes: boolean) =>
    (['role_missing', 'route_missing'] as const).map((reason) =>
      make({ hideRoutes })
        .refuse(reason)
        .text.replace(/^Date:.*$/m, ''),
    )
  const [shown, hidden] = [answers(false), answers(true)]
  assert.notEqual(shown[0], shown[1])
  assert.equal(hidden[0], hidden[1])
})

test('is audited under who asked and from where, and counted where it is about that', () => {
  const { current, events, failures, refuse } = make({ listeners: new Map([['main', listener]]) })
  current.principal = { identity: basicIdentity('alice') } as Principal
  refuse('role_missing')
  refuse('credentials_invalid')
  refuse('upstream_failed')
  const about = { user: 'alice', remote: '192.0.2.7', detail: 'why' }
  assert.deepEqual(events, [
    { kind: 'MISSING_PRIVILEGES', reason: 'role_missing', ...about },
    { kind: 'FAILED_LOGIN', reason: 'credentials_invalid', ...about },
  ])
  assert.deepEqual(failures, ['credentials_invalid'])
})
