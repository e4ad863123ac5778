/** Every relative link in every Markdown file leads to a file, and to a heading of it where it names one. No page shows a machine's paths. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { CHECKOUT } from '../../support/checkout.ts'
import { anchorsOf, markdownFiles, proseOf, readDocument } from '../../support/documents.ts'

const files = markdownFiles()

test('the documents are there', () => {
  const wanted = [
    'README.md',
    'CHANGELOG.md',
    'SECURITY.md',
    'docs/architecture.md',
    'docs/configuration.md',
    'docs/operations.md',
    'docs/security.md',
  ]
  assert.deepEqual(
    wanted.filter((file) => !files.includes(file)),
    [],
  )
})

for (const file of files) {
  test(`links of ${file}`, () => {
    const text = readDocument(file)
    const broken: string[] = []
    for (const [, target = ''] of proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const linked = path === '' ? file : normalize(join(dirname(file), path))
      if (linked.startsWith('..') || !existsSync(join(CHECKOUT, linked))) broken.push(target)
      else if (anchor !== undefined && !anchorsOf(readDocument(linked)).has(anchor)) broken.push(target)
    }
    assert.deepEqual(broken, [])
  })

  test(`${file} names no machine`, () => {
    assert.doesNotMatch(readDocument(file), /\/work\/|\/root\/|\/home\/[a-z]|\/tmp\/|registry\.|\.example\/-\/|npmmirror/)
  })
}
