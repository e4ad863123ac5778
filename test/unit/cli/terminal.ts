import type { Terminal } from '../../../src/cli/command.ts'

/** A terminal that keeps what was written. */
export function testTerminal(options: Partial<Terminal> = {}): Terminal & { stdout(): string; stderr(): string } {
  const out: string[] = []
  const err: string[] = []
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    isTty: false,
    colour: false,
    columns: 80,
    env: {},
    cwd: process.cwd(),
    ...options,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
  }
}
