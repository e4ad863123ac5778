import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Asked, crossSite, upgradeProtocol } from '../../../src/gateway/asked.ts'
import { headOf, listener, policyOf } from './fixture.ts'

/** A request whose head ends where its body, if any, begins. */
function asked(text: string, { body = '', complete = true } = {}): Asked {
  const read = headOf(text)
  const { head } = read
  const bytes = Buffer.concat([read.bytes, Buffer.from(body)])
  // As the reader leaves it where the client lists the option.
  head.upgradeRequested = /^connection: upgrade\r$/im.test(text)
  const made = new Asked()
  made.begin(bytes, head, bytes.length, complete)
  return made
}

const SWITCH = 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n'

describe('an upgrade', () => {
  test('is to a protocol that its route names, in any case', () => {
    assert.equal(upgradeProtocol(asked(SWITCH), ['h2c', 'websocket']), 'websocket')
    assert.equal(upgradeProtocol(asked(SWITCH), ['h2c']), '')
    assert.equal(upgradeProtocol(asked(SWITCH), []), '')
  })

  test('is none without both fields, from HTTP/1.0, or with a body', () => {
    assert.equal(upgradeProtocol(asked(SWITCH.replace('Connection: Upgrade\r\n', '')), ['websocket']), '')
    assert.equal(upgradeProtocol(asked(SWITCH.replace('Upgrade: WebSocket\r\n', '')), ['websocket', '']), '')
    assert.equal(upgradeProtocol(asked(SWITCH.replace('HTTP/1.1', 'HTTP/1.0')), ['websocket']), '')
    assert.equal(upgradeProtocol(asked(SWITCH, { body: 'x' }), ['websocket']), '')
    assert.equal(upgradeProtocol(asked(SWITCH, { complete: false }), ['websocket']), '')
  })
})

describe('a page of another site', () => {
  const [route] = policyOf([{ path: '/**' }]).routes
  const problem = (text: string, method = 'POST') => {
    assert.ok(route !== undefined)
    return crossSite(asked(text), route, method, listener, 'a')
  }
  const get = (...fields: string[]) => `POST /a HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`

  test('is told by what its browser says, wherever that stands in the head', () => {
    assert.match(problem(get('Sec-Fetch-Site: cross-site')) ?? '', /another site sent this POST/)
    assert.match(problem(get('Origin: https://a', 'Sec-Fetch-Site: cross-site')) ?? '', /another site sent this POST/)
    assert.equal(problem(get('Sec-Fetch-Site: same-origin')), null)
    assert.equal(problem(get('Sec-Fetch-Site: cross-site'), 'GET'), null)
    assert.equal(problem(get()), null)
  })

  test('is told by its origin where it asks for an upgrade, and only there', () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']
    assert.match(problem(get('Origin: https://b', ...upgrade)) ?? '', /another origin asked for an upgrade/)
    assert.match(problem(get('Origin: https://b', 'Sec-Fetch-Site: none', ...upgrade)) ?? '', /another origin asked for an upgrade/)
    assert.equal(problem(get('Origin: https://a', ...upgrade)), null)
    assert.equal(problem(get('Origin: https://b')), null)
    assert.equal(problem(get(...upgrade)), null)
  })
})

describe('a remembered head', () => {
  test('is copied before anything is cut from it, and no text of its fields is kept', () => {
    const { head } = headOf('GET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n')
    head.memo = head.fieldsMemo = 7
    const made = new Asked()
    made.begin(Buffer.alloc(head.end), head, head.end, true)
    const own = made.headToCut()
    assert.notEqual(own, head)
    own.cuts.add([[17, 24]])
    assert.deepEqual([own.memo, own.fieldsMemo, head.cuts.length, head.memo], [0, 0, 0, 7])
    assert.equal(made.headToCut(), own)
  })

  test('is copied before anything is awaited', () => {
    const { bytes, head } = headOf('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
    const made = new Asked()
    made.begin(bytes, head, head.end, true)
    made.keepHead()
    head.hostStart = 0
    assert.ok(made.waited)
    assert.equal(bytes.latin1Slice(made.head.hostStart, made.head.hostEnd), 'a')
  })
})
