/** The README opens with what it is and the two commands, and its commands, scripts and numbers are the real ones. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commands } from '../../../src/cli/commands.ts'
import { CHECKOUT } from '../../support/checkout.ts'
import { blocksOf, readDocument } from '../../support/documents.ts'

const TEXT = readDocument('README.md')
const manifest: { version: string; scripts: Record<string, string> } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'))

test('its first lines hold the two commands', () => {
  const first = TEXT.split('\n').slice(0, 16).join('\n')
  assert.match(first, /^# certgate$/m)
  assert.match(first, /^npm ci && npm start\b/m)
  assert.match(first, /^npm ci && npm test\b/m)
})

test('scripts that it names exist', () => {
  for (const [, script = ''] of TEXT.matchAll(/\bnpm (?:run )?(start|test|[a-z]+:[a-z]+|bench|lint|build)\b/g))
    assert.ok(script in manifest.scripts, script)
})

test('commands that it shows exist', () => {
  const shown = blocksOf(TEXT).flatMap(({ language, text }) => {
    const pattern = language === 'sh' ? /^(?:bin\/)?certgate ([a-z]+(?: [a-z]+)?)\b/gm : /^\$ certgate ([a-z]+(?: [a-z]+)?)\b/gm
    return [...text.matchAll(pattern)].map(([, name = '']) => name)
  })
  assert.ok(shown.length >= 3)
  for (const name of shown)
    assert.ok(
      commands.some((command) => command.name === name || command.name === name.split(' ')[0]),
      name,
    )
})

test('every command has its line', () => {
  for (const { name } of commands) assert.ok(TEXT.includes(`\`${name}\``), `\`${name}\` is missing`)
})

test('the changelog speaks of this version', () => {
  assert.match(readDocument('CHANGELOG.md'), new RegExp(`^## ${manifest.version.replaceAll('.', '\\.')}\\b`, 'm'))
})
