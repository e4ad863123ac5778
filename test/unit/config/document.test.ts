import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPath, YamlDocument } from '../../../src/config/document.ts'

const TEXT = `listeners:
  main:
    tls:
      client_ca:
        - a.crt
        - b.crt
      names:
        db.example:
          client_ca: [c.crt]
          crl:
routes:
  - path: /x # first
    allow: [a]
`
const document = new YamlDocument('/conf/certgate.yml', TEXT)

describe('YamlDocument.locate', () => {
  for (const [path, line, column] of [
    ['listeners.main.tls.client_ca[1]', 6, 11],
    ['listeners.main.tls.client_ca', 5, 9],
    ['listeners.main.tls', 3, 5],
    ['listeners.main.tls.names.db.example.client_ca[0]', 9, 23],
    ['listeners.main.tls.names["db.example"].client_ca[0]', 9, 23],
    ['listeners.main.tls.names["db.example"].crl', 10, 11],
    ['listeners.main.tls.names.db.example.certificate.cert', 8, 9],
    ['routes[0].allow[0]', 13, 13],
    ['routes[0].upstream', 12, 5],
    ['nowhere.at.all', 1, 1],
    ['', 1, 1],
  ] as const) {
    it(path === '' ? 'the file' : path, () => assert.deepEqual(document.locate(path), { line, column }))
  }

  it('takes a path in parts too', () => {
    assert.deepEqual(document.locate(['listeners', 'main', 'tls', 'names', 'db.example', 'client_ca', 0]), { line: 9, column: 23 })
  })

  it('prints paths that it reads back', () => {
    const path = ['listeners', 'main', 'tls', 'names', 'db.example', 'client_ca', 0]
    assert.equal(formatPath(path), 'listeners.main.tls.names["db.example"].client_ca[0]')
    assert.deepEqual(document.locate(formatPath(path)), document.locate(path))
  })
})

describe('YamlDocument.problem', () => {
  it('carries place, snippet and hint', () => {
    assert.deepEqual(
      document.problem('listeners.main.tls.client_ca[1]', 'cannot read the file', { hint: 'check its name', severity: 'warning' }),
      {
        severity: 'warning',
        message: 'cannot read the file',
        path: 'listeners.main.tls.client_ca[1]',
        file: '/conf/certgate.yml',
        line: 6,
        column: 11,
        snippet: ' 6 |         - b.crt\n   |           ^^^^^',
        hint: 'check its name',
      },
    )
  })

  it('points at a line when no more is known', () => {
    const { column, snippet } = document.problemOnLine(12, 'nobody may')
    assert.equal(column, 5)
    assert.equal(snippet, ' 12 |   - path: /x # first\n    |     ^^^^^^^^')
  })
})

describe('a key with control characters', () => {
  const key = '\u001b[2J\u009b1m\u202e'
  const strange = new YamlDocument('/conf/certgate.yml', JSON.stringify({ [key]: 1 }))

  it('steers no terminal, whatever is said of it', () => {
    const { message, hint, path, snippet } = strange.problem([key], `unknown key ${key}`, { hint: `not ${key}` })
    for (const shown of [message, hint ?? '', path, snippet]) assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  it('is found by its printed path', () => assert.deepEqual(strange.locate(formatPath([key])), strange.locate([key])))
})
