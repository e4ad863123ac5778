// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { YamlDocument } from '../../../src/config/document.ts'
import { interpolate } from '../../../src/config/interpolate.ts'
import { plain } from '../../../src/config/reader.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { fileLifetime } from '../../support/lifetime.ts'

const directory = temporaryFolder(fileLifetime()).path
writeFileSync(join(directory, 'pass'), 'two\nlines\n')
writeFileSync(join(directory, 'yaml'), 'x\nadmin: true\n${env:A}')
writeFileSync(join(directory, 'big'), 'x'.repeat(70_000))
mkdirSync(join(directory, 'folder'))

function run(text: string, env: Record<string, string> = {}) {
  const document = new YamlDocument(join(directory, 'certgate.yml'), text)
  const result = interpolate(document, directory, env)
  return { value: JSON.parse(JSON.stringify(plain(document.root))), ...result }
}

describe('interpolate', () => {
  it('replaces inside scalars only, never in keys, and never twice', () => {
    const { value, problems, files } = run('"${env:A}": "a-${env:A}-${env:B}"\nb: ["${file:yaml}"]\n', { A: '${env:B}', B: 'y: [z' })
    assert.deepEqual(problems, [])
    assert.deepEqual(value, { '${env:A}': 'a-${env:B}-y: [z', b: ['x\nadmin: true\n${env:A}'] })
    assert.deepEqual(files, [join(directory, 'yaml')])
  })

  it('drops one line end at the end of a file, and no more', () => {
    assert.equal(run('a: ${file:pass}').value.a, 'two\nlines')
  })

  it('gives text, whatever it looks like', () => {
    assert.equal(run('a: ${env:N}', { N: '0123' }).value.a, '0123')
  })

  it('takes $${ as a literal ${', () => {
    assert.equal(run('a: "$${env:A} $$ $x {y}"').value.a, '${env:A} $$ $x {y}')
  })

  for (const [text, message] of [
    ['a: ${env:NOPE}', /variable NOPE is not set/],
    ['a: ${env:__proto__}', /not set/],
    ['a: ${env:toString}', /not set/],
    ['a: ${file:nope}', /cannot read .*nope: no such file/],
    ['a: ${file:folder}', /cannot read .*folder: it is a directory/],
    ['a: ${file:big}', /larger than 64 KiB/],
    ['a: ${env:}', /unknown placeholder/],
    ['a: ${HOME}', /unknown placeholder `\$\{HOME\}`/],
    ['a: "${env:A"', /not closed/],
  ] as const) {
    it(text, () => {
      const { problems } = run(`first: 1\n${text}`)
      assert.equal(problems.length, 1)
      assert.match(problems[0]?.message ?? '', message)
      assert.deepEqual([problems[0]?.line, problems[0]?.path], [2, 'a'])
    })
  }

  it('tells every problem at once', () => {
    assert.equal(run('a: ${env:X}\nb: { c: ["${file:x}"] }').problems.length, 2)
  })
})
