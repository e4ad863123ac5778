// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plain } from '../../../src/config/reader.ts'
import { SourceText } from '../../../src/config/source.ts'
import { parseYaml, type YamlNode } from '../../../src/config/yaml.ts'

function parse(text: string) {
  return parseYaml(new SourceText('f', text))
}

function value(text: string): unknown {
  const { root, problems } = parse(text)
  assert.deepEqual(problems, [])
  return JSON.parse(JSON.stringify(plain(root as YamlNode)))
}

describe('parseYaml', () => {
  it('reads scalars as YAML 1.2, and the switches of YAML 1.1', () => {
    assert.deepEqual(value('[0123, 1.5, null, ~, true, yes, Off, NO, y, n, "yes", 1_000, 12:30, 0x1f, 2024-01-01, a b]'), [
      123,
      1.5,
      null,
      null,
      true,
      true,
      false,
      false,
      'y',
      'n',
      'yes',
      '1_000',
      '12:30',
      31,
      '2024-01-01',
      'a b',
    ])
  })

  it('knows where each node stands, quotes included', () => {
    const text = 'a:\n  - "x"\n  - { b: c }\n'
    const { root } = parse(text)
    assert.ok(root?.kind === 'mapping')
    const list = root.entries.get('a')?.value
    assert.ok(list?.kind === 'sequence')
    const [first, second] = list.items
    assert.equal(text.slice(first?.start, first?.end), '"x"')
    assert.equal(text[second?.start ?? 0], '{')
  })

  it('reads block scalars, quoted escapes and !!str', () => {
    assert.deepEqual(value('a: |\n  x\n  y\nb: "\\u0041\\n"\nc: !!str 12\nd: >-\n  p\n  q\n'), { a: 'x\ny\n', b: 'A\n', c: '12', d: 'p q' })
  })

  it('merges with `<<`, what is written out and what comes first winning', () => {
    assert.deepEqual(value('base: &b { x: 1, y: 1 }\nmore: &m { y: 2, z: 2 }\nuse: { <<: [*b, *m], x: 3 }'), {
      base: { x: 1, y: 1 },
      more: { y: 2, z: 2 },
      use: { x: 3, y: 1, z: 2 },
    })
    assert.match(parse('a: { <<: 5 }').problems[0]?.message ?? '', /takes a mapping/)
  })

  it('tells every duplicate key, not only the first', () => {
    const { problems } = parse('a: 1\na: 2\nb: { c: 1, c: 2 }\n')
    assert.deepEqual(
      problems.map(({ message, hint }) => [message, hint]),
      [
        ['duplicate key `a`', 'it is already on line 1'],
        ['duplicate key `c`', 'it is already on line 3'],
      ],
    )
  })

  it('bounds what aliases expand to, in time and in memory', () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
    for (let level = 1; level < 30; level++)
      text += `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]\n`
    const { root, problems } = parse(text)
    assert.equal(root, null)
    assert.match(problems[0]?.message ?? '', /aliases expand to more than 10000 values/)
    const merges = `b: &b { ${Array.from({ length: 200 }, (_, n) => `k${n}: 1`).join(', ')} }\n${Array.from({ length: 200 }, (_, n) => `m${n}: { <<: *b }`).join('\n')}`
    assert.match(parse(merges).problems[0]?.message ?? '', /aliases expand/)
  })

  it('refuses what nests without end', () => {
    const { root, problems } = parse('['.repeat(5000))
    assert.equal(root, null)
    assert.equal(problems.length, 1)
  })

  it('hints at a mistake in a line of any length at once', () => {
    const started = performance.now()
    for (const piece of ['[', 'a: {', '- [:', ': b', '{ ${']) {
      const { problems } = parse(`a: ${piece.repeat(200_000)}`)
      assert.equal(problems.length, 1, piece)
    }
    assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`)
    assert.match(parse(`a: { b: [${'x, '.repeat(10_000)}c: \${env:X}] }`).problems[0]?.hint ?? '', /must be quoted/)
  })

  it('refuses keys that are not text, and tags', () => {
    assert.match(parse('? [a]\n: b').problems[0]?.message ?? '', /a key must be text/)
    assert.match(parse('1: a').problems[0]?.hint ?? '', /quote it: "1"/)
    assert.match(parse('a: !!binary eA==').problems[0]?.message ?? '', /tag `!!binary` is not supported/)
    assert.match(parse('a: !!js/function x').problems[0]?.message ?? '', /not supported/)
  })

  for (const [text, hint] of [
    ['a: @x', /begins with @/],
    ['a: b: c', /contains ": "/],
    ['a: [::]:8443', /quote an IPv6 address/],
    ['a: { b: ${env:X} }', /must be quoted/],
    ['a: "x', /never closed/],
    ['a: [1, 2', /never closed/],
    ['a:\n\tb: 1', /not tabs/],
  ] as const) {
    it(`hints at what was meant by ${JSON.stringify(text)}`, () => {
      const { root, problems } = parse(text)
      assert.equal(root, null)
      assert.match(problems[0]?.hint ?? '', hint)
    })
  }
})
