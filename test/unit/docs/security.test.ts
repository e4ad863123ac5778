/** What docs/security.md says is tested has its tests: every row names files that exist and hold tests. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { test } from 'node:test'
import { CHECKOUT } from '../../support/checkout.ts'
import { anchorsOf, readDocument, rowsOf } from '../../support/documents.ts'

const TEXT = readDocument('docs/security.md')

test('every attack is held by tests', () => {
  const rows = rowsOf(TEXT).filter(({ head }) => head[1] === 'held by')
  assert.ok(rows.length > 20)
  for (const { cells, line } of rows) {
    const linked = [...(cells[1] ?? '').matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)]
    assert.ok(linked.length > 0, `docs/security.md:${line} names no test`)
    for (const [, name = '', target = ''] of linked) {
      const text = readFileSync(join(CHECKOUT, normalize(join('docs', target))), 'utf8')
      assert.match(text, /\b(?:test|it)\(/, target)
      assert.ok(target.endsWith(`/${name}.test.ts`), `${name} is called otherwise: ${target}`)
    }
  }
})

test('differences from published vectors have their heading', () => {
  assert.ok(anchorsOf(TEXT).has('where-we-differ-from-published-vectors-on-purpose'))
})
