import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority } from '../../support/authority.ts'
import type { FaultGateway } from './gateway.ts'

/** Every so many reloads change whom the gateway trusts, which costs far more than a mapping. */
const TRUST_EVERY = 5

/** Reloads each of which has something to take up: another mapping, and now and then another list of authorities. */
export class Reloading {
  readonly #gateway: FaultGateway
  readonly #authorities: readonly string[]
  done = 0

  private constructor(gateway: FaultGateway, authorities: readonly string[]) {
    this.#gateway = gateway
    this.#authorities = authorities
  }

  static async of(gateway: FaultGateway): Promise<Reloading> {
    const own = gateway.authority.certificate
    return new Reloading(gateway, [own, own + (await createAuthority('CN=somebody else')).certificate])
  }

  /** Throws where it is not taken up. */
  async once(): Promise<void> {
    this.#write('roles_mapping.yml', `reader:\n  users: [alice, nobody${this.done % 2}]\n`)
    if (this.done % TRUST_EVERY === 0) this.#write('ca.crt', this.#authorities[(this.done / TRUST_EVERY) % 2] ?? '')
    const { outcome, message, problems } = await this.#gateway.reload()
    if (outcome === 'failed') throw new Error(`a reload failed: ${message} ${JSON.stringify(problems)}`)
    this.done++
  }

  /** As a whole: the files are watched. */
  #write(name: string, text: string): void {
    const file = join(this.#gateway.folder, name)
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
}
