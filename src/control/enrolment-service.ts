/**
 * Opens enrolment for control. What it works on (store, authority, registry) is made here until control has them for everything that
 * administers: then `open` takes them from there, and `openParts` and `close` go.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AdministrationContext, InForce } from '../admin/context.ts'
import { Enrolment, type EnrolmentContext } from '../admin/enrolment/enrolment.ts'
import type { OperatingAuthority } from '../certificates/operating-authority.ts'
import { loadAuthority } from '../certificates/own-authority.ts'
import type { Address } from '../config/settings.ts'
import { CertgateError } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import { compilePolicy } from '../policy/policy.ts'
import { openStore, type Store } from '../store/store.ts'
import { Registry } from '../tls/registry.ts'
import { parseBase } from '../tls/registry-base.ts'
import { encodeBase } from '../tls/registry-base-writer.ts'
import { type EstServer, type EstTls, startEstServer } from './est-server.ts'
import { estTls } from './est-tls.ts'
import { rememberByObject } from './remember.ts'
import { formatAddress } from './sockets.ts'

export interface EnrolmentServices {
  /** What is in force; null while starting. */
  snapshot(): Snapshot | null
  failed(error: unknown): void
  /** `HOST:PORT`, with the port that was really taken. */
  opened(at: string): void
}

interface Parts {
  readonly store: Store
  readonly registry: Registry
  readonly enrolment: Enrolment
}

export class EnrolmentService {
  readonly #services: EnrolmentServices
  #parts: Parts | null = null

  constructor(services: EnrolmentServices) {
    this.#services = services
  }

  /** Rejects with CertgateError, `address_unavailable` or of the store. */
  async open(address: Address, snapshot: Snapshot): Promise<EstServer> {
    const tls = estTls(snapshot) as EstTls
    this.#parts ??= await this.#openParts(snapshot)
    const { enrolment, registry } = this.#parts
    const server = await startEstServer(address, tls, { enrolment, registry, failed: this.#services.failed })
    this.#services.opened(formatAddress(address.host, server.port))
    return server
  }

  close(): void {
    this.#parts?.store.close()
    this.#parts = null
  }

  async #openParts(starting: Snapshot): Promise<Parts> {
    const { store: settings, directory } = starting.settings
    if (settings === null) throw new CertgateError('config_invalid', 'enrolment needs a store')
    const store = openStore(settings.file)
    const registry = await registryOf(store)
    const context: EnrolmentContext = {
      store,
      inForce: () => inForceOf(this.#services.snapshot() ?? starting),
      authority: () => authorityIn(join(directory, 'ca')),
      published: async () => takeUpChanges(store, registry),
      announce: () => {},
      now: Date.now,
    }
    return { store, registry, enrolment: new Enrolment(context) }
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

function authorityIn(folder: string): ReturnType<AdministrationContext['authority']> {
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
