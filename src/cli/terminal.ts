import type { Terminal } from './command.ts'

/**
 * The terminal of this process. A reader that went away (`certgate explain ... | head -1`) ends no command and shows no error:
 * what is written after that is dropped, and the exit code still tells the outcome.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  const isTty = stdout.isTTY === true
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTty,
    // https://no-color.org: any non-empty value.
    colour: isTty && !env.NO_COLOR && env.TERM !== 'dumb',
    columns: stdout.columns || 80,
    env,
    cwd: process.cwd(),
  }
}
