import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { onTerminal, skipsWithoutTerminal } from './terminal.ts'

// The promise: on a terminal the password is asked for twice and never shown. util-linux `script` is the terminal.

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

const hashing = (answers: readonly string[]) => onTerminal({ args: ['users', 'hash'], answers })

test('the password is asked for twice, not echoed, and may be corrected', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { shown, code } = await hashing(['sesamX\u007f\r', 'wrong\u0015sesam\r'])
  assert.equal(code, 0)
  assert.match(shown, /^password: \r?\nagain: \r?\n\$2y\$12\$\S{53}\r?\n$/)
  assert.ok(!shown.includes('sesam'))
})

test('two different passwords are refused', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { shown, code } = await hashing(['one\r', 'two\r'])
  assert.equal(code, 1)
  assert.match(shown, /certgate:.* the passwords differ/)
})

test('Ctrl-C ends it', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { shown, code } = await hashing(['abc\u0003'])
  assert.equal(code, 130)
  assert.equal(shown.trim(), 'password:')
})

test('Ctrl-D gives no password', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { shown, code } = await hashing(['\u0004'])
  assert.equal(code, 1)
  assert.match(shown, /no password was given/)
})

test('a reader that goes away is no error', () => {
  const { stdout, stderr } = spawnSync('sh', ['-c', `'${entry}' completion zsh | head -c 10; echo "$?"`], { encoding: 'utf8' })
  assert.deepEqual([stdout, stderr], ['#compdef c0\n', ''])
  const closed = spawnSync('sh', ['-c', `'${entry}' version >&-`], { encoding: 'utf8' })
  assert.ok(!closed.stderr.includes('unexpected'), closed.stderr)
})
