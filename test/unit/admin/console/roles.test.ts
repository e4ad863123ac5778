/** What the Roles page computes without a browser. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Route } from '../../../../src/admin/console/client/api-types.ts'
import {
  EMPTY_ROLE,
  filtered,
  fitsLines,
  isSameRole,
  roleRows,
  routeRows,
  valuesOf,
} from '../../../../src/admin/console/client/pages/roles/mapping.ts'
import { merged } from '../../../../src/admin/console/client/pages/roles/merge.ts'
import { diffLines, hunks } from '../../../../src/admin/console/client/parts/diff.ts'

const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`)

describe('two changes of one text', () => {
  const base = 'a\nb\nc\nd\ne'

  it('go together where they touch different lines', () => {
    assert.equal(merged(base, 'A\nb\nc\nd\ne', 'a\nb\nc\nd\nE'), 'A\nb\nc\nd\nE')
    assert.equal(merged(base, 'b\nc\nd\ne', 'a\nb\nc\nx\ny\ne'), 'b\nc\nx\ny\ne')
    assert.equal(merged(base, base, 'z'), 'z')
  })

  it('are one where they are the same', () => {
    assert.equal(merged(base, 'a\nB\nc\nd\ne', 'a\nB\nc\nd\nE'), 'a\nB\nc\nd\nE')
  })

  it('are for a person to join where they touch the same lines, or neighbours, or are put in at one place', () => {
    assert.equal(merged(base, 'a\nx\nc\nd\ne', 'a\ny\nc\nd\ne'), null)
    assert.equal(merged(base, 'a\nx\nc\nd\ne', 'a\nb\ny\nd\ne'), null)
    assert.equal(merged(base, 'a\nb\nc\nd\ne\nx', 'a\nb\nc\nd\ne\ny'), null)
    assert.equal(merged(base, 'c\nd\ne', 'a\nx\nc\nd\ne'), null)
  })
})

describe('a small change at both ends of a long text', () => {
  it('is found as two, in no time', () => {
    const before = lines(30_000)
    const after = ['new', ...before.slice(1, -1), 'last']
    assert.deepEqual(hunks(before, after), [
      { from: 0, to: 1, newFrom: 0, newTo: 1 },
      { from: 29_999, to: 30_000, newFrom: 29_999, newTo: 30_000 },
    ])
    assert.equal(diffLines(before.join('\n'), after.join('\n')).filter(({ kind }) => kind !== 'same').length, 5)
  })

  it('leads from the one to the other, whatever they are', () => {
    let seed = 1
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let round = 0; round < 300; round++) {
      const some = (): string[] => Array.from({ length: random(12) }, () => 'abcd'[random(4)] ?? '')
      const [a, b] = [some(), some()]
      const made: string[] = []
      let at = 0
      for (const { from, to, newFrom, newTo } of hunks(a, b)) {
        made.push(...a.slice(at, from), ...b.slice(newFrom, newTo))
        at = to
      }
      assert.deepEqual([...made, ...a.slice(at)], b)
    }
  })
})

const route = (name: string, allow: Route['allow']): Route => ({ name, path: '/', methods: [], allow })

describe('roles and routes', () => {
  const roles = {
    readall: { ...EMPTY_ROLE, users: ['Alice'] },
    bound: { ...EMPTY_ROLE, issuers: ['CN=x'] },
    idle: { ...EMPTY_ROLE, hosts: ['10.0.0.0/8'], description: 'Nobody asks for it' },
  }
  const routes = [
    route('read', ['readall', 'bound']),
    route('closed', ['bound', 'missing']),
    route('any', ['authenticated']),
    route('db', [{ database: '{db}', access: 'auto' }]),
  ]

  it('say which routes allow a role, and which roles nobody can have', () => {
    const rows = roleRows(roles, routes).map(({ name, routes: own, isGiven }) => [name, own.map((one) => one.name), isGiven])
    assert.deepEqual(rows, [
      ['readall', ['read'], true],
      ['bound', ['read', 'closed'], false],
      ['idle', [], true],
    ])
  })

  it('say which routes nobody reaches', () => {
    assert.deepEqual(
      routeRows(roles, routes).map(({ isClosed }) => isClosed),
      [false, true, false, false],
    )
  })

  it('are found by what is in them', () => {
    const found = (text: string, filter: Parameters<typeof filtered>[2] = 'all') =>
      filtered(roleRows(roles, routes), text, filter).map(({ name }) => name)
    assert.deepEqual(found('alice'), ['readall'])
    assert.deepEqual(found('nobody asks'), ['idle'])
    assert.deepEqual(found('', 'unused'), ['idle'])
    assert.deepEqual(found('', 'ungiven'), ['bound'])
  })
})

describe('a list as lines', () => {
  it('loses blank lines and stray space, but nothing that was there', () => {
    assert.deepEqual(valuesOf(' bob \n\n  kept \nalice\r', ['  kept ']), ['bob', '  kept ', 'alice'])
    assert.equal(fitsLines({ ...EMPTY_ROLE, users: ['a\nb'] }), false)
    assert.equal(isSameRole(EMPTY_ROLE, { ...EMPTY_ROLE, users: ['a'] }), false)
    assert.equal(isSameRole(undefined, undefined), true)
  })
})
