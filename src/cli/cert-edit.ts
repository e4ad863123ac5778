import { InputError, UsageError } from '../errors.ts'
import { foldDatabase } from '../policy/rights.ts'
import type { DatabaseAccess } from '../store/types.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, type Administration, AdministrationError, administer } from './administration.ts'
import type { CertificateInfo, ChangedCertificate } from './api-types.ts'
import { type Reference, resolveReference } from './certificate-reference.ts'
import { reportRemaining } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'
import { reportStopped, rightsOf } from './issued-text.ts'
import { printable } from './printable.ts'
import { RIGHTS_FLAGS, readClearance, readDatabases } from './rights-flags.ts'
import { styles } from './style.ts'

export const certEditCommand: Command = {
  name: 'cert edit',
  summary: 'change the rights of a client certificate, or what it is called',
  usage: `usage: certgate cert edit [--name NAME] [--clearance C] [--database DB=ACCESS]... [--no-database DB]... NAME-or-THUMBPRINT

What is not named stays as it is. It takes effect on the next request. A NAME means every
certificate that was renewed into its newest one, which all get the databases of that; a
THUMBPRINT that one alone.

      --name NAME         what it is called in lists; what the certificate says stays
      --clearance ClusterAdmin|ClusterNode|Operator|ValidUser   the new one
      --database DB=Admin|ReadWrite|Read            access to this database; may be repeated
      --no-database DB    no access to this database any more; may be repeated
${ADMINISTRATION_USAGE}

examples:
  certgate cert edit alice --clearance Operator
  certgate cert edit reports --database movies=ReadWrite --no-database orders
`,
  async run(args, terminal) {
    const spec = {
      ...ADMINISTRATION_FLAGS,
      ...RIGHTS_FLAGS,
      name: { type: 'string' },
      'no-database': { type: 'string', multiple: true },
    } as const
    const { flags, positionals } = parseArguments('cert edit', args, spec, { min: 1, max: 1, names: 'NAME-or-THUMBPRINT' })
    const clearance = flags.clearance === undefined ? undefined : readClearance(flags.clearance)
    const added = readDatabases(flags.database)
    const removed = flags['no-database']
    if (flags.name === undefined && clearance === undefined && added.size === 0 && removed.length === 0) {
      throw new UsageError('nothing is to be changed', "see 'certgate cert edit --help'")
    }
    return administer(flags, terminal, async (administration) => {
      const fixed = { ...(flags.name !== undefined && { name: flags.name }), ...(clearance !== undefined && { clearance }) }
      const databases = added.size + removed.length === 0 ? null : { added, removed }
      const { found, changed } = await change(administration, positionals[0] ?? '', fixed, databases)
      const name = styles(terminal).bold(printable(changed.name))
      const count = changed.others.length === 0 ? '' : ` (${changed.others.length + 1} certificates)`
      terminal.out(flags.json ? `${JSON.stringify(changed, null, 2)}\n` : `changed ${name}${count}: ${printable(rightsOf(changed))}\n`)
      if (!flags.json) reportStopped(administration, terminal)
      if (!flags.json) await reportRemaining(found, changed, administration, terminal)
      return 0
    })
  },
}

interface DatabaseChanges {
  readonly added: ReadonlyMap<string, DatabaseAccess>
  readonly removed: readonly string[]
}

/** Others edit the same one at times: after so many of their changes it is given up. */
const ATTEMPTS = 10

/**
 * Databases are told as a whole, so each change of them is made of what was read, and of nothing else: what somebody else gave or took away
 * meanwhile stays so.
 */
async function change(
  administration: Administration,
  reference: string,
  fixed: object,
  databases: DatabaseChanges | null,
): Promise<{ readonly found: Reference; readonly changed: ChangedCertificate }> {
  for (let attempt = 1; ; attempt++) {
    const found = await resolveReference(administration, reference)
    const permissions = databases === null ? {} : { permissions: edited(found.certificate, databases) }
    const seen = databases === null ? null : found.tag
    try {
      return { found, changed: await administration.send('PATCH', found.path(), { ...fixed, ...permissions }, seen) }
    } catch (error) {
      if (!(error instanceof AdministrationError && error.status === 412) || attempt === ATTEMPTS) throw error
    }
  }
}

/** The API replaces all of them, so the present ones are sent too. Names are compared without case. */
function edited({ permissions, name }: CertificateInfo, { added, removed }: DatabaseChanges): Record<string, DatabaseAccess> {
  const result = new Map(Object.entries(permissions).map(([database, access]) => [foldDatabase(database), [database, access] as const]))
  for (const database of removed) {
    if (!result.delete(foldDatabase(database))) throw new InputError(`'${printable(name)}' has no access to '${database}' to take away`)
  }
  for (const [database, access] of added) {
    const [present = database] = result.get(foldDatabase(database)) ?? []
    result.set(foldDatabase(database), [present, access])
  }
  return Object.fromEntries(result.values())
}
