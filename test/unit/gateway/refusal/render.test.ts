import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REASONS, refusalRow } from '../../../../src/gateway/refusal/table.ts'
import { render } from './fixture.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

test('one whole response with its length, never to be stored', () => {
  const { statusLine, headers, body, refusal } = render({ reason: 'role_missing' })
  assert.equal(statusLine, 'HTTP/1.1 403 Forbidden')
  assert.equal(refusal.status, 403)
  assert.equal(refusal.logStatus, 403)
  assert.equal(headers.get('content-length'), String(Buffer.byteLength(body)))
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('content-type'), 'application/problem+json')
  assert.equal(headers.get('x-request-id'), 'req-1')
  assert.equal(headers.get('date'), 'Sun, 22 Nov 2026 09:00:00 GMT')
  assert.equal(headers.has('connection'), false)
  assert.equal(JSON.parse(body).code, 'role_missing')
})

test('every reason in every shape is a sound response with the code or the shape in its body', () => {
  for (const reason of REASONS) {
    for (const shape of ['problem', 'raven', 'opensearch'] as const) {
      for (const accept of ['', BROWSER]) {
        const { refusal, headers, body } = render({ reason, shape, accept, detail: 'x\r\ny "z" <b>', method: 'POST' })
        assert.equal(headers.get('content-length'), String(Buffer.byteLength(body)))
        assert.equal(refusal.status, refusalRow(reason).status)
        if (shape !== 'opensearch' || refusal.status !== 401) assert.match(body, new RegExp(reason))
        if (headers.get('content-type')?.includes('json')) assert.ok(JSON.parse(body))
      }
    }
  }
})

test('HEAD gets the same head and no body', () => {
  const get = render({ reason: 'route_missing' })
  const head = render({ reason: 'route_missing', method: 'HEAD' })
  assert.equal(head.body, '')
  assert.deepEqual(head.headers, get.headers)
})

test('a missing certificate is 401 on the wire and 496 in the log', () => {
  const { refusal } = render({ reason: 'certificate_required' })
  assert.deepEqual([refusal.status, refusal.logStatus], [401, 496])
})

test('a challenge goes with 401 only, and only whole', () => {
  const challenge = 'Basic realm="certgate", charset="UTF-8"'
  assert.equal(render({ reason: 'credentials_required', challenge }).headers.get('www-authenticate'), challenge)
  assert.equal(render({ reason: 'certificate_required', challenge }).headers.get('www-authenticate'), challenge)
  assert.equal(render({ reason: 'role_missing', challenge }).headers.has('www-authenticate'), false)
  assert.equal(render({ reason: 'credentials_required', challenge: 'Basic realm="a\r\nX: y"' }).headers.has('www-authenticate'), false)
  assert.equal(render({ reason: 'credentials_required', challenge: null }).headers.has('www-authenticate'), false)
})

test('Retry-After by the table, or as the caller knows better', () => {
  assert.equal(render({ reason: 'overloaded' }).headers.get('retry-after'), '1')
  assert.equal(render({ reason: 'too_many_failures', retryAfter: 599.2 }).headers.get('retry-after'), '600')
  assert.equal(render({ reason: 'role_missing' }).headers.has('retry-after'), false)
})

test('Connection: close where asked', () => {
  assert.equal(render({ reason: 'malformed_request', close: true }).headers.get('connection'), 'close')
})

test('a browser gets the page, in OpenSearch’s shape never', () => {
  const page = render({ reason: 'certificate_expired', accept: BROWSER, detail: 'expired 2026-01-02T00:00:00Z' })
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.match(page.body, /expired at 2026-01-02 00:00 UTC/)
  assert.equal(
    render({ reason: 'certificate_expired', accept: BROWSER, shape: 'raven' }).headers.get('content-type'),
    'text/html; charset=utf-8',
  )
  assert.match(render({ reason: 'certificate_expired', accept: BROWSER, shape: 'opensearch' }).headers.get('content-type') ?? '', /json/)
})

test('with hidden routes a missing route, a wrong method and a missing role are one and the same response', () => {
  for (const shape of ['problem', 'raven', 'opensearch'] as const) {
    for (const accept of ['', BROWSER]) {
      const of = (reason: 'role_missing' | 'route_missing' | 'method_not_allowed', detail: string) =>
        render({ reason, detail, shape, accept, hideRoutes: true, user: 'alice' }).refusal
      const expected = of('role_missing', 'needs admin')
      assert.deepEqual(of('route_missing', 'matches no route'), expected)
      assert.deepEqual(of('method_not_allowed', 'POST is not listed'), expected)
    }
  }
  assert.equal(render({ reason: 'route_missing' }).refusal.status, 404)
})

test('a query and its password are never repeated', () => {
  for (const shape of ['raven', 'opensearch'] as const) {
    assert.equal(render({ reason: 'route_missing', shape }).body.includes('password'), false)
    assert.equal(render({ reason: 'role_missing', shape }).body.includes('password'), false)
  }
})

test('a request id that could not stand in a header is left out', () => {
  const { headers, body } = render({ reason: 'role_missing', requestId: 'a\r\nX: y' })
  assert.equal(headers.has('x-request-id'), false)
  assert.equal(JSON.parse(body).request_id, '')
})
