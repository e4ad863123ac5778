import { spawn, spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

/** Skips aloud where there is no `script` of util-linux, which is the terminal. */
export function lacksTerminal(t: TestContext): boolean {
  const absent = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') !== true
  if (absent) t.skip('script of util-linux is not installed')
  return absent
}

export interface Conversation {
  /** Everything that was shown, without colours. */
  readonly shown: string
  readonly code: number | null
}

/**
 * Runs a command line (without the program's name) on a pseudo terminal. Whenever what is shown ends in a prompt that matches, the next
 * answer is typed. Resolves to all that was shown, and the exit code.
 */
export async function converse(
  line: string,
  prompt: RegExp,
  answers: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<Conversation> {
  const child = spawn('script', ['-qec', `'${entry}' ${line}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' },
    ...options,
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
