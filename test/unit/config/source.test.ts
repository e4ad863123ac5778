// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { YamlDocument } from '../../../src/config/document.ts'
import { SourceText } from '../../../src/config/source.ts'

describe('SourceText', () => {
  it('counts lines and columns from 1, for every line end', () => {
    const source = new SourceText('f', 'a\nb\r\nc\rd')
    assert.deepEqual(
      [0, 2, 5, 7].map((offset) => source.position(offset)),
      [1, 2, 3, 4].map((line) => ({ line, column: 1 })),
    )
  })

  it('puts the caret under the range, also past a masked secret', () => {
    const text = 'tls: { password: "hunter2", key: x }'
    const source = new SourceText('f', text)
    source.mask(text.indexOf('"hunter2"'), text.indexOf('"hunter2"') + 9)
    source.masksAreComplete()
    const at = text.indexOf('key')
    assert.equal(source.snippet(at, at + 3), [' 1 | tls: { password: ***, key: x }', `   | ${' '.repeat(22)}^^^`].join('\n'))
  })

  it('masks user names and passwords in URLs', () => {
    assert.match(new SourceText('f', 'u: postgres://me:hunter2@db/x').snippet(0, 1), /postgres:\/\/\*\*\*@db/)
  })

  it('neither steers a terminal nor shifts the caret', () => {
    const snippet = new SourceText('f', 'a:\tb\u001b[31m\u202e c').snippet(3, 4)
    assert.doesNotMatch(snippet, /[\t\u001b\u202e]/)
    assert.match(snippet, /\n {3}\| {4}\^$/)
  })

  it('cuts long lines around the caret', () => {
    const text = `key: [${'abcdefghij, '.repeat(40)}HERE, ${'x'.repeat(300)}]`
    const at = text.indexOf('HERE')
    const [line = '', carets = ''] = new SourceText('f', text).snippet(at, at + 4).split('\n')
    assert.ok(line.length < 140)
    assert.equal(line.indexOf('HERE'), carets.indexOf('^'))
    assert.equal(carets.trimEnd().length - carets.indexOf('^'), 4)
  })
})

/** The snippet of the first problem of a text that is not YAML. */
function brokenSnippet(text: string): string {
  try {
    new YamlDocument('f', text)
  } catch (error) {
    return (error as { problems: { snippet: string }[] }).problems[0]?.snippet ?? ''
  }
  return assert.fail('the text parses')
}

describe('secrets in a file that does not parse', () => {
  for (const text of [
    'password: "hunter2" x: y',
    'password: hunter2: y',
    "certificate: { pfx: a, password: 'hunter2' , b: @ }",
    'secret: "hunter2',
    'a:\n  passphrase: |\n    hunter2 \u0007\n',
    'hash: $2y$12$hunter2: {',
  ]) {
    it(JSON.stringify(text), () => assert.doesNotMatch(brokenSnippet(text), /hunter2/))
  }

  it('still shows a placeholder', () => {
    assert.match(brokenSnippet('a: { password: "${env:X}", b: @ }'), /\$\{env:X\}/)
  })

  it('masks what stands in a comment beside a problem', () => {
    const document = new YamlDocument('f', 'a: 1 # password: hunter2\n')
    assert.doesNotMatch(document.problem('a', 'x').snippet, /hunter2/)
  })
})
