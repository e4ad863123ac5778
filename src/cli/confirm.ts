import { createInterface } from 'node:readline/promises'
import { UsageError } from '../errors.ts'
import type { Terminal } from './command.ts'

/** Asks whether to go on; only `y` and `yes` say so. Throws UsageError where nobody is there to be asked. */
export async function confirm(question: string, terminal: Terminal): Promise<boolean> {
  const { stdin } = process
  if (!terminal.isTty || !stdin.isTTY) throw new UsageError('nobody is there to be asked', 'add --yes if this is what you want')
  terminal.err(`${question} [y/N] `)
  const lines = createInterface({ input: stdin })
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim())
    return false
  } finally {
    lines.close()
  }
}
