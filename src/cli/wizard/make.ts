import { join } from 'node:path'
import { runControl } from '../../control/control.ts'
import { CertgateError } from '../../errors.ts'
import { checkAllFree } from '../addresses.ts'
import type { Terminal } from '../command.ts'
import { summary } from '../init-summary.ts'
import { initialize } from '../initialize.ts'
import { curlLines, type Guided, guide, guidedTo } from '../start-guide.ts'
import { certgateVersion } from '../version.ts'
import type { Draft } from './draft.ts'

/** What there is, once all was made. */
export interface Made {
  readonly folder: string
  readonly askedNames: readonly string[]
  /** HOST:PORT of administration. */
  readonly admin: string
  /** Of the PFX, where it was made up. */
  readonly password: string | null
  readonly gateway:
    | { readonly kind: 'runs'; readonly port: number; readonly curl: string }
    | { readonly kind: 'failed'; readonly why: string }
  /** The exit code, once the gateway has ended; rejects where it could not start. */
  readonly ended: Promise<number>
}

/** Writes the folder whole or not at all (then it rejects with CertgateError), and starts the gateway in this process. */
export async function make(draft: Draft, folder: string, terminal: Terminal): Promise<Made> {
  const { addresses, own, password, serverNames, target, administrator } = draft
  await checkAllFree(addresses, 'certgate init --web')
  const made = await initialize({
    folder,
    names: serverNames,
    cwd: terminal.cwd,
    administrator,
    ...(password === null ? {} : { password }),
    ...(own === null ? {} : { own }),
    ...addresses,
    upstream: { name: 'app', target: target.url },
  })
  terminal.out(`${summary(folder, serverNames, made, terminal)}\n`)
  const { started, ended } = startGateway(join(folder, 'certgate.yml'), terminal)
  let { admin } = addresses
  const gateway = await started.then(
    (guided) => {
      terminal.out(guide(folder, guided, terminal))
      admin = guided.admin ?? admin
      return { kind: 'runs' as const, port: Number(guided.port), curl: curlLines(folder, guided.port, terminal).through }
    },
    (error: unknown) => ({ kind: 'failed' as const, why: error instanceof Error ? error.message : String(error) }),
  )
  const askedNames = draft.names.split(/[\s,]+/).filter((word) => word !== '')
  return { folder, askedNames, admin, password: made.password, gateway, ended }
}

function startGateway(file: string, terminal: Terminal): { readonly started: Promise<Guided>; readonly ended: Promise<number> } {
  const { promise, resolve, reject } = Promise.withResolvers<Guided>()
  const ended = runControl({
    source: { kind: 'file', file },
    version: certgateVersion(),
    out: (text) => terminal.out(text),
    started(gateway) {
      const guided = guidedTo(gateway, 'service')
      if (guided !== null) resolve(guided)
    },
  })
  ended.then(() => reject(new CertgateError('not_running', 'it was ended before it was ready')), reject)
  return { started: promise, ended }
}
