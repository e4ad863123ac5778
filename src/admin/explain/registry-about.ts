import { leafOf } from '../../certificates/entry-facts.ts'
import { Registry } from '../../tls/registry.ts'
import { parseBase } from '../../tls/registry-base.ts'
import { encodeBase } from '../../tls/registry-base-writer.ts'
import { chainOf } from '../certificates/chain.ts'
import type { AdministrationContext } from '../context.ts'

/** All that the registry knows of a certificate and of its key: what a worker would find there. */
export async function registryAbout(leaf: Uint8Array | null, { store }: Pick<AdministrationContext, 'store'>): Promise<Registry> {
  const pin = leaf === null ? null : pinOf(leaf)
  const entries = pin === null ? [] : store.registry.byPin(pin)
  return new Registry(await parseBase(await encodeBase({ entries, ...store.registry.current() })))
}

/** null: it cannot be read, and is refused for that. */
function pinOf(der: Uint8Array): string | null {
  try {
    return leafOf(der).pin
  } catch {
    return null
  }
}

/** A registered certificate as its holder would show it: with the intermediates that this gateway has. */
export function shownWithChain(der: Uint8Array, context: Pick<AdministrationContext, 'authority' | 'inForce'>): Uint8Array[] {
  try {
    const above = chainOf(der, context).filter(({ selfSigned }) => !selfSigned)
    return [der, ...above.map(({ x509 }) => x509.raw)]
  } catch {
    // What cannot be read is refused for that, and not here.
    return [der]
  }
}
