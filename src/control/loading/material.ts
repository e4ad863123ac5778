import { formatPath, type Located } from '../../config/document.ts'
import type { Settings } from '../../config/settings.ts'
import type { Problem } from '../../errors.ts'
import type { PfxReader } from '../../tls/key-pair.ts'
import { type LoadedMaterial, loadListenerMaterial, loadUpstreamMaterial } from '../../tls/material.ts'
import type { ListenerMaterial, UpstreamMaterial } from '../../tls/types.ts'

/** What the files that the settings name hold, by listener and by upstream; plain listeners and upstreams have none. */
export interface Material {
  readonly listeners: ReadonlyMap<string, ListenerMaterial>
  readonly upstreams: ReadonlyMap<string, UpstreamMaterial>
}

/** Reads all of it and notes every problem at its place in the configuration; null where any of them is an error. */
export function loadMaterial(settings: Settings, document: Located, readPfx: PfxReader, problems: Problem[]): Material | null {
  let failed = false
  const take = <T>({ material, problems: found }: LoadedMaterial<T>): T | null => {
    // Where a placeholder gave no file name, that is told, and not that there is no such file.
    const untold = found.filter(({ path }) => !problems.some((known) => known.severity === 'error' && known.path === path))
    for (const { path, message, severity, hint } of untold) problems.push(document.problem(path, message, { severity, hint }))
    if (material === null) failed = true
    return material
  }
  const listeners = new Map<string, ListenerMaterial>()
  for (const { name, tls } of settings.listeners.values()) {
    const material = tls === null ? null : take(loadListenerMaterial(tls, formatPath(['listeners', name, 'tls']), readPfx))
    if (material !== null) listeners.set(name, material)
  }
  const upstreams = new Map<string, UpstreamMaterial>()
  for (const { name, tls } of settings.upstreams.values()) {
    const material = tls === null ? null : take(loadUpstreamMaterial(tls, formatPath(['upstreams', name, 'tls']), readPfx))
    if (material !== null) upstreams.set(name, material)
  }
  return failed ? null : { listeners, upstreams }
}
