import type { TestContext } from 'node:test'
import type { ApiHandler, ApiResponse } from '../../../src/admin/types.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { servedAdministration } from '../../support/served-administration.ts'
import { testTerminal } from './terminal.ts'

/** Administration behind a socket, and commands that ask it. `first`: answers before it does, or does something in between. */
export async function servedGateway(t: TestContext, first?: ApiHandler) {
  const served = await servedAdministration(t, first)
  const { path: cwd, remove } = temporaryFolder()
  t.after(remove)
  const run = async (...words: string[]) => {
    const terminal = testTerminal({ cwd })
    const command = words[0]?.match(/^[a-z]+[A-Z]/) || words[0] === 'backup' ? 1 : 2
    const code = await runProgram([...words.slice(0, command), '--socket', served.socket, ...words.slice(command)], terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  return { ...served, cwd, run }
}

/** What such a handler answers. */
export const json = (status: number, body: unknown): ApiResponse => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})
