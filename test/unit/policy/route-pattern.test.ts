import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchesGlob, parseRoutePattern } from '../../../src/policy/route-pattern.ts'

describe('a route pattern', () => {
  it('is read segment by segment', () => {
    const pattern = parseRoutePattern('/databases/{db}/v*-*/caf%C3%A9/**')
    assert.deepEqual(pattern.segments, [
      { kind: 'literal', text: 'databases' },
      { kind: 'capture', name: 'db' },
      { kind: 'glob', parts: ['v', '-', ''] },
      { kind: 'literal', text: 'caf\u00c3\u00a9' },
    ])
    assert.equal(pattern.rest, true)
    assert.deepEqual(parseRoutePattern('/café').segments, parseRoutePattern('/caf%c3%a9').segments)
    assert.deepEqual(parseRoutePattern('/'), { text: '/', segments: [{ kind: 'literal', text: '' }], rest: false })
  })

  const bad: [string, RegExp][] = [
    ['movies/**', /begins with '\/': write '\/movies\/\*\*'/],
    ['', /begins with/],
    ['/a**', /whole last segment/],
    ['/**/a', /whole last segment/],
    ['/***', /whole last segment/],
    ['/a//b', /slashes are merged/],
    ['//', /slashes are merged/],
    ['/a//**', /slashes are merged/],
    ['/a/../b', /dot segments/],
    ['/a/%2e', /dot segments/],
    ['/a?b', /only, not with the query/],
    ['/a#b', /only, not with the query/],
    ['/a;b', /%3B/],
    ['/a%2fb', /read as '\/'/],
    ['/a%zz', /two hex digits/],
    ['/a%5Cb', /refused/],
    ['/a\\b', /refused/],
    ['/a\u0007', /control/],
    ['/x{db}', /whole segment/],
    ['/{}', /whole segment/],
    ['/{db', /whole segment/],
    ['/{a}/{a}', /used twice/],
  ]
  for (const [text, message] of bad) {
    it(`'${JSON.stringify(text)}' is refused with a reason`, () => {
      assert.throws(() => parseRoutePattern(text), { message })
    })
  }
})

describe('a glob', () => {
  const cases: [string, string, boolean][] = [
    ['*', 'x', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'a', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c', false],
    ['*ab*ab', 'ab', false],
    ['*ab*b', 'xabb', true],
  ]
  for (const [glob, text, expected] of cases) {
    it(`${glob} ${expected ? 'matches' : 'does not match'} ${text}`, () => assert.equal(matchesGlob(glob.split('*'), text), expected))
  }

  it('takes no time to fail on a long text', () => {
    const started = performance.now()
    assert.equal(matchesGlob('*a*a*a*a*a*a*a*a*a*b'.split('*'), 'a'.repeat(8192)), false)
    assert.equal(matchesGlob('*a*a*a*a*a*a*a*a*ab*'.split('*'), 'a'.repeat(8192)), false)
    assert.ok(performance.now() - started < 200)
  })
})
