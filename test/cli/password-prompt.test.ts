import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The promise: on a terminal the password is asked for twice and never shown. util-linux `script` is the terminal.

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

/** Runs `users hash` on a pseudo terminal, answering each prompt in turn; resolves to all that was shown, and the exit code. */
async function onTerminal(answers: readonly string[]): Promise<{ shown: string; code: number | null }> {
  const child = spawn('script', ['-qec', `'${entry}' users hash`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const left = [...answers]
  let shown = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const prompts = shown.match(/(?:password|again): /g)?.length ?? 0
    for (; seen < prompts; seen++) child.stdin.write(left.shift() ?? '')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { shown, code }
}

function skips(t: TestContext): boolean {
  const absent = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') !== true
  if (absent) t.skip('script of util-linux is not installed')
  return absent
}

test('the password is asked for twice, not echoed, and may be corrected', async (t) => {
  if (skips(t)) return
  const { shown, code } = await onTerminal(['sesamX\u007f\r', 'wrong\u0015sesam\r'])
  assert.equal(code, 0)
  assert.match(shown, /^password: \r?\nagain: \r?\n\$2y\$12\$\S{53}\r?\n$/)
  assert.ok(!shown.includes('sesam'))
})

test('two different passwords are refused', async (t) => {
  if (skips(t)) return
  const { shown, code } = await onTerminal(['one\r', 'two\r'])
  assert.equal(code, 2)
  assert.match(shown, /certgate:.* the passwords differ/)
})

test('Ctrl-C ends it', async (t) => {
  if (skips(t)) return
  const { shown, code } = await onTerminal(['abc\u0003'])
  assert.equal(code, 130)
  assert.equal(shown.trim(), 'password:')
})

test('Ctrl-D gives no password', async (t) => {
  if (skips(t)) return
  const { shown, code } = await onTerminal(['\u0004'])
  assert.equal(code, 2)
  assert.match(shown, /no password was given/)
})

test('a reader that goes away is no error', () => {
  const { stdout, stderr } = spawnSync('sh', ['-c', `'${entry}' completion zsh | head -c 10; echo "$?"`], { encoding: 'utf8' })
  assert.deepEqual([stdout, stderr], ['#compdef c0\n', ''])
  const closed = spawnSync('sh', ['-c', `'${entry}' version >&-`], { encoding: 'utf8' })
  assert.ok(!closed.stderr.includes('unexpected'), closed.stderr)
})
