import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cuts } from '../../../src/http1/cuts.ts'
import { cutLines, fieldLines, readConnectionOptions } from '../../../src/http1/field-lines.ts'
import { copyHead } from '../../../src/http1/head-copy.ts'
import { BAD_EXPECTATION, COMPLETE, INCOMPLETE, MALFORMED, TOO_LARGE } from '../../../src/http1/head-fields.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'

const TABLE = compileHeaderTable(REQUEST_NAMES, { exact: ['forwarded'], prefixes: ['x-forwarded-', 'client-cert'] })
const LIMITS = { headers: 10, targetBytes: 64 }

function read(text: string, limits = LIMITS): { head: RequestHead; bytes: Buffer; outcome: number } {
  const bytes = Buffer.from(text, 'latin1')
  const head = new RequestHead()
  return { head, bytes, outcome: head.read(bytes, 0, bytes.length, TABLE, limits) }
}

/** A head that is sound but for what `fields` adds. */
const withFields = (fields: string): string => `GET /a HTTP/1.1\r\nHost: x\r\n${fields}\r\n`

/** What would be forwarded of the field lines. */
function forwarded({ head, bytes }: { head: RequestHead; bytes: Buffer }): string {
  let text = ''
  let from = head.fieldsStart
  for (let k = 0; k < head.cuts.length; k += 2) {
    text += bytes.latin1Slice(from, head.cuts.ranges[k])
    from = head.cuts.ranges[k + 1]
  }
  return text + bytes.latin1Slice(from, head.end - 2)
}

describe('a sound head', () => {
  test('gives its parts as offsets', () => {
    const { head, bytes, outcome } = read('POST /a/b?c HTTP/1.1\r\nHost: x:8443\r\nContent-Length: 0042\r\n\r\nbody')
    assert.equal(outcome, COMPLETE)
    assert.equal(bytes.latin1Slice(head.methodStart, head.methodEnd), 'POST')
    assert.equal(bytes.latin1Slice(head.targetStart, head.targetEnd), '/a/b?c')
    assert.equal(bytes.latin1Slice(head.hostStart, head.hostEnd), 'x:8443')
    assert.equal(head.contentLength, 42)
    assert.equal(bytes.latin1Slice(head.end), 'body')
  })

  test('is INCOMPLETE at every shorter length, and never malformed', () => {
    const text = 'GET /a HTTP/1.1\r\nHost: x\r\nX-A: \tb \r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n'
    for (let length = 1; length < text.length; length++) assert.equal(read(text.slice(0, length)).outcome, INCOMPLETE, `at ${length}`)
    assert.equal(read(text).outcome, COMPLETE)
  })

  test('leaves no trace of the head before it', () => {
    const head = new RequestHead()
    const first = Buffer.from(
      withFields('Transfer-Encoding: chunked\r\nConnection: close, x\r\nAuthorization: a\r\nX-Forwarded-For: 1\r\nUpgrade: websocket\r\n'),
    )
    const second = Buffer.from(withFields(''))
    assert.equal(head.read(first, 0, first.length, TABLE, LIMITS), COMPLETE)
    assert.equal(head.read(second, 0, second.length, TABLE, LIMITS), COMPLETE)
    assert.deepEqual(
      [head.chunked, head.close, head.connectionOptions, head.authorizationStart, head.cuts.length, head.upgradeStart, head.stripped],
      [false, false, false, -1, 0, -1, 0],
    )
  })

  test('a copy keeps its results when the original reads on', () => {
    const { head } = read(withFields('X-Forwarded-For: 1\r\n'))
    const copy = copyHead(head)
    head.read(Buffer.from(withFields('')), 0, 28, TABLE, LIMITS)
    assert.equal(copy.cuts.length, 2)
    assert.notEqual(copy.cuts, head.cuts)
    assert.equal(copy.stripped, 1)
  })
})

test('a body is unexpected only on GET and HEAD', () => {
  const unexpected = (method: string, field: string): boolean => {
    const { head, bytes } = read(`${method} /a HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n`)
    return head.hasUnexpectedBody(bytes)
  }
  for (const method of ['GET', 'HEAD']) {
    assert.equal(unexpected(method, 'Content-Length: 1'), true)
    assert.equal(unexpected(method, 'Transfer-Encoding: chunked'), true)
    assert.equal(unexpected(method, 'Content-Length: 0'), false)
    assert.equal(unexpected(method, 'X: y'), false)
  }
  for (const method of ['POST', 'GETS', 'get', 'OPTIONS', 'DELETE']) assert.equal(unexpected(method, 'Content-Length: 1'), false, method)
})

