import { StoreError } from '../store/failure.ts'
import { lookUpStates } from '../store/look-up.ts'
import { printable } from './printable.ts'

/** That a name has roles says nothing where all its certificates are refused: that is said beside them. */
export function registeredNotes(store: string | null, name: string): string[] {
  try {
    const states = (store === null ? null : lookUpStates(store, name)) ?? []
    if (states.length === 0 || states.some((state) => state === 'valid' || state === 'expiring')) return []
    return [`every certificate registered as '${printable(name)}' is refused: ${[...new Set(states)].join(', ')}`]
  } catch (error) {
    // Whoever writes the mapping need not be who may read the registry.
    if (error instanceof StoreError) return [`whether '${printable(name)}' has a certificate is not known: ${error.message}`]
    throw error
  }
}
