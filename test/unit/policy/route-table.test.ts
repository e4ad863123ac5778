import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchesGlob, parseRoutePattern } from '../../../src/policy/route-pattern.ts'
import { RouteTable } from '../../../src/policy/route-table.ts'
import type { RouteSettings } from '../../../src/policy/types.ts'
import { routeSettings } from '../../support/route-settings.ts'

const table = (...routes: (Partial<RouteSettings> & { path: string })[]): RouteTable =>
  new RouteTable(routes.map((route) => routeSettings(route)))

const find = (routes: RouteTable, path: string, { method = 'GET', host = 'h', listener = 'main' } = {}): string => {
  const found = routes.find(listener, host, path, method)
  return typeof found === 'string' ? found : found.settings.path
}

describe('finding a route by path', () => {
  it('anchors, is case-sensitive, and ** is zero or more segments', () => {
    const routes = table({ path: '/movies/**' }, { path: '/exact' })
    assert.equal(find(routes, '/movies'), '/movies/**')
    assert.equal(find(routes, '/movies/'), '/movies/**')
    assert.equal(find(routes, '/movies/_doc/3'), '/movies/**')
    assert.equal(find(routes, '/moviesx'), 'route_missing')
    assert.equal(find(routes, '/Movies'), 'route_missing')
    assert.equal(find(routes, '/a/movies'), 'route_missing')
    assert.equal(find(routes, '/exact'), '/exact')
    assert.equal(find(routes, '/exact/'), 'route_missing')
    assert.equal(find(routes, '/exac'), 'route_missing')
    assert.equal(find(routes, '/'), 'route_missing')
    assert.equal(find(table({ path: '/**' }), '/'), '/**')
    assert.equal(find(table({ path: '/' }), '/'), '/')
    assert.equal(find(table({ path: '/' }), '/a'), 'route_missing')
  })

  it('* and {name} stay within one segment that is not empty', () => {
    const routes = table({ path: '/a/{id}/c' }, { path: '/b/v*/c' }, { path: '/d/*' })
    assert.equal(find(routes, '/a/x/c'), '/a/{id}/c')
    assert.equal(find(routes, '/a/x/y/c'), 'route_missing')
    assert.equal(find(routes, '/a//c'), 'route_missing')
    assert.equal(find(routes, '/b/v/c'), '/b/v*/c')
    assert.equal(find(routes, '/b/v1.2/c'), '/b/v*/c')
    assert.equal(find(routes, '/b/x1/c'), 'route_missing')
    assert.equal(find(routes, '/d/x'), '/d/*')
    assert.equal(find(routes, '/d/'), 'route_missing')
  })

  it('compares segments after one decode, so that an escape is no way around a route', () => {
    const routes = table({ path: '/a!b' }, { path: '/x{'.replace('{', '%7B') }, { path: '/caf\u00e9/*!' }, { path: '/**' })
    assert.equal(find(routes, '/a%21b'), '/a!b')
    assert.equal(find(routes, '/x{'), '/x%7B')
    assert.equal(find(routes, '/x%7B'), '/x%7B')
    assert.equal(find(routes, '/caf%C3%A9/q%21'), '/caf\u00e9/*!')
    assert.equal(find(routes, '/caf%C3%A9/%FF'), '/**')
  })

  it('the first in the file wins, whatever the kind', () => {
    assert.equal(find(table({ path: '/**' }, { path: '/a/b' }), '/a/b'), '/**')
    assert.equal(find(table({ path: '/a/b' }, { path: '/**' }), '/a/b'), '/a/b')
    assert.equal(find(table({ path: '/{x}/b' }, { path: '/a/{y}' }, { path: '/a/b' }), '/a/b'), '/{x}/b')
    assert.equal(find(table({ path: '/a*/b' }, { path: '/{x}/b' }), '/a/b'), '/a*/b')
    assert.equal(find(table({ path: '/{x}/c' }, { path: '/a/b' }), '/a/c'), '/{x}/c')
  })

  it('* is matched by the pattern * only', () => {
    assert.equal(find(table({ path: '/**' }), '*', { method: 'OPTIONS' }), 'route_missing')
    const routes = table({ path: '/%2A' }, { path: '*', methods: ['OPTIONS'] })
    assert.equal(find(routes, '*', { method: 'OPTIONS' }), '*')
    assert.equal(find(routes, '/*'), '/%2A')
    assert.equal(find(table({ path: '*' }), '/*'), 'route_missing')
  })
})

