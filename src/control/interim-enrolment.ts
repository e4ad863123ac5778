/**
 * What enrolment works on until control has it for everything that administers: goes as a whole then, and `parts` of EnrolmentService
 * gives the administration's context and control's own registry instead.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InForce } from '../admin/context.ts'
import type { OperatingAuthority } from '../certificates/operating-authority.ts'
import { loadAuthority } from '../certificates/own-authority.ts'
import { CertgateError } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import { compilePolicy } from '../policy/policy.ts'
import { openStore, type Store } from '../store/store.ts'
import { Registry } from '../tls/registry.ts'
import { parseBase } from '../tls/registry-base.ts'
import { encodeBase } from '../tls/registry-base-writer.ts'
import type { EnrolmentParts } from './enrolment-service.ts'
import { rememberByObject } from './remember.ts'

export class InterimEnrolment {
  readonly #snapshot: () => Snapshot | null
  #store: Store | null = null

  constructor(snapshot: () => Snapshot | null) {
    this.#snapshot = snapshot
  }

  async open(starting: Snapshot): Promise<EnrolmentParts> {
    const { store: settings, directory } = starting.settings
    if (settings === null) throw new CertgateError('config_invalid', 'enrolment needs a store')
    this.#store = openStore(settings.file)
    const store = this.#store
    const registry = await registryOf(store)
    const context: EnrolmentParts['context'] = {
      store,
      inForce: () => inForceOf(this.#snapshot() ?? starting),
      authority: () => authorityIn(join(directory, 'ca')),
      published: async () => takeUpChanges(store, registry),
      announce: () => {},
      now: Date.now,
    }
    return { context, registry }
  }

  close(): void {
    this.#store?.close()
    this.#store = null
  }
}

const inForceOf = rememberByObject(({ settings, mapping, users, listeners }: Snapshot): InForce => {
  return { settings, mapping, users, listeners, policy: compilePolicy(settings, mapping, listeners.values()) }
})

async function registryOf(store: Store): Promise<Registry> {
  const snapshot = store.snapshot()
  try {
    const { epoch, version } = snapshot
    return new Registry(await parseBase(await encodeBase({ entries: snapshot.records(), epoch, version })))
  } finally {
    snapshot.close()
  }
}

function takeUpChanges(store: Store, registry: Registry): void {
  const { epoch } = store.registry.current()
  for (;;) {
    const follows = registry.version
    const found = store.registry.changesSince(follows)
    if (found === null) return
    registry.apply({ epoch, follows, version: found.version, changes: found.changes })
    if (!found.more) return
  }
}

function authorityIn(folder: string): OperatingAuthority {
  const file = (name: string) => join(folder, name)
  const none: OperatingAuthority = { issuing: null, problem: 'there is no authority', issuers: [], roots: [] }
  try {
    const source = { cert: file('issuing.crt'), key: file('issuing.key'), pfx: null, password: null, passphrase: null }
    const { issuer } = loadAuthority(source)
    return { issuing: issuer, problem: '', issuers: [issuer], roots: [readFileSync(file('ca.crt'), 'utf8')] }
  } catch (error) {
    return { ...none, problem: error instanceof Error ? error.message : String(error) }
  }
}
