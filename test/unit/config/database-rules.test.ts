import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Given, told, wired } from './registry-keys-fixture.ts'

describe('rules about databases', () => {
  const allow = (words: string, path = '/databases/{db}/{db2}/**'): Given => ({ route: `path: '${path}', allow: [${words}]` })

  it('stand among the words of allow', () => {
    const words = 'admin, { database: "{db}" }, { database: "{db2}", access: admin }'
    assert.deepEqual(wired(allow(words)).routes[0]?.allow, [
      { kind: 'role', role: 'admin' },
      { kind: 'database', capture: 'db', access: 'auto' },
      { kind: 'database', capture: 'db2', access: 'admin' },
    ])
  })

  const cases: [string, string, string][] = [
    [
      'a capture that is not in the path',
      '{ database: "{name}" }',
      'routes[0].allow[0].database: there is no {name} in the path /databases/{db}/{db2}/** -- there is: {db}, {db2}',
    ],
    [
      'a capture that is not quoted',
      '{ database: {db} }',
      'routes[0].allow[0].database: expected a capture of the path -- name it in quotes: database: "{db}"',
    ],
    [
      'a name instead of a capture',
      '{ database: movies }',
      'routes[0].allow[0].database: expected a capture of the path -- name it in quotes: database: "{db}"',
    ],
    [
      'no capture',
      '{ access: read }',
      'routes[0].allow[0].database: expected a capture of the path -- name it in quotes: database: "{db}"',
    ],
    [
      'an unknown access',
      '{ database: "{db}", access: wirte }',
      'routes[0].allow[0].access: expected one of `auto`, `read`, `write`, `admin` -- did you mean `write`?',
    ],
    ['an unknown key', '{ database: "{db}", acess: read }', 'routes[0].allow[0].acess: unknown key `acess` -- did you mean `access`?'],
    [
      'two rules about one capture',
      '{ database: "{db}", access: admin }, { database: "{db}", access: read }',
      'routes[0].allow[1]: there are two rules for {db} -- any one grants, so keep the one that asks for less',
    ],
  ]
  for (const [name, words, expected] of cases) it(`refuse ${name}`, () => assert.deepEqual(told(allow(words)), [expected]))

  it('need a path with a capture', () => {
    assert.deepEqual(told(allow('{ database: "{db}" }', '/movies/**')), [
      'routes[0].allow[0].database: there is no {db} in the path /movies/** -- a path with one: /databases/{db}/**',
    ])
  })
})
