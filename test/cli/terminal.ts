import { spawn, spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

export interface TerminalSession {
  /** Words after `certgate`; quoted for the shell here. */
  readonly args: readonly string[]
  /** What to type, in turn, each once `prompt` was shown again. */
  readonly answers?: readonly string[]
  readonly prompt?: RegExp
  readonly cwd?: string
  readonly columns?: number
}

/** Runs a command on a pseudo terminal of util-linux `script`; resolves to all that was shown, and the exit code. */
export async function onTerminal(session: TerminalSession): Promise<{ readonly shown: string; readonly code: number | null }> {
  const { args, answers = [], prompt = /(?:password|again): /g, cwd, columns = 80 } = session
  const words = [entry, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('script', ['-qec', `stty cols ${columns}; ${words}`, '/dev/null'], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const left = [...answers]
  let shown = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const prompts = shown.match(prompt)?.length ?? 0
    for (; seen < prompts; seen++) child.stdin.write(left.shift() ?? '')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { shown: shown.replaceAll('\r\n', '\n'), code }
}

/** True, and the test is skipped aloud, where there is no terminal to be had. */
export function skipsWithoutTerminal(t: TestContext): boolean {
  const absent = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') !== true
  if (absent) t.skip('script of util-linux is not installed')
  return absent
}
