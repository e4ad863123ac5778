/** What docs/security.md says is tested has its tests: every row names files that exist and hold tests. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { test } from 'node:test'
import { CHECKOUT } from '../../support/checkout.ts'
import { anchorsOf, readDocument, rowsOf } from '../../support/documents.ts'

const TEXT = readDocument('docs/security.md')

const ROWS = rowsOf(TEXT).filter(({ head }) => head.includes('held by'))

test('every attack is held by tests', () => {
  assert.ok(ROWS.length > 20)
  for (const { head, cells, line } of ROWS) {
    const linked = [...(cells[head.indexOf('held by')] ?? '').matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)]
    assert.ok(linked.length > 0, `docs/security.md:${line} names no test`)
    for (const [, name = '', target = ''] of linked) {
      const text = readFileSync(join(CHECKOUT, normalize(join('docs', target))), 'utf8')
      assert.match(text, /\b(?:test|it)\(/, target)
      assert.ok(target.endsWith(`/${name}.test.ts`), `${name} is called otherwise: ${target}`)
    }
  }
})

test('no known attack is left out', () => {
  const numbers = ROWS.filter(({ head }) => head[0] === 'no').map(({ cells }) => cells[0] ?? '')
  const all = Array.from({ length: 64 }, (_, index) => `${index + 1}`).flatMap((number) =>
    number === '30' || number === '62' ? [number, `${number}b`, `${number}c`] : [number],
  )
  assert.deepEqual(numbers, all)
  for (const { head, cells, line } of ROWS.filter((row) => row.head[0] === 'no')) {
    assert.deepEqual(head, ['no', 'attack', 'certgate', 'held by'])
    assert.ok(cells.length === 4 && cells.every((cell) => cell !== ''), `docs/security.md:${line}`)
  }
})

test('differences from published vectors have their heading', () => {
  assert.ok(anchorsOf(TEXT).has('where-we-differ-from-published-vectors-on-purpose'))
})