describe('finding a route by method', () => {
  it('goes on to the next route, and says so when only the method was wrong', () => {
    const routes = table({ path: '/a', methods: ['GET'] }, { path: '/a', methods: ['POST'] }, { path: '/{x}', methods: ['PUT'] })
    assert.equal(routes.find('main', 'h', '/a', 'POST'), routes.routes[1])
    assert.equal(routes.find('main', 'h', '/a', 'PUT'), routes.routes[2])
    assert.equal(find(routes, '/a', { method: 'HEAD' }), 'method_not_allowed')
    assert.equal(find(routes, '/b', { method: 'GET' }), 'method_not_allowed')
    assert.equal(find(routes, '/b/c'), 'route_missing')
  })

  it('without methods admits the registered ones, never TRACE, CONNECT, lower case or an unknown one', () => {
    const routes = table({ path: '/a', methods: ['DELETE'] }, { path: '/**' }, { path: '/named', methods: ['TRACE', 'FROB'] })
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PATCH', 'PROPFIND', 'MKCOL']) assert.equal(find(routes, '/a', { method }), '/**')
    for (const method of ['TRACE', 'CONNECT', 'delete', 'get', 'FROB', 'GET ', ''])
      assert.equal(find(routes, '/a', { method }), 'method_not_allowed')
    assert.equal(find(routes, '/named', { method: 'TRACE' }), '/named')
    assert.equal(find(routes, '/named', { method: 'FROB' }), '/named')
  })
})

describe('finding a route by host and listener', () => {
  it('knows exact and wildcard hosts, in file order with those for every host', () => {
    const routes = table({ path: '/w', hosts: ['*.example'] }, { path: '/{any}' }, { path: '/x', hosts: ['db.example', 'b'] })
    assert.equal(find(routes, '/w', { host: 'a.example' }), '/w')
    assert.equal(find(routes, '/w', { host: 'a.example.' }), '/w')
    assert.equal(find(routes, '/w', { host: 'a.b.example' }), '/{any}')
    assert.equal(find(routes, '/w', { host: 'example' }), '/{any}')
    assert.equal(find(routes, '/w', { host: '.example' }), '/{any}')
    assert.equal(find(routes, '/w', { host: 'notexample' }), '/{any}')
    assert.equal(find(routes, '/x', { host: 'b' }), '/{any}')
    const reversed = table({ path: '/x', hosts: ['db.example', 'b'] }, { path: '/{any}' })
    assert.equal(find(reversed, '/x', { host: 'db.example.' }), '/x')
    assert.equal(find(reversed, '/x', { host: 'c' }), '/{any}')
  })

  it('knows listeners', () => {
    const routes = table({ path: '/a', listeners: ['one'] }, { path: '/{b}' }, { path: '/c/d', listeners: ['one', 'two'] })
    assert.equal(find(routes, '/a', { listener: 'one' }), '/a')
    assert.equal(find(routes, '/a', { listener: 'two' }), '/{b}')
    assert.equal(find(routes, '/c/d', { listener: 'two' }), '/c/d')
    assert.equal(find(routes, '/c/d', { listener: 'three' }), 'route_missing')
  })
})

describe('captures', () => {
  it('are decoded once', () => {
    const routes = table({ path: '/db/{name}/{id}/**' })
    const route = routes.routes[0]
    assert.ok(route)
    assert.deepEqual(
      [...routes.captures(route, '/db/caf%C3%A9%25/%FF/x')],
      [
        ['name', 'café%'],
        ['id', '%FF'],
      ],
    )
  })
})

it('a bad pattern is reported with the name of its route', () => {
  assert.throws(() => table({ path: 'x', name: 'mine' }), { message: /route 'mine': a path pattern begins with/ })
})

it('a thousand random routes give what trying one after the other gives', () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const pick = (words: readonly string[]): string => words[random(words.length)] as string
  const words = ['a', 'b', 'ab', 'abc', '{x}', 'a*', '*b', 'a*c', '*']
  const routes = Array.from({ length: 1000 }, () => {
    const segments = Array.from({ length: random(5) }, (_, index) => pick(words).replace('x', `x${index}`))
    const path = `/${segments.join('/')}${pick(['', '/**', '/'])}`.replace('//', '/')
    return routeSettings({ path, methods: pick(['GET', 'PUT', 'GET,PUT', '']).split(',').filter(Boolean) })
  })
  const matches = (pattern: string, path: string): boolean => {
    const { segments, rest } = parseRoutePattern(pattern)
    const parts = path.slice(1).split('/')
    if (rest ? parts.length < segments.length : parts.length !== segments.length) return false
    return segments.every((segment, index) => {
      const part = parts[index] as string
      if (segment.kind === 'literal') return segment.text === part
      return part !== '' && (segment.kind === 'capture' || matchesGlob(segment.parts, part))
    })
  }
  // Few routes at a time, else the first ones catch everything.
  const seen = new Set<string>()
  for (let from = 0; from < 1000; from += 20) {
    const some = routes.slice(from, from + 20)
    const compiled = new RouteTable(some)
    for (let round = 0; round < 50; round++) {
      const path = `/${Array.from({ length: random(5) }, () => pick(['a', 'b', 'ab', 'abc', 'q', 'acc'])).join('/')}`
      const method = pick(['GET', 'PUT'])
      const all = some.filter((route) => matches(route.path, path))
      const expected = all.find((route) => route.methods.length === 0 || route.methods.includes(method))
      const found = compiled.find('main', 'h', path, method)
      const miss = all.length > 0 ? 'method_not_allowed' : 'route_missing'
      assert.equal(typeof found === 'string' ? found : found.settings, expected ?? miss, `${method} ${path}`)
      seen.add(typeof found === 'string' ? found : 'found')
    }
  }
  assert.equal(seen.size, 3)
})
