import { statSync } from 'node:fs'
import { StoreError } from '../../store/failure.ts'
import { lost } from '../../store/held-file.ts'
import type { Store } from '../../store/store.ts'
import { sealedBeside } from '../../store/store-file.ts'
import { isNewBaseDue } from '../../tls/registry.ts'
import { openBase, type RegistryBase } from '../../tls/registry-base.ts'
import { writeBase } from '../../tls/registry-base-writer.ts'

/** A registry of up to so many certificates is sealed anew at every start: that takes less than a second, and cannot be out of date. */
const SEALED_ANEW = 20_000

/** Where the workers read the registry from: beside the store, and as secret as that. */
export const baseFileOf = ({ file }: Store): string => sealedBeside(file)

/** The base for a worker that starts, where its file is gone, with the store or without it: else none would be replaced then; null: it is there. */
export function bytesUnlessKept(store: Store, { bytes }: RegistryBase): Uint8Array | null {
  return statSync(baseFileOf(store), { throwIfNoEntry: false })?.size === bytes.length ? null : bytes
}

/** An older copy took the place of the store: revocations may be missing in it. */
export const older = ({ file }: Store): StoreError => lost(file, 'it is older than what was known')

function another(store: Store): StoreError {
  const sealed = baseFileOf(store)
  return new StoreError(
    'io_failed',
    `store ${store.file} is not the one that was in use: ${sealed} is of one that was restored after it, or of another`,
    {
      hint: 'put that one back, or run "certgate restore" with a backup; to go on with this one, without what was registered and revoked since, remove that file',
    },
  )
}

/**
 * Writes the registry as it is at this moment. Rejects, and what was there stays, where it cannot, or is older than `known`: versions count
 * within an epoch.
 */
export async function sealBase(store: Store, known?: { readonly epoch: string; readonly version: number }): Promise<RegistryBase> {
  // It is read by its name.
  store.assertInPlace()
  const snapshot = store.snapshot()
  try {
    const { epoch, version, history } = snapshot
    if (epoch === known?.epoch && version < known.version) throw older(store)
    await writeBase(baseFileOf(store), { entries: snapshot.records(), epoch, version, history })
  } finally {
    snapshot.close()
  }
  return openBase(baseFileOf(store))
}

/**
 * The base to start from: the one that is there, if it is large, sound, of this store and not too old to go on from; else a new one. Where
 * somebody put an older copy of the store in its place and went on from there, versions alone would not tell: revocations could be missed.
 * Rejects with `io_failed` where a sound one is of another epoch that the store does not go on from: it was restored since, and this is
 * from before, or of another gateway. What was revoked after that is not in it.
 */
export async function baseToStartFrom(store: Store, sealedAnew = SEALED_ANEW): Promise<RegistryBase> {
  const snapshot = store.snapshot()
  const { size, epoch, version } = snapshot
  snapshot.close()
  const there = await openBase(baseFileOf(store)).catch(() => null)
  if (there !== null && there.epoch !== epoch && !store.goesOnFrom(there)) throw another(store)
  if (size > sealedAnew) {
    const isOurs = there !== null && there.epoch === epoch && store.audit.remembers(there.history)
    if (isOurs && store.registry.changesSince(there.version, 1) !== null && !isNewBaseDue(there.size, version - there.version)) return there
  }
  return sealBase(store)
}
