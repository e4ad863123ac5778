import type { OwnRoot } from '../../certificates/authority-below.ts'
import type { UpstreamTarget } from '../../config/settings.ts'
import type { Addresses } from '../addresses.ts'
import type { CaFiles } from '../own-ca.ts'

/** What was answered so far, in one session of the wizard. Nothing of it is on disk. */
export interface Draft {
  /** As typed. */
  readonly names: string
  /** Of the server certificate. */
  readonly serverNames: readonly string[]
  readonly addresses: Addresses
  /** What was uploaded last, also where it could not be used yet. */
  readonly files: CaFiles | null
  /** null: a new CA. */
  readonly own: OwnRoot | null
  readonly target: UpstreamTarget
  /** Nothing answers there. */
  readonly warning: string | null
  readonly administrator: string
  /** null: one is to be made up. */
  readonly password: string | null
  /** Paths of the steps that were answered. */
  readonly answered: ReadonlySet<string>
}