describe('hop-by-hop and reserved fields are cut', () => {
  test('and everything else stays, byte for byte', () => {
    const result = read(
      withFields(
        'Connection: keep-alive\r\nAccept:  */*\r\nX_Forwarded_User: root\r\nTE: trailers\r\nKeep-Alive: timeout=1\r\nCookie: a=b\xe9\r\nclient.cert.x: y\r\n',
      ),
    )
    assert.equal(result.outcome, COMPLETE)
    assert.equal(forwarded(result), 'Host: x\r\nAccept:  */*\r\nCookie: a=b\xe9\r\n')
    assert.equal(result.head.stripped, 2)
  })

  test('neighbouring cuts are one range', () => {
    const { head } = read(withFields('Forwarded: a\r\nforwarded: b\r\nFORWARDED: c\r\n'))
    assert.equal(head.cuts.length, 2)
    assert.equal(head.stripped, 3)
  })

  test('names that only begin like a reserved one stay', () => {
    const result = read(withFields('X-Forward: 1\r\nForwarded-X: 2\r\nX-Client: 3\r\n'))
    assert.equal(forwarded(result), 'Host: x\r\nX-Forward: 1\r\nForwarded-X: 2\r\nX-Client: 3\r\n')
  })
})

describe('what two readers could understand differently is malformed', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['no Host', 'GET / HTTP/1.1\r\nA: b\r\n\r\n'],
    ['two Hosts', withFields('Host: x\r\n')],
    ['empty Host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
    ['look-alike of a framing name', withFields('Transfer_Encoding: chunked\r\n')],
    ['look-alike of Content-Length', withFields('Content.Length: 5\r\n')],
    ['look-alike of Authorization', withFields('Authorization: a\r\nauthorization: b\r\n')],
    ['Content-Length and Transfer-Encoding', withFields('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n')],
    ['two Content-Lengths, though equal', withFields('Content-Length: 3\r\nContent-Length: 3\r\n')],
    ['Content-Length list', withFields('Content-Length: 3, 3\r\n')],
    ['Content-Length with a sign', withFields('Content-Length: +3\r\n')],
    ['Content-Length in hex', withFields('Content-Length: 0x3\r\n')],
    ['empty Content-Length', withFields('Content-Length:\r\n')],
    ['Content-Length beyond exact numbers', withFields('Content-Length: 1234567890123456\r\n')],
    ['Transfer-Encoding list', withFields('Transfer-Encoding: gzip, chunked\r\n')],
    ['Transfer-Encoding twice', withFields('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n')],
    ['Transfer-Encoding identity', withFields('Transfer-Encoding: identity\r\n')],
    ['Transfer-Encoding in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['space before the colon', withFields('Transfer-Encoding : chunked\r\n')],
    ['a folded line', withFields('X-A: b\r\n c\r\n')],
    ['white space before the first field', 'GET / HTTP/1.1\r\n Host: x\r\n\r\n'],
    ['bare LF', 'GET / HTTP/1.1\nHost: x\n\n'],
    ['bare LF after a value', withFields('X-A: b\nX-C: d\r\n')],
    ['bare CR in a value', withFields('X-A: b\rX-C: d\r\n')],
    ['NUL in a value', withFields('X-A: b\0c\r\n')],
    ['DEL in a value', withFields('X-A: b\x7f\r\n')],
    ['empty name', withFields(': b\r\n')],
    ['non-ASCII in a name', withFields('X-\xe9: b\r\n')],
    ['two spaces in the request line', 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['space after the version', 'GET / HTTP/1.1 \r\nHost: x\r\n\r\n'],
    ['tab after the value of Transfer-Encoding', withFields('Transfer-Encoding: chunked \t\r\n')],
    ['tab before the value of Transfer-Encoding', withFields('Transfer-Encoding: \tchunked\r\n')],
    ['tab after the value of Content-Length', withFields('Content-Length: 5\t\r\n')],
    ['tab in the request line', 'GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no version', 'GET /\r\nHost: x\r\n\r\n'],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n'],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: x\r\n\r\n'],
    ['http in lower case', 'GET / http/1.1\r\nHost: x\r\n\r\n'],
    ['raw non-ASCII in the target', 'GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a method of 40 bytes', `${'A'.repeat(40)} / HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['two Upgrades', withFields('Upgrade: a\r\nUpgrade: b\r\n')],
    ['two Origins', withFields('Origin: a\r\nOrigin: b\r\n')],
  ]
  for (const [name, text] of cases) {
    test(name, () => {
      const { outcome, head } = read(text)
      assert.equal(outcome, MALFORMED)
      assert.notEqual(head.problem, '')
    })
  }
})

describe('limits', () => {
  test('one field too many is TOO_LARGE', () => {
    assert.equal(read(withFields('A: b\r\n'.repeat(9))).outcome, COMPLETE)
    assert.equal(read(withFields('A: b\r\n'.repeat(10))).outcome, TOO_LARGE)
  })

  test('a long target is TOO_LARGE before it is complete', () => {
    assert.equal(read(`GET /${'a'.repeat(64)}`).outcome, TOO_LARGE)
  })

  test('more cuts than there is room for is TOO_LARGE, never a field let through', () => {
    assert.equal(read(withFields('X-Forwarded-A: b\r\nY: z\r\n'.repeat(200)), { headers: 1000, targetBytes: 64 }).outcome, TOO_LARGE)
  })

  test('an expectation other than 100-continue is told apart', () => {
    assert.equal(read(withFields('Expect: 200-ok\r\n')).outcome, BAD_EXPECTATION)
  })
})

describe('Connection lists', () => {
  const options = (fields: string) => {
    const { bytes, head } = read(withFields(fields))
    return readConnectionOptions(bytes, head.fieldsStart, head.end)
  }

  test('name fields that end at this hop', () => {
    const found = options('Connection: close, X-Hop\r\nConnection: Upgrade,,x-two\r\n')
    assert.deepEqual(found && { ...found, names: [...found.names] }, { close: true, upgrade: true, names: ['x-hop', 'x-two'] })
  })

  for (const name of ['Host', 'content-length', 'Transfer-Encoding', 'authorization', 'a b', 'x"']) {
    test(`may not name ${name}`, () => assert.equal(options(`Connection: close, ${name}\r\n`), null))
  }

  test('white space around an option is none of it, a no-break space is', () => {
    assert.deepEqual([...(options('Connection: close \t, \t x-hop \t,\tx-two\r\n')?.names ?? [])], ['x-hop', 'x-two'])
    assert.equal(options('Connection: close,\u00a0x-hop\r\n'), null)
  })

  // Where each space within an option is a place to look on from, this does not end before the time of a test file is over.
  test('spaces within an option are gone through once', () => {
    assert.equal(options(`Connection: x${' '.repeat(4 << 20)}y\r\n`), null)
  })

  test('cutLines removes what is named and keeps cuts in order', () => {
    const result = read(withFields('X-Hop: 1\r\nForwarded: a\r\nX-Keep: 2\r\nx-hop: 3\r\n'))
    assert.equal(
      cutLines(result.bytes, result.head, (name) => name === 'x-hop'),
      2,
    )
    assert.equal(forwarded(result), 'Host: x\r\nX-Keep: 2\r\n')
  })

  test('cuts that touch or overlap become one', () => {
    const cuts = new Cuts(4)
    cuts.append(10, 20)
    cuts.add([
      [20, 30],
      [0, 5],
      [12, 14],
    ])
    assert.deepEqual([...cuts.ranges.subarray(0, cuts.length)], [0, 5, 10, 30])
    assert.equal(cuts.add([40, 50, 60].map((at) => [at, at + 1] as const)), false)
  })

  test('fieldLines walks every line with its trimmed value', () => {
    const { bytes, head } = read(withFields('X-A: \t b \r\nEmpty:\r\n'))
    assert.deepEqual(
      [...fieldLines(bytes, head.fieldsStart, head.end)].map(({ name, value }) => [name, value]),
      [
        ['host', 'x'],
        ['x-a', 'b'],
        ['empty', ''],
      ],
    )
  })
})
