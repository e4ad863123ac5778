import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.CERTGATE_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors')

/** The vectors of a published set, to begin from; none where the folder is not there. Nothing is expected of them here. */
export function vectorSeeds<Vector>(set: string, take: (vector: Vector) => readonly Buffer[], most = 400): readonly Buffer[] {
  const file = join(folder, `${set}.json`)
  if (!existsSync(file)) return []
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { readonly vectors: readonly Vector[] }
  const seeds = vectors.flatMap(take).filter((seed) => seed.length > 0 && seed.length < 16_384)
  const step = Math.max(1, Math.floor(seeds.length / most))
  return seeds.filter((_, index) => index % step === 0)
}
