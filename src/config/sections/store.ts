import { relative } from 'node:path'
import { hasRegistry, isSameFile } from '../kept.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { StoreSettings } from '../settings.ts'
import { later, section, text } from '../shape.ts'
import { period } from '../units.ts'

/** Where a registry lies that nobody named: `init` makes it beside the configuration, a configuration without `store` below it. */
const BESIDE = 'certgate.db'
const BELOW = 'data/certgate.db'
const DEFAULT_MAX_STALE = 15 * 60_000

export const storeSchema = section({
  sqlite: text('a file')
    .optional()
    .describe(
      `the registry of certificates and the audit log: one file, made where absent; absent: \`${BESIDE}\` if there is one, else \`${BELOW}\``,
    ),
  max_stale: period(1_000, '1s')
    .prefault('15m')
    .describe('how long certificates are judged by what was known when the store is lost while certgate runs; then they are answered 503'),
  postgres: later('a registry that several gateways share'),
})

/**
 * There is always one: certificates are registered in it and revoked by it. It is written to, so it is not watched. A registry that lies
 * at a usual place is never passed over in silence for a new one: that would forget every revocation.
 */
export function readStore(reader: Reader, paths: Paths): StoreSettings {
  const input = reader.parse(storeSchema, ['store'])
  const [beside, below] = [paths.absolute(BESIDE), paths.absolute(BELOW)]
  const usual = [beside, below].filter(hasRegistry)
  const written = input?.sqlite ?? asWritten(reader)
  const file = written !== undefined ? paths.absolute(written) : usual[0] === beside ? beside : below
  if (written !== undefined) judgeWritten(reader, paths, file, usual)
  else if (usual.length > 1 && !isSameFile(beside, below)) refuseToChoose(reader)
  return { kind: 'sqlite', file, byDefault: !reader.has(['store']), maxStale: input?.max_stale ?? DEFAULT_MAX_STALE }
}

/** Something else in the block may be wrong: what looks at a broken configuration still finds the store. */
function asWritten({ document }: Reader): string | undefined {
  const node = document.node(['store', 'sqlite'])
  return node?.kind === 'scalar' && typeof node.value === 'string' && node.value !== '' ? node.value : undefined
}

function refuseToChoose(reader: Reader): void {
  reader.problem(['store', 'sqlite'], `there are two registries, ${BESIDE} and ${BELOW}, and no \`store\` says which one counts`, {
    at: 'key',
    hint: `write \`store: { sqlite: ${BESIDE} }\` or \`store: { sqlite: ${BELOW} }\`: the other's revocations do not count then`,
  })
}

function judgeWritten(reader: Reader, paths: Paths, file: string, usual: readonly string[]): void {
  const other = usual.find((one) => one !== file && !isSameFile(one, file))
  if (other === undefined) return
  const name = relative(paths.directory, other)
  if (hasRegistry(file)) {
    const hint = 'if it is of no use, rename or remove it'
    reader.problem(['store', 'sqlite'], `the registry ${name} is there too, and nothing that it says counts`, { severity: 'warning', hint })
  } else {
    reader.problem(
      ['store', 'sqlite'],
      `there is no registry yet, but there is one in ${name}: a new one would know of none of its revocations`,
      {
        hint: `stop certgate and move that one (with its .base) here, or write \`sqlite: ${name}\`; to begin anew, rename it`,
      },
    )
  }
}
