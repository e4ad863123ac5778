import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { OperatingAuthority } from '../certificates/operating-authority.ts'
import { loadAuthority } from '../certificates/own-authority.ts'
import type { Settings } from '../config/settings.ts'
import { MaterialError } from '../errors.ts'
import { readRegularText } from '../regular-file.ts'

/** The authority that `init` made beside the configuration. Never throws: why there is none is its `problem`. */
export function authorityBeside({ directory }: Pick<Settings, 'directory'>): OperatingAuthority {
  const cert = join(directory, 'ca', 'issuing.crt')
  const none = (problem: string): OperatingAuthority => ({ issuing: null, problem, issuers: [], roots: [] })
  if (!existsSync(cert)) return none(`there is no certificate authority: ${cert} does not exist`)
  try {
    const source = { cert, key: join(directory, 'ca', 'issuing.key'), passphrase: null, pfx: null, password: null }
    const { issuer, rootCertificate } = loadAuthority(source)
    const root = join(directory, 'ca', 'ca.crt')
    const roots = existsSync(root) ? [readRegularText(root)] : rootCertificate === null ? [] : [rootCertificate]
    return { issuing: issuer, problem: '', issuers: [issuer], roots }
  } catch (error) {
    if (error instanceof MaterialError) return none(error.message)
    throw error
  }
}
