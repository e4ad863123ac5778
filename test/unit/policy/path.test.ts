import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CanonicalPath, canonicalise, DEFAULT_PATH_POLICY, isCanonical } from '../../../src/policy/path.ts'
import type { PathPolicy } from '../../../src/policy/types.ts'

const KEEP_ALL: PathPolicy = { encodedSlash: 'keep', semicolon: 'keep', doubleSlash: 'keep' }

const understood = (target: string, method?: string): CanonicalPath => {
  const result = canonicalise(target, method)
  assert.equal(result.problem, null, `${JSON.stringify(target)}: ${result.problem}`)
  return result as CanonicalPath
}

const forwarded = (target: string, policy: PathPolicy = DEFAULT_PATH_POLICY): string => {
  const path = understood(target).forwardPath(policy)
  if (typeof path !== 'string') return `refused: ${path.problem}`
  return path
}

const canonicalBytes = (path: string): boolean => {
  const bytes = Buffer.from(`GET ${path} HTTP/1.1`, 'latin1')
  return isCanonical(bytes, 4, 4 + Buffer.byteLength(path, 'latin1'))
}

describe('the canonical path', () => {
  const cases: [string, string][] = [
    ['/', '/'],
    ['/movies/_doc/3', '/movies/_doc/3'],
    ['/%6d%6Fvies/%7euser/a%2Db', '/movies/~user/a-b'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b%3bc%25', '/a%20b%3Bc%25'],
    ['/a%25zz', '/a%25zz'],
    ['//a///b//', '/a/b/'],
    ['/a/./b/../c', '/a/c'],
    ['/a/b/..', '/a/'],
    ['/a/b/.', '/a/b/'],
    ['/a/..', '/'],
    ['/a//../b', '/b'],
    ['/...', '/...'],
    ['/.hidden/..x/x..', '/.hidden/..x/x..'],
    ['/file%2Etxt', '/file.txt'],
    ['/a|b{c}"<d>^`', '/a|b{c}"<d>^`'],
  ]
  for (const [target, path] of cases) {
    it(`of ${target} is ${path}`, () => {
      assert.equal(understood(target).path, path)
      assert.equal(forwarded(target), path)
      assert.equal(canonicalBytes(target), target === path)
    })
  }

  const refused: [string, RegExp][] = [
    ['/a%', /% without two hex digits/],
    ['/a%2', /% without two hex digits/],
    ['/a%g0', /% without two hex digits/],
    ['/a%%32%46', /% without two hex digits/],
    ['/a%00', /NUL/],
    ['/a\u0000b', /control/],
    ['/a\tb', /control/],
    ['/a b', /space/],
    ['/a\u007f', /control/],
    ['/caf\u00e9', /outside ASCII/],
    ['/a\\b', /backslash/],
    ['/a%5cb', /encoded backslash/],
    ['/a/%2e%2E/b', /%2E/],
    ['/a/.%2e/b', /%2E/],
    ['/a/%2e', /%2E/],
    ['/a%252fb', /encoded twice/],
    ['/a%25%34%31', /encoded twice/],
    ['/a#b', /fragment/],
    ['/..', /above the root/],
    ['/a/../..', /above the root/],
    ['//..', /above the root/],
    ['/a/..;/b', /ambiguous/],
    ['/a/%2e%2e%3b/b', /%3B/],
    ['/a/.%3bx', /%3B/],
    ['/;/../b', /ambiguous/],
    ['/a%2F../b', /ambiguous/],
    ['/a%2Fb/../c', /ambiguous/],
    ['', /neither/],
    ['movies', /neither/],
    ['?a', /neither/],
    ['example.com:443', /neither/],
    ['ftp://example.com/', /neither/],
    ['http://user@example.com/', /neither/],
    ['http:///a', /neither/],
    ['**', /neither/],
  ]
  for (const [target, problem] of refused) {
    it(`refuses ${JSON.stringify(target)}`, () => {
      assert.match(canonicalise(target).problem ?? 'accepted', problem)
      assert.equal(canonicalBytes(target), false)
    })
  }

  it('leaves the query alone, byte for byte', () => {
    const result = understood('/a/%62?x=/../%2e%00;\\#?\u00ff')
    assert.equal(result.path, '/a/b')
    assert.equal(result.query, '?x=/../%2e%00;\\#?\u00ff')
    assert.equal(canonicalBytes('/a/b?x=/../%2e'), true)
    assert.equal(canonicalBytes('/a/..?x'), false)
    assert.equal(canonicalBytes('/a/.?x'), false)
    assert.equal(understood('/?').query, '?')
  })
})

describe('forms of the request target', () => {
  it('gives the authority of the absolute form back for comparison with Host', () => {
    const result = understood('HTTPS://Db.Example:8443//a/../b?q')
    assert.deepEqual([result.form, result.authority, result.path, result.query], ['absolute', 'db.example:8443', '/b', '?q'])
    assert.equal(understood('http://[::1]:80').path, '/')
    assert.equal(understood('http://h?x').query, '?x')
    assert.equal(understood('/http://h/').authority, null)
  })

  it('knows * with OPTIONS only, and never CONNECT', () => {
    assert.equal(understood('*', 'OPTIONS').form, 'asterisk')
    assert.match(canonicalise('*', 'GET').problem ?? '', /OPTIONS/)
    assert.match(canonicalise('/a', 'CONNECT').problem ?? '', /CONNECT/)
    assert.match(canonicalise('h:443', 'CONNECT').problem ?? '', /CONNECT/)
    assert.equal(canonicalBytes('*'), false)
  })
})

describe('path_policy', () => {
  it('refuses an encoded slash and a semicolon unless the route keeps them', () => {
    assert.match(forwarded('/a%2fb'), /encoded slash/)
    assert.match(forwarded('/a;v=1/b'), /semicolon/)
    assert.equal(forwarded('/a%2fb', { ...DEFAULT_PATH_POLICY, encodedSlash: 'keep' }), '/a%2Fb')
    assert.equal(forwarded('/a;v=1/b', { ...DEFAULT_PATH_POLICY, semicolon: 'keep' }), '/a;v=1/b')
    assert.match(forwarded('/a;v=1%2Fb', { ...DEFAULT_PATH_POLICY, semicolon: 'keep' }), /encoded slash/)
  })

  it('decides on the conservative reading of what it keeps', () => {
    assert.equal(understood('/foo%2Fbar').path, '/foo/bar')
    assert.equal(understood('/foo;x=1/bar;y').path, '/foo/bar')
    assert.equal(understood('/;x/foo%2F%2Fbar').path, '/foo/bar')
    assert.equal(understood('/%2Ffoo').path, '/foo')
  })

  it('merges slashes unless the route keeps them', () => {
    assert.equal(forwarded('//a//b/'), '/a/b/')
    assert.equal(forwarded('//a//b//', KEEP_ALL), '//a//b//')
    assert.equal(forwarded('/%2Fa%2F/b', { ...KEEP_ALL, doubleSlash: 'merge' }), '/a/b')
    assert.match(forwarded('/a//../b', KEEP_ALL), /ambiguous/)
    assert.equal(forwarded('/a/./b', KEEP_ALL), '/a/b')
  })
})

describe('any target at all', () => {
  // A fixed linear congruential generator, so that a failure repeats.
  let seed = 20261122
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const parts = [
    '/',
    '/',
    '//',
    '.',
    '..',
    '/.',
    '/..',
    'a',
    'b',
    ';',
    ';x',
    '%2F',
    '%2f',
    '%2e',
    '%25',
    '%41',
    '%3b',
    '%C3',
    '?',
    '4',
    '1',
    '%',
    '\\',
  ]
  const targets = Array.from({ length: 20000 }, () => {
    const length = 1 + random(7)
    return `/${Array.from({ length }, () => parts[random(parts.length)]).join('')}`
  })

  it('has a canonical path that is canonical and stays itself', () => {
    let accepted = 0
    for (const target of targets) {
      const first = canonicalise(target)
      if (first.problem !== null) continue
      accepted++
      assert.ok(canonicalBytes(first.path), `${target} -> ${first.path}`)
      assert.equal(understood(first.path).path, first.path, target)
      assert.equal(forwarded(first.path), first.path, target)
    }
    assert.ok(accepted > 5000, `only ${accepted} accepted`)
  })

  it('is forwarded only in a form that decides the same way', () => {
    for (const target of targets) {
      const first = canonicalise(target)
      if (first.problem !== null) continue
      for (const policy of [DEFAULT_PATH_POLICY, KEEP_ALL, { ...KEEP_ALL, doubleSlash: 'merge' } as const]) {
        const path = first.forwardPath(policy)
        if (typeof path !== 'string') continue
        assert.equal(understood(path).path, first.path, `${target} -> ${path}`)
        assert.equal(forwarded(path, policy), path, target)
      }
    }
  })

  it('is called canonical exactly where canonicalise changes nothing and finds nothing', () => {
    for (const target of targets) {
      const path = target.split('?', 1)[0] as string
      const result = canonicalise(path)
      const unchanged = result.problem === null && result.path === path && forwarded(path) === path
      assert.equal(canonicalBytes(path), unchanged, path)
    }
  })
})
