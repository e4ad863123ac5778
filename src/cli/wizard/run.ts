import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CertgateError } from '../../errors.ts'
import { type Addresses, checkAllFree } from '../addresses.ts'
import type { Terminal } from '../command.ts'
import type { InitAnswers } from '../init-answers.ts'
import { shortPath } from '../short-path.ts'
import { styles } from '../style.ts'
import { type Made, make } from './make.ts'
import { startWizardServer } from './server.ts'
import { Wizard } from './wizard.ts'

export interface WizardRun {
  /** What flags said, and defaults: what the pages begin with. */
  readonly answers: InitAnswers
  /** As typed. */
  readonly names: readonly string[]
  readonly addresses: Addresses
  readonly port: number
}

/**
 * Asks in a browser, makes what was answered and serves until a signal ends it; resolves to the exit code. The pages end with the
 * download of the certificate, the gateway does not. Rejects with CertgateError where nothing could be made, or it cannot start.
 */
export async function runWizard({ answers, names, addresses, port }: WizardRun, terminal: Terminal): Promise<number> {
  const { folder, names: serverNames, own, target, administrator } = answers
  const config = join(folder, 'certgate.yml')
  if (existsSync(config)) {
    const hint = 'nothing was written; move what is there away, or choose another --dir'
    throw new CertgateError('file_exists', `${shortPath(config, terminal.cwd)} already exists`, { hint })
  }
  await checkAllFree(addresses, 'certgate init --web')
  const made = Promise.withResolvers<Made>()
  const over = Promise.withResolvers<void>()
  const answered = new Set<string>()
  const wizard = new Wizard({
    draft: {
      names: names.join(' '),
      serverNames,
      addresses,
      files: null,
      own,
      target,
      warning: null,
      administrator,
      password: null,
      answered,
    },
    cwd: terminal.cwd,
    folder: shortPath(folder, terminal.cwd),
    async make(draft) {
      const result = await make(draft, folder, terminal)
      // Told of below, once the last page says it too.
      result.ended.catch(() => {})
      made.resolve(result)
      return result
    },
    over: over.resolve,
  })
  const server = await startWizardServer({
    port,
    answer: (request) => wizard.answer(request),
    opened: () => terminal.out('opened in a browser; the address works for no other\n'),
    timedOut() {
      made.reject(
        new CertgateError('not_running', 'nobody went on with the setup for 15 minutes', { hint: 'nothing was written; start it again' }),
      )
      over.resolve()
    },
  })
  terminal.out(invitation(server.url, terminal))
  try {
    const { gateway, ended } = await made.promise
    const closed = over.promise.then(() => server.close())
    if (gateway.kind === 'failed') {
      // Nothing is left that would end by a signal, but for the last page.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.resolve())
      await closed
    }
    return await ended
  } finally {
    server.close()
  }
}

function invitation(url: string, terminal: Terminal): string {
  const { bold, dim } = styles(terminal)
  const { port } = new URL(url)
  return `
open this in a browser on this machine; the address works once:

  ${bold(url)}

${dim(`from another machine, first: ssh -L ${port}:127.0.0.1:${port} HOST; Ctrl-C ends it, and nothing is written before the last page`)}

`
}
